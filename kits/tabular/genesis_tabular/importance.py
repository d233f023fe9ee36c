"""Permutation importances (Breiman, 2001; Fisher et al., JMLR 20, 177, 2019), on rows that the model was not trained on."""

from __future__ import annotations

import numpy as np

from .features import BaseColumn, Design
from .metrics import Scorer
from .search import Model

REPEATS = 3
MOST_ROWS = 400


def permutation_importances(
    model: Model,
    design: Design,
    base: list[BaseColumn],
    matrix: np.ndarray,
    target: np.ndarray,
    loss: Scorer,
    seed: int,
) -> dict[str, float]:
    """By input column, how much the loss grows when the column is shuffled among the rows of `matrix`. All features of one formula or
    molecule are shuffled together, as the column they come from."""
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(matrix))[:MOST_ROWS])
    held, y = matrix[rows], target[rows]
    unshuffled = loss(y, model.predict(design.transform(held)))
    found: dict[str, float] = {}
    for source in dict.fromkeys(column.source for column in base):
        block = [at for at, column in enumerate(base) if column.source == source]
        grown = []
        for _ in range(REPEATS):
            shuffled = held.copy()
            shuffled[:, block] = held[random.permutation(len(held))][:, block]
            grown.append(loss(y, model.predict(design.transform(shuffled))) - unshuffled)
        found[source] = float(np.mean(grown))
    return found
