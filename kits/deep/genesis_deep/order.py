"""Which rows a step learns from. A pure function of seed, member and step, so that a resumed run takes the same rows."""

from __future__ import annotations

import random

import numpy as np
import torch

MIX = 0x9E3779B97F4A7C15


class Order:
    """Epochs of shuffled rows in whole batches; a last part smaller than a batch waits for another epoch's shuffle."""

    def __init__(self, rows: int, batch: int, seed: int, member: int) -> None:
        self.rows, self.batch = rows, min(batch, rows)
        self.per_epoch = rows // self.batch
        self.seed, self.member = seed, member
        self._epoch = -1
        self._shuffled = np.empty(0, dtype=np.int64)

    def rows_of(self, step: int) -> np.ndarray:
        """The rows of a step (counted from 0) over all processes."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._shuffled = np.random.default_rng([self.seed, self.member, epoch]).permutation(self.rows)
            self._epoch = epoch
        return self._shuffled[place * self.batch : (place + 1) * self.batch]


def share(rows: np.ndarray, rank: int, world: int, accumulate: int) -> list[np.ndarray]:
    """This process's part of a batch, cut into micro-batches; the parts of all processes are the batch, whatever their number."""
    return [part for part in np.array_split(rows[rank::world], accumulate) if len(part)]


def seed_step(seed: int, member: int, step: int, rank: int) -> None:
    """Sets the random state of Python, NumPy and torch for one step (dropout), so that no state has to outlive the step."""
    mixed = ((seed * 1_000_003 + member) * 1_000_003 + step) * 1_009 + rank
    mixed = (mixed * MIX) % 2**63
    random.seed(mixed)
    np.random.seed(mixed % 2**32)
    torch.default_generator.manual_seed(mixed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed(mixed)
