"""Columns of the design matrix on a common scale, for models that measure distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FARTHEST = 5.0
"""Standard deviations beyond which a value is taken as this far: heavy tails would else outvote every other column."""


@dataclass
class Scaling:
    columns: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    kept: np.ndarray
    """Which of the columns that were offered are taken: constant ones are not."""
    stretch: np.ndarray | None = None
    """What each column is multiplied with at last, after the clipping; one where none is given."""

    @staticmethod
    def learn(design: np.ndarray, columns: np.ndarray) -> Scaling:
        taken = design[:, columns].astype(np.float64)
        mean, deviation = taken.mean(axis=0), taken.std(axis=0)
        kept = deviation > 1e-9 * np.maximum(1.0, np.abs(mean))
        return Scaling(columns[kept], mean[kept], deviation[kept], kept)

    def apply(self, design: np.ndarray) -> np.ndarray:
        """float64 [rows, kept columns]."""
        scaled = (design[:, self.columns].astype(np.float64) - self.mean) / self.deviation
        clipped = np.clip(scaled, -FARTHEST, FARTHEST)
        return clipped if self.stretch is None else clipped * self.stretch
