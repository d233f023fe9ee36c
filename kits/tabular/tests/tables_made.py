"""Small tables with a known rule, and a job folder to run a capability in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

kit = Path(__file__).resolve().parents[1]
ALLOYS = ("Fe{a}Ni{b}", "Fe{a}Cr{b}C0.05", "Al{a}Cu{b}", "Ti{a}V{b}O2")
CHAINS = ("C{n}O", "C{n}N", "C{n}C(=O)O", "c1ccccc1C{n}")


def numbers_table(rows: int = 160, seed: int = 1) -> pa.Table:
    """Two numbers (one with holes), a category, a constant and junk of the row; the target depends on the first three."""
    random = np.random.default_rng(seed)
    x, z = random.normal(size=rows), random.uniform(0, 5, size=rows)
    kind = random.choice(["cast", "rolled", "forged"], rows)
    y = 3 * x + z**2 + (kind == "cast") * 4 + random.normal(0, 0.3, rows)
    holes = [None if at % 17 == 3 else float(value) for at, value in enumerate(z)]
    unit = {b"unit": b"MPa"}
    fields = [("x", pa.float64()), ("z", pa.float64()), ("kind", pa.string()), ("same", pa.int64())]
    schema = pa.schema([*(pa.field(*one) for one in fields), pa.field("y", pa.float64(), metadata=unit)])
    return pa.table(
        [pa.array(x), pa.array(holes), pa.array(kind.tolist()), pa.array([7] * rows), pa.array(y)], schema=schema
    )


def formulas_table(rows: int = 120) -> pa.Table:
    random = np.random.default_rng(2)
    share = random.uniform(0.1, 0.9, rows)
    which = random.integers(0, len(ALLOYS), rows)
    texts = [ALLOYS[w].format(a=round(s, 3), b=round(1 - s, 3)) for w, s in zip(which, share, strict=True)]
    y = 100 * share + 20 * which + random.normal(0, 2, rows)
    return pa.table({"alloy": texts, "temperature": random.uniform(0, 500, rows), "strength": y})


def molecules_table(rows: int = 60) -> pa.Table:
    texts = [CHAINS[at % len(CHAINS)].replace("C{n}", "C" * (1 + at // len(CHAINS))) for at in range(rows)]
    return pa.table(
        {"smiles": texts, "solubility": [1.0 - 0.3 * len(text) + (at % 4) for at, text in enumerate(texts)]}
    )


def classes_table(count: int, rows: int = 150) -> pa.Table:
    random = np.random.default_rng(4)
    x = random.normal(size=(rows, 3))
    score = x[:, 0] + 0.3 * random.normal(size=rows)
    edges = np.quantile(score, np.linspace(0, 1, count + 1)[1:-1])
    names = ["low", "middle", "high", "top"]
    return pa.table(
        {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "phase": [names[at] for at in np.searchsorted(edges, score)]}
    )


def job(folder: Path, table: pa.Table, given: Any, model: Path | None = None) -> Path:
    (folder / "inputs").mkdir(parents=True)
    pq.write_table(table, folder / "inputs" / "table.parquet")
    (folder / "inputs" / "input.json").write_text(json.dumps(given))
    if model is not None:
        (folder / "inputs" / "model").symlink_to(model)
    return folder


def run(capability: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The capability as the platform runs it: a module, in the folder of its job."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(kit),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", f"genesis_tabular.{capability}"], cwd=folder, env=env, capture_output=True, text=True
    )


def read(path: Path) -> Any:
    return json.loads(path.read_text())
