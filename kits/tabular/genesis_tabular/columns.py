"""Reads a table into typed columns: numbers, categories, composition formulas and SMILES."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .compositions import is_formula
from .errors import Refused
from .molecules import is_smiles

KINDS = ("number", "category", "composition", "smiles")
MOST_ROWS = 200_000
MOST_COLUMNS = 2_000
MOST_CATEGORIES = 64
"""Levels that get a feature of their own; rarer ones share none."""
LONGEST_TEXT = 2_000


@dataclass
class Column:
    """One input column. `values` is float64 (NaN where missing) for numbers, else an object array of str or None."""

    name: str
    kind: str
    values: np.ndarray
    unit: str | None = None
    notes: list[str] = field(default_factory=list)


def read_table(path: str) -> pa.Table:
    """The table of a Parquet file; refuses what is none, is empty or is larger than the kit takes."""
    try:
        about = pq.read_metadata(path)
        _within_limits(about.num_columns, about.num_rows)
        table = pq.read_table(path, memory_map=False)
    except Refused:
        raise
    except Exception as error:
        raise Refused("table", f"this is no Parquet table that can be read ({error})") from error
    _within_limits(table.num_columns, table.num_rows)
    names = table.column_names
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise Refused(double[0], "the table has two columns of this name; rename one")
    return table


def _within_limits(columns: int, rows: int) -> None:
    if columns > MOST_COLUMNS:
        raise Refused("table", f"it has {columns} columns; at most {MOST_COLUMNS} are taken")
    if rows > MOST_ROWS:
        raise Refused("table", f"it has {rows} rows; at most {MOST_ROWS} are taken. Train on a sample of it")
    if rows == 0:
        raise Refused("table", "it has no rows")


def texts(table: pa.Table, name: str) -> np.ndarray:
    """A column as an object array of stripped str, None where missing or empty."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    found = np.empty(len(column), dtype=object)
    for at, value in enumerate(column.to_pylist()):
        text = None if value is None else str(value).strip()
        if text is not None and len(text) > LONGEST_TEXT:
            raise Refused(name, f"row {at + 1} has a text of {len(text)} characters; at most {LONGEST_TEXT} are taken")
        found[at] = text or None
    return found


def _is_numeric(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column as float64, NaN where missing or infinite. Texts that are no number are refused, with the row."""
    column = table.column(name)
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
        return np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), float("nan")), dtype=float) / 1e6
    if _is_numeric(column.type):
        values = np.array([np.nan if value is None else float(value) for value in column.to_pylist()], dtype=float)
    else:
        values = np.full(len(column), np.nan)
        for at, text in enumerate(texts(table, name)):
            if text is None or text.lower() in ("nan", "na", "n/a", "null", "none", "-"):
                continue
            try:
                values[at] = float(text)
            except ValueError:
                raise Refused(name, f"row {at + 1} holds {text[:40]!r}, which is no number") from None
    values[~np.isfinite(values)] = np.nan
    return values


def guess_kind(table: pa.Table, name: str) -> str:
    """Numbers by their type or when nine of ten texts are one; then SMILES and formulas when all of a sample are; else a category."""
    kind = table.column(name).type
    if _is_numeric(kind) or pa.types.is_temporal(kind):
        return "number"
    found = [text for text in texts(table, name) if text is not None]
    if not found:
        return "category"
    sample = found[:: max(1, len(found) // 200)]
    if sum(_is_number(text) for text in sample) >= 0.9 * len(sample):
        return "number"
    if len(set(sample)) > max(2, len(sample) // 20):
        if sum(is_formula(text) for text in sample) >= 0.95 * len(sample):
            return "composition"
        if sum(is_smiles(text) for text in sample) >= 0.95 * len(sample):
            return "smiles"
    return "category"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_column(table: pa.Table, name: str, kind: str | None) -> Column:
    """One input column of the table, of the given kind or of the one it looks like."""
    if name not in table.column_names:
        raise Refused(name, f"the table has no such column; it has {', '.join(table.column_names[:30])}")
    kind = kind or guess_kind(table, name)
    values = numbers(table, name) if kind == "number" else texts(table, name)
    return Column(name, kind, values, unit_of(table, name))


def unit_of(table: pa.Table, name: str) -> str | None:
    """The unit in the Arrow metadata of the column, under `unit` or `units`; none where it has none."""
    metadata = table.schema.field(name).metadata or {}
    for key in (b"unit", b"units"):
        if key in metadata:
            return metadata[key].decode("utf-8", "replace")[:100]
    return None
