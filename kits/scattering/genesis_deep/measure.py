"""What a model is worth on rows it never saw, with bootstrap intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

RESAMPLES = 1000


def _metric(name: str, scores: np.ndarray, on: str, seed: int, unit: str | None = None, root: bool = False) -> dict[str, Any]:
    """The mean of row scores (its root for `root`) with the percentile bootstrap interval at 95 %."""
    random = np.random.default_rng([seed, 0xB007])
    means = np.array([scores[random.integers(0, len(scores), len(scores))].mean() for _ in range(RESAMPLES)])
    low, high = np.quantile(means, [0.025, 0.975])
    value = scores.mean()
    if root:
        value, low, high = np.sqrt([value, low, high])
    return {"name": name, "value": float(value), "unit": unit, "on": on, "n": len(scores), "low": float(low), "high": float(high)}


def of_regression(y: np.ndarray, mean: np.ndarray, half: np.ndarray | None, unit: str | None, on: str, seed: int, level: float) -> list[dict[str, Any]]:
    """MAE, RMSE, and how often the interval held the value."""
    found = [_metric("mae", np.abs(y - mean), on, seed, unit), _metric("rmse", (y - mean) ** 2, on, seed, unit, root=True)]
    if half is not None:
        found.append(_metric(f"coverage_{round(level * 100)}", (np.abs(y - mean) <= half).astype(float), on, seed))
        found.append(_metric("interval_width", 2 * half, on, seed, unit))
    return found


def of_classification(y: np.ndarray, chance: np.ndarray, on: str, seed: int) -> list[dict[str, Any]]:
    """Accuracy and log loss."""
    loss = -np.log(np.maximum(chance[np.arange(len(y)), y], 1e-12))
    return [_metric("accuracy", (chance.argmax(axis=1) == y).astype(float), on, seed), _metric("log_loss", loss, on, seed)]
