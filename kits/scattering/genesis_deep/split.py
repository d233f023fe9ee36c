"""Cuts the rows into training, validation, calibration and test, by a seed; a group stays whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import Refused

SHARES = {"train": 0.7, "validation": 0.1, "calibration": 0.1, "test": 0.1}


@dataclass
class Parts:
    """Row indexes. Validation chooses the weights, calibration sets the intervals, test is only measured."""

    train: np.ndarray
    validation: np.ndarray
    calibration: np.ndarray
    test: np.ndarray


def split(rows: int, groups: np.ndarray | None, seed: int) -> Parts:
    """Seven tenths to train, one tenth for each other part."""
    random = np.random.default_rng([seed, 0x5017])
    if groups is None:
        units = [np.array([row]) for row in range(rows)]
    else:
        names = sorted({str(name) for name in groups})
        if len(names) < 10:
            raise Refused("group", f"it has {len(names)} groups; at least 10 are needed so that each part gets some")
        texts = np.array([str(name) for name in groups])
        units = [np.nonzero(texts == name)[0] for name in names]
    order = random.permutation(len(units))
    ends = np.cumsum(list(SHARES.values())) * rows
    parts: list[list[np.ndarray]] = [[], [], [], []]
    taken = 0
    for at in order:
        part = min(int(np.searchsorted(ends, taken, side="right")), 3)
        parts[part].append(units[at])
        taken += len(units[at])
    if any(not part for part in parts):
        raise Refused("group", "one group holds so many rows that a part is left empty; use smaller groups")
    return Parts(*(np.sort(np.concatenate(part)) for part in parts))
