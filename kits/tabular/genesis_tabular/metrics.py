"""Metrics on held-out predictions, with bootstrap intervals over whole units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Scorer = Callable[[np.ndarray, np.ndarray], float]
"""Target [rows] (values, or class indices) and prediction [rows, outputs] to one number."""


def _picked(target: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.clip(found[np.arange(len(target)), target.astype(int)], 1e-9, 1.0)


def _r2(target: np.ndarray, found: np.ndarray) -> float:
    around = ((target - target.mean()) ** 2).sum()
    return float(1 - ((target - found[:, 0]) ** 2).sum() / around) if around > 0 else float("nan")


def _balanced(target: np.ndarray, found: np.ndarray) -> float:
    right = found.argmax(axis=1) == target
    return float(np.mean([right[target == one].mean() for one in np.unique(target)]))


LOSSES: dict[str, Scorer] = {
    "mae": lambda target, found: float(np.abs(target - found[:, 0]).mean()),
    "rmse": lambda target, found: float(np.sqrt(((target - found[:, 0]) ** 2).mean())),
    "logloss": lambda target, found: float(-np.log(_picked(target, found)).mean()),
    "error": lambda target, found: float((found.argmax(axis=1) != target).mean()),
}
"""What a search may minimise."""

REPORTED: dict[str, dict[str, Scorer]] = {
    "regression": {
        "mae": LOSSES["mae"],
        "rmse": LOSSES["rmse"],
        "medianAbsoluteError": lambda target, found: float(np.median(np.abs(target - found[:, 0]))),
        "r2": _r2,
    },
    "classification": {
        "accuracy": lambda target, found: float((found.argmax(axis=1) == target).mean()),
        "balancedAccuracy": _balanced,
        "logloss": LOSSES["logloss"],
    },
}
UNITLESS = {"r2", "accuracy", "balancedAccuracy", "logloss", "coverage"}


def bootstrap(
    score: Callable[[np.ndarray], float], units: np.ndarray, seed: int, draws: int = 500
) -> tuple[float, float]:
    """The 95 % percentile interval of `score(rows)` when whole units are drawn with replacement."""
    random = np.random.default_rng(seed)
    names, index = np.unique(units, return_inverse=True)
    members = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    found = [
        score(np.concatenate([members[at] for at in random.integers(0, len(names), len(names))])) for _ in range(draws)
    ]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)
