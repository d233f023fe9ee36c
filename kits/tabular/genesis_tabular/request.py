"""What a training is asked for, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .columns import KINDS
from .errors import Refused

INPUTS = (
    "target",
    "features",
    "kinds",
    "groups",
    "time",
    "task",
    "budget",
    "folds",
    "seed",
    "intervalLevel",
    "metric",
)
METRICS = {"regression": ("mae", "rmse"), "classification": ("logloss", "error")}
USUAL_FITS = 600
MOST_FITS = 100_000
MOST_SECONDS = 7 * 86_400


@dataclass
class Request:
    target: str
    features: list[str] | None
    kinds: dict[str, str]
    groups: str | None
    time: str | None
    task: str | None
    fits: int | None
    seconds: float | None
    folds: int
    seed: int
    level: float
    metric: str | None


def _number(given: dict[str, Any], name: str, usual: Any, low: float, high: float, whole: bool) -> Any:
    value = given.get(name, usual)
    if value is None:
        return None
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    if not fits or (whole and value != int(value)):
        raise Refused(name, f"must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
    return int(value) if whole else float(value)


def _name(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise Refused(name, "must be the name of a column")
    return value


def read_request(given: dict[str, Any]) -> Request:
    unknown = sorted(set(given) - set(INPUTS))
    if unknown:
        raise Refused(unknown[0], "is not an input of this capability")
    target = _name(given, "target")
    if target is None:
        raise Refused("target", "name the column to predict")
    features = given.get("features")
    if features is not None and (
        not isinstance(features, list) or not features or not all(isinstance(one, str) for one in features)
    ):
        raise Refused("features", "must be a list of names of columns, at least one")
    if features is not None and len(set(features)) < len(features):
        raise Refused("features", "names a column twice")
    kinds = given.get("kinds") or {}
    if not isinstance(kinds, dict) or any(kind not in KINDS for kind in kinds.values()):
        raise Refused("kinds", f"must give columns one of {', '.join(KINDS)}")
    task = given.get("task")
    if task not in (None, "regression", "classification"):
        raise Refused("task", "must be regression or classification")
    metric = given.get("metric")
    every = [one for ones in METRICS.values() for one in ones]
    if metric is not None and metric not in every:
        raise Refused("metric", f"must be one of {', '.join(every)}")
    budget = given.get("budget") or {}
    if not isinstance(budget, dict) or set(budget) - {"fits", "seconds"}:
        raise Refused("budget", "must have fits, seconds or both")
    seconds = _number(budget, "seconds", None, 1, MOST_SECONDS, False)
    return Request(
        target=target,
        features=features,
        kinds=kinds,
        groups=_name(given, "groups"),
        time=_name(given, "time"),
        task=task,
        fits=_number(budget, "fits", None if seconds is not None else USUAL_FITS, 1, MOST_FITS, True),
        seconds=seconds,
        folds=_number(given, "folds", 5, 2, 20, True),
        seed=_number(given, "seed", 0, 0, 2**31 - 100, True),
        level=_number(given, "intervalLevel", 0.9, 0.5, 0.99, False),
        metric=metric,
    )
