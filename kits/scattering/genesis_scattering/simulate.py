"""`python -m genesis_scattering.simulate`: curves.parquet, one row for each simulated curve on the kit's grid, with its shape and sizes.

Columns `q_000` to `q_127` hold log10 of the intensity less its mean over what was measured, null where nothing was; `shape`; each
size of each shape in Å (null for other shapes); and `size`, the first size of the row's shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from genesis_deep.errors import Refused
from genesis_deep.job import main

from .bank import make_bank
from .grid import CHANNELS, GRID, POINTS
from .instrument import simulate
from .shapes import NAMES, SLOTS

BOUNDS = {"curves": (1, 2_000_000), "particles": (1, 100_000), "seed": (0, 2**31 - 1)}


def table_of(x: np.ndarray, y: np.ndarray) -> pa.Table:
    """The curves as a table whose columns carry their unit."""
    grid = x.reshape(-1, CHANNELS, POINTS)
    columns: list[pa.Array] = []
    fields: list[pa.Field] = []

    def add(name: str, values: Any, kind: pa.DataType, unit: str | None = None, missing: np.ndarray | None = None) -> None:
        columns.append(pa.array(values, kind, mask=missing))
        fields.append(pa.field(name, kind, metadata=None if unit is None else {"unit": unit}))

    for at in range(POINTS):
        add(f"q_{at:03d}", grid[:, 0, at], pa.float32(), missing=grid[:, 1, at] == 0)
    shapes = y[:, 0].astype(int)
    add("shape", [NAMES[at] for at in shapes], pa.string())
    sizes = np.exp(y[:, 1:].astype(float))
    first = [next(at for at, (name, _) in enumerate(SLOTS) if name == shape) for shape in NAMES]
    add("size", sizes[np.arange(len(sizes)), [first[shape] for shape in shapes]], pa.float64(), "Å")
    for at, (shape, size) in enumerate(SLOTS):
        add(f"{shape}.{size}", sizes[:, at], pa.float64(), "Å", np.isnan(sizes[:, at]))
    return pa.table(columns, schema=pa.schema(fields))


def work(given: dict[str, Any]) -> dict[str, Any]:
    settings = {"curves": 20_000, "particles": 300, "seed": 1}
    for name, value in given.items():
        if name not in BOUNDS:
            raise Refused(name, "no such setting; allowed are curves, particles and seed")
        low, high = BOUNDS[name]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Refused(name, f"this must be a whole number from {low} to {high}")
        settings[name] = value
    x, y = simulate(make_bank(settings["particles"], settings["seed"]), settings["curves"], settings["seed"])
    pq.write_table(table_of(x, y), "curves.parquet", compression="zstd")
    counts = {name: int((y[:, 0] == at).sum()) for at, name in enumerate(NAMES)}
    return {"curves": len(x), "shapes": counts, "grid": [float(q) for q in GRID], "gridUnit": "1/Å", "table": "curves.parquet"}


if __name__ == "__main__":
    main(work)
