"""Rows that somebody asks about, one JSON object a line, and what is answered, likewise.

So the platform hands over rows that are not stored as a table: the sealed ones of an evaluation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from .errors import Refused

ROWS = "rows.jsonl"
ANSWERS = "predictions.jsonl"
MOST_ROWS = 200_000


def read_rows(path: Path) -> pa.Table:
    """Their columns: lists of numbers, numbers where all cells are numbers or missing, else texts."""
    rows = []
    with path.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise Refused("rows", f"line {at + 1} is no JSON ({error})") from error
            if not isinstance(row, dict):
                raise Refused("rows", f"line {at + 1} is no object")
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Refused("rows", f"there are more than {MOST_ROWS} rows")
    if not rows:
        raise Refused("rows", "there are none")
    return pa.table({name: _column([row.get(name) for row in rows]) for name in rows[0]})


def _is_number(cell: Any) -> bool:
    return cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool))


def _column(cells: list[Any]) -> pa.Array:
    if all(_is_number(cell) for cell in cells):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    if all(isinstance(cell, list) and all(_is_number(one) for one in cell) for cell in cells):
        return pa.array(cells, pa.list_(pa.float64()))
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


def write_answers(path: Path, table: pa.Table, output: str) -> None:
    names = [name for name in ("sd", "lower", "upper") if name in table.column_names]
    with path.open("w", encoding="utf-8") as lines:
        for row in table.to_pylist():
            told = {"value": row[output], **{name: row[name] for name in names}}
            lines.write(json.dumps(told, allow_nan=False) + "\n")
