"""Makes small tables and runs the kit's programs as the platform does: in a folder of their own, as processes."""

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
import pytest

KIT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(KIT))
SMALL = {"target": "y", "members": 2, "steps": 60, "width": 16, "depth": 1, "batch": 32, "checkpointSteps": 7, "validateSteps": 10, "dropout": 0.1}


def plain_table(rows: int = 240, seed: int = 0) -> pa.Table:
    """Two numbers (one with gaps), one category, and a noisy target."""
    random = np.random.default_rng(seed)
    a, b, c = random.normal(size=rows), random.normal(size=rows), random.choice(["x", "y", "z"], rows)
    y = np.sin(2 * a) + 0.3 * b**2 + (c == "x") + 0.1 * random.normal(size=rows)
    a[::17] = np.nan
    return pa.table({"a": a, "b": b, "c": c, "y": y})


def curve_table(rows: int = 160, points: int = 24, seed: int = 0) -> pa.Table:
    """Peaks at a place that is the target `y`, `kind` tells their width; some points are missing."""
    random = np.random.default_rng(seed)
    place, wide = random.uniform(5, points - 5, rows), random.random(rows) < 0.5
    grid = np.arange(points)
    values = np.exp(-0.5 * ((grid - place[:, None]) / np.where(wide, 3.0, 1.2)[:, None]) ** 2) + 0.02 * random.normal(size=(rows, points))
    values[random.random(values.shape) < 0.05] = np.nan
    columns: dict[str, Any] = {f"q_{at:03d}": values[:, at] for at in range(points)}
    return pa.table(columns | {"y": place, "kind": np.where(wide, "wide", "narrow")})


class Job:
    """A job's folder."""

    def __init__(self, folder: Path, given: dict[str, Any], table: pa.Table) -> None:
        self.folder = folder
        (folder / "inputs").mkdir(parents=True)
        (folder / "inputs/input.json").write_text(json.dumps(given))
        pq.write_table(table, folder / "inputs/table.parquet")

    def command(self, module: str, processes: int = 1) -> list[str]:
        start = ["-m", module] if processes == 1 else ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m", module]
        return [sys.executable, *start]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        return {**kept, "PYTHONPATH": str(KIT), "OMP_NUM_THREADS": "1", **more}

    def run(self, module: str = "genesis_deep.train", processes: int = 1, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(module, processes), cwd=self.folder, env=self.environment(**environment), capture_output=True, text=True, timeout=240)

    def start(self, module: str = "genesis_deep.train", processes: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command(module, processes), cwd=self.folder, env=self.environment(**environment), stderr=open(self.folder / "log", "ab"))

    def weights(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.folder / "model").glob("*.safetensors"))}

    def output(self) -> dict[str, Any]:
        return json.loads((self.folder / "output.json").read_text())

    def model(self) -> dict[str, Any]:
        return json.loads((self.folder / "model/model.json").read_text())


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A training that nobody disturbed; others are compared with it."""
    job = Job(tmp_path_factory.mktemp("undisturbed") / "job", SMALL, plain_table())
    done = job.run()
    assert done.returncode == 0, done.stderr
    return job
