"""The five tables of the comparison, as the kit's columns."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from genesis_tabular.columns import Column, read_column


@dataclass
class Table:
    """Columns in, a target, groups where folds must respect them, and the seconds of the processor that a fit may take."""

    name: str
    columns: list[Column]
    target: np.ndarray
    unit: str
    groups: np.ndarray | None
    seconds: float
    repeats: int


def data_folder() -> Path:
    return Path(os.environ.get("GENESIS_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")


FILES = {
    "steels": "materials/steels_yield.csv",
    "gaps": "materials/expt_gap.csv",
    "esol": "molecules/delaney-processed.csv",
    "alloys": "materials/MPEA_dataset.csv",
    "oer": "closedloop/olympus/dataset_oer_plate_3496/data.csv",
}


def missing_files() -> list[str]:
    return [str(data_folder() / path) for path in FILES.values() if not (data_folder() / path).is_file()]


def _rows(name: str) -> list[dict[str, str]]:
    with open(data_folder() / FILES[name], newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _columns(rows: list[dict[str, str]], kinds: dict[str, str]) -> list[Column]:
    table = pa.table({name: pa.array([row[name].strip() or None for row in rows], pa.string()) for name in kinds})
    return [read_column(table, name, kind) for name, kind in kinds.items()]


def _target(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def load(name: str) -> Table:
    if name == "steels":
        rows = _rows(name)
        return Table(name, _columns(rows, {"formula": "composition"}), _target(rows, "target"), "MPa", None, 12, 3)
    if name == "gaps":
        rows = _rows(name)
        return Table(name, _columns(rows, {"formula": "composition"}), _target(rows, "target"), "eV", None, 40, 3)
    if name == "esol":
        rows = _rows(name)
        target = _target(rows, "measured log solubility in mols per litre")
        return Table(name, _columns(rows, {"smiles": "smiles"}), target, "log10(mol/L)", None, 20, 2)
    if name == "alloys":
        measured = "PROPERTY: YS (MPa)"
        rows = [row for row in _rows(name) if row[measured].strip()]
        kinds = {
            "FORMULA": "composition",
            "PROPERTY: Processing method": "category",
            "PROPERTY: BCC/FCC/other": "category",
            "PROPERTY: Type of test": "category",
            "PROPERTY: Test temperature ($^\\circ$C)": "number",
        }
        groups = np.array([row["IDENTIFIER: Reference ID"] for row in rows])
        return Table(name, _columns(rows, kinds), _target(rows, measured), "MPa", groups, 15, 3)
    path = data_folder() / FILES[name]
    config = json.loads((path.parent / "config.json").read_text())
    values = np.loadtxt(path, delimiter=",")
    columns = [Column(one["name"], "number", values[:, at]) for at, one in enumerate(config["parameters"])]
    return Table(name, columns, values[:, -1], "V", None, 10, 2)
