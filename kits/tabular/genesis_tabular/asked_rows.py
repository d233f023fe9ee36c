"""Rows that somebody asks about, one JSON object a line, and what is answered, likewise.

So the platform hands over rows that are not stored as a table: those of a request, or the sealed ones of an evaluation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from .columns import MOST_ROWS
from .errors import Refused

ROWS = "rows.jsonl"
ANSWERS = "predictions.jsonl"


def read_rows(path: Path, names: Iterable[str]) -> pa.Table:
    """These columns of the rows: as numbers where all cells are numbers or missing, else as texts."""
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
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(cells: list[Any]) -> pa.Array:
    if all(cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool)) for cell in cells):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


def write_answers(path: Path, answers: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for answer in answers:
            lines.write(json.dumps(answer, allow_nan=False) + "\n")
