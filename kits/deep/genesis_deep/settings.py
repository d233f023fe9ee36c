"""The input of `train`, checked, with its defaults. kit.json has the same bounds as JSON Schema."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from .errors import Refused

ARCHITECTURES = ("auto", "mlp", "conv", "transformer")
TASKS = ("auto", "regression", "classification")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
TRANSFORMS = ("none", "log10")


@dataclass(frozen=True)
class CurveInput:
    """Where the curve is: columns whose names start with `prefix`, in the table's order, or one list `column`."""

    prefix: str | None = None
    column: str | None = None
    grid: tuple[float, ...] | None = None
    unit: str | None = None
    transform: str = "none"


@dataclass(frozen=True)
class Settings:
    """What decides a training. Budgets are optimiser steps, never seconds, so that a run repeats."""

    target: str
    unit: str | None = None
    task: str = "auto"
    architecture: str = "auto"
    features: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    curve: CurveInput | None = None
    group: str | None = None
    seed: int = 1
    members: int = 5
    steps: int = 2000
    batch: int = 128
    accumulate: int = 1
    learningRate: float = 0.002
    weightDecay: float = 0.01
    dropout: float = 0.05
    width: int = 128
    depth: int = 3
    precision: str = "auto"
    threads: int = 1
    checkpointSteps: int = 200
    validateSteps: int = 50
    level: float = 0.9

    def digest(self) -> str:
        """SHA-256 of the settings as canonical JSON."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))


BOUNDS: dict[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1), "members": (1, 20), "steps": (1, 1_000_000), "batch": (2, 65_536), "accumulate": (1, 256),
    "learningRate": (1e-7, 1.0), "weightDecay": (0.0, 10.0), "dropout": (0.0, 0.9), "width": (4, 2048), "depth": (1, 24),
    "threads": (1, 256), "checkpointSteps": (1, 1_000_000), "validateSteps": (1, 1_000_000), "level": (0.5, 0.99),
}
CHOICES = {"task": TASKS, "architecture": ARCHITECTURES, "precision": PRECISIONS}
WHOLE = ("seed", "members", "steps", "batch", "accumulate", "width", "depth", "threads", "checkpointSteps", "validateSteps")


def _names(field_name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Refused(field_name, "this must be a list of column names")
    return tuple(value)


def _curve(value: Any) -> CurveInput:
    if not isinstance(value, dict):
        raise Refused("curve", "this must be an object with `prefix` or `column`")
    strange = set(value) - {"prefix", "column", "grid", "unit", "transform"}
    if strange:
        raise Refused(f"curve.{sorted(strange)[0]}", "no such setting; allowed are prefix, column, grid, unit, transform")
    if bool(value.get("prefix")) == bool(value.get("column")):
        raise Refused("curve", "give either `prefix` (one column for each grid point) or `column` (one list column)")
    if value.get("transform", "none") not in TRANSFORMS:
        raise Refused("curve.transform", f"this must be one of {', '.join(TRANSFORMS)}")
    grid = value.get("grid")
    if grid is not None:
        try:
            grid = tuple(float(point) for point in grid)
        except (TypeError, ValueError):
            raise Refused("curve.grid", "this must be a list of numbers, one for each grid point") from None
    return CurveInput(value.get("prefix"), value.get("column"), grid, value.get("unit"), value.get("transform", "none"))


def read_settings(given: Any) -> Settings:
    """Settings of an input object. Refuses what it does not know, with the field and what is allowed."""
    if not isinstance(given, dict):
        raise Refused("input", "this must be a JSON object")
    if not isinstance(given.get("target"), str):
        raise Refused("target", "name the column to learn")
    taken: dict[str, Any] = {}
    for name, value in given.items():
        if name in BOUNDS:
            low, high = BOUNDS[name]
            whole = name in WHOLE
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or (whole and value != int(value)):
                raise Refused(name, f"this must be {'a whole number' if whole else 'a number'} from {low:g} to {high:g}")
            taken[name] = int(value) if whole else float(value)
        elif name in CHOICES:
            if value not in CHOICES[name]:
                raise Refused(name, f"this must be one of {', '.join(CHOICES[name])}")
            taken[name] = value
        elif name in ("features", "drop"):
            taken[name] = _names(name, value)
        elif name == "curve":
            taken[name] = None if value is None else _curve(value)
        elif name in ("target", "unit", "group"):
            if value is not None and not isinstance(value, str):
                raise Refused(name, "this must be a text")
            taken[name] = value
        else:
            raise Refused(name, "no such setting; see the input schema of the kit")
    settings = Settings(**taken)
    if settings.accumulate > settings.batch:
        raise Refused("accumulate", f"a batch of {settings.batch} cannot be cut into {settings.accumulate} parts")
    return settings
