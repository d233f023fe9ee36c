"""Reads a Parquet table into one float32 matrix: numbers, categories as their index, and the points of a curve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .errors import Refused
from .settings import CurveInput, Settings

MOST_ROWS = 5_000_000
MOST_COLUMNS = 20_000
MOST_POINTS = 16_384
MOST_CELLS = 1_000_000_000
MOST_CATEGORIES = 256


@dataclass
class Feature:
    """One input: `width` columns of the matrix (1, or the length of the curve)."""

    name: str
    kind: str
    unit: str | None = None
    categories: list[str] = field(default_factory=list)
    width: int = 1
    grid: list[float] | None = None
    transform: str = "none"
    low: float | None = None
    high: float | None = None


@dataclass
class Table:
    """`x` is float32 [rows, columns], NaN where missing; `y` float64 values or int64 class indexes; `rows` their place in the file."""

    features: list[Feature]
    x: np.ndarray
    y: np.ndarray
    classes: list[str]
    groups: np.ndarray | None
    rows: np.ndarray
    unit: str | None


def read_parquet(path: str) -> pa.Table:
    """The table of a Parquet file; refuses what is none, is empty or is larger than the kit takes."""
    try:
        file = pq.ParquetFile(path)
        rows, columns = file.metadata.num_rows, len(file.schema_arrow.names)
        names = file.schema_arrow.names
    except Exception as error:
        raise Refused("table", f"this is no Parquet table that can be read ({error})") from error
    if columns > MOST_COLUMNS or rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise Refused("table", f"it has {rows} rows and {columns} columns; at most {MOST_ROWS} and {MOST_COLUMNS} are taken. Train on a sample of it")
    if rows == 0:
        raise Refused("table", "it has no rows")
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise Refused(double[0], "the table has two columns of this name; rename one")
    try:
        return file.read()
    except Exception as error:
        raise Refused("table", f"the file cannot be read to its end ({error})") from error


def _number_type(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind)


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise Refused(name, f"the table has no such column; it has {', '.join(table.column_names[:30])}")
    return table.column(name)


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column as float64, NaN where missing or infinite."""
    column = _column(table, name)
    if not _number_type(column.type):
        raise Refused(name, f"this column holds {column.type}, and numbers are needed")
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)
    values[~np.isfinite(values)] = np.nan
    return values


def texts(table: pa.Table, name: str) -> np.ndarray:
    """A column as an object array of str, None where missing."""
    found = [None if value is None else str(value) for value in _column(table, name).to_pylist()]
    return np.array(found, dtype=object)


def unit_of(table: pa.Table, name: str) -> str | None:
    """The unit in the Arrow metadata of the column, under `unit` or `units`."""
    metadata = table.schema.field(name).metadata or {}
    for key in (b"unit", b"units"):
        if key in metadata:
            return metadata[key].decode("utf-8", "replace")[:100]
    return None


def curve_points(table: pa.Table, curve: CurveInput) -> tuple[str, np.ndarray]:
    """The curve's name and its values [rows, points], NaN where a point was not measured."""
    if curve.column is not None:
        column = _column(table, curve.column)
        if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_fixed_size_list(column.type)):
            raise Refused(curve.column, f"this column holds {column.type}, and a list of numbers is needed")
        lists = column.to_pylist()
        lengths = {len(points) for points in lists if points is not None}
        if len(lengths) != 1:
            raise Refused(curve.column, f"the curves have different lengths ({sorted(lengths)[:5]}); bring them to one grid, null where not measured")
        length = lengths.pop()
        blank = [np.nan] * length
        values = np.array([blank if points is None else [np.nan if v is None else v for v in points] for points in lists], dtype=np.float32)
        name = curve.column
    else:
        columns = [name for name in table.column_names if name.startswith(str(curve.prefix))]
        if not columns:
            raise Refused("curve.prefix", f"no column's name starts with {curve.prefix!r}")
        values = np.stack([numbers(table, name) for name in columns], axis=1).astype(np.float32)
        name = str(curve.prefix).rstrip("_-. ") or str(curve.prefix)
    if not 8 <= values.shape[1] <= MOST_POINTS:
        raise Refused("curve", f"it has {values.shape[1]} points; from 8 to {MOST_POINTS} are taken")
    if curve.grid is not None and len(curve.grid) != values.shape[1]:
        raise Refused("curve.grid", f"it has {len(curve.grid)} points, and the curves have {values.shape[1]}")
    values[~np.isfinite(values)] = np.nan
    return name, values


def as_index(found: np.ndarray, categories: list[str]) -> np.ndarray:
    """Each text as its place among the categories, -1 where it is none of them or missing."""
    place = {category: at for at, category in enumerate(categories)}
    return np.array([-1 if value is None else place.get(value, -1) for value in found], dtype=np.int64)


def _feature(table: pa.Table, name: str) -> tuple[Feature, np.ndarray]:
    if _number_type(table.column(name).type):
        return Feature(name, "number", unit_of(table, name)), numbers(table, name).astype(np.float32)[:, None]
    found = texts(table, name)
    categories = sorted({value for value in found if value is not None})
    if len(categories) > MOST_CATEGORIES:
        raise Refused(name, f"it has {len(categories)} different texts; at most {MOST_CATEGORIES} are taken as categories. Name it in `drop`")
    return Feature(name, "category", categories=categories), as_index(found, categories).astype(np.float32)[:, None]


def read_training(path: str, settings: Settings) -> Table:
    """The training table; rows without a target are left out. Ranges and categories are those of the table."""
    table = read_parquet(path)
    target = _column(table, settings.target)
    curve = settings.curve
    in_curve: set[str] = set()
    features: list[Feature] = []
    blocks: list[np.ndarray] = []
    if curve is not None:
        name, values = curve_points(table, curve)
        in_curve = {curve.column} if curve.column else {n for n in table.column_names if n.startswith(str(curve.prefix))}  # type: ignore[assignment]
        grid = None if curve.grid is None else list(curve.grid)
        features.append(Feature(name, "curve", curve.unit, width=values.shape[1], grid=grid, transform=curve.transform))
        blocks.append(values)
    left_out = {settings.target, settings.group, *settings.drop} | in_curve
    wanted = settings.features if settings.features is not None else ([] if curve is not None else [n for n in table.column_names if n not in left_out])
    for name in wanted:
        _column(table, name)
        if name in left_out:
            raise Refused("features", f"{name} is the target, the group, part of the curve or dropped")
        feature, values = _feature(table, name)
        features.append(feature)
        blocks.append(values)
    if not blocks:
        raise Refused("features", "no column is left to learn from")
    x = np.concatenate(blocks, axis=1)
    task = settings.task if settings.task != "auto" else ("regression" if _number_type(target.type) and not pa.types.is_boolean(target.type) else "classification")
    if task == "regression":
        y, classes = numbers(table, settings.target), []
        keep = np.isfinite(y)
    else:
        found = texts(table, settings.target)
        classes = sorted({value for value in found if value is not None})
        if not 2 <= len(classes) <= MOST_CATEGORIES:
            raise Refused(settings.target, f"it has {len(classes)} classes; from 2 to {MOST_CATEGORIES} are taken")
        y = as_index(found, classes)
        keep = y >= 0
    groups = None if settings.group is None else texts(table, settings.group)[keep]
    x, y = x[keep], y[keep]
    if len(y) < 40:
        raise Refused("table", f"{len(y)} rows have a target; at least 40 are needed to train, calibrate and test")
    at = 0
    for feature in features:
        part = x[:, at : at + feature.width]
        at += feature.width
        finite = part[np.isfinite(part)]
        if feature.kind != "category" and finite.size:
            feature.low, feature.high = float(finite.min()), float(finite.max())
    return Table(features, x, y, classes, groups, np.nonzero(keep)[0], settings.unit or unit_of(table, settings.target))


def read_inputs(table: pa.Table, described: list[dict[str, Any]], curve: dict[str, Any] | None) -> np.ndarray:
    """The matrix that a trained model takes, from a table with the columns named in model.json."""
    blocks = []
    for entry in described:
        if entry["kind"] == "curve":
            name, values = curve_points(table, CurveInput(**{key: value for key, value in (curve or {}).items() if key in ("prefix", "column")}))
            if values.shape[1] != entry["length"]:
                raise Refused(name, f"the curves have {values.shape[1]} points; the model takes {entry['length']}")
            blocks.append(values)
        elif entry["kind"] == "category":
            blocks.append(as_index(texts(table, entry["name"]), entry["categories"]).astype(np.float32)[:, None])
        else:
            blocks.append(numbers(table, entry["name"]).astype(np.float32)[:, None])
    return np.concatenate(blocks, axis=1)
