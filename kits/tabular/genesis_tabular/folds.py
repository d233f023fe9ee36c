"""Folds that keep together what belongs together: groups, and rows whose inputs are equal; and that keep time in order."""

from __future__ import annotations

import numpy as np

from .errors import Refused

Fold = tuple[np.ndarray, np.ndarray]
"""Rows to train on, rows held out."""


def together(design: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """A whole number for each row, equal where rows are of one group or have the same inputs, directly or through others."""
    _, same = np.unique(design, axis=0, return_inverse=True)
    same = same.reshape(-1)
    if groups is None:
        return same
    _, given = np.unique(groups, return_inverse=True)
    parent = np.arange(given.max() + 1 + same.max() + 1)

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in set(zip(given.tolist(), (same + given.max() + 1).tolist(), strict=True)):
        parent[root(one)] = root(other)
    return np.unique([root(one) for one in given], return_inverse=True)[1]


def make_folds(
    count: int, units: np.ndarray, time: np.ndarray | None, classes: np.ndarray | None, seed: int
) -> list[Fold]:
    """`count` folds over whole units, of about equal size; for a classification with about equal shares of the classes.

    With `time`, rows are cut into `count` + 1 blocks by time: each block but the first is held out once and trained on what is
    earlier, without units that reach into the block."""
    rows = np.arange(len(units))
    if time is not None:
        order = np.argsort(time, kind="stable")
        cuts = [len(rows) * (at + 1) // (count + 1) for at in range(count + 1)]
        # a moment is never cut in two
        cuts = [int(np.searchsorted(time[order], time[order[cut - 1]], side="right")) for cut in cuts]
        made = []
        for start, end in zip(cuts[:-1], cuts[1:], strict=True):
            held = order[start:end]
            before = order[:start]
            train = before[~np.isin(units[before], units[held])]
            if len(held) and len(train):
                made.append((np.sort(train), np.sort(held)))
        if not made:
            raise Refused(
                "time", "all rows are of one time, or no earlier rows are left to train on; leave the column out"
            )
        return made
    names = np.unique(units)
    if len(names) < count:
        raise Refused(
            "groups",
            f"there are {len(names)} groups (rows with equal inputs count as one) for {count} folds; ask for fewer folds",
        )
    random = np.random.default_rng(seed)
    of_unit = random.permutation(len(names))
    position = np.empty(len(names), dtype=int)
    position[of_unit] = np.arange(len(names))
    index = np.searchsorted(names, units)
    sizes = np.bincount(index)
    order = np.lexsort((position, -sizes))
    if classes is not None:
        first = np.zeros(len(names), dtype=int)
        first[index[::-1]] = classes[::-1]
        order = np.lexsort((position, -sizes, first))
    load, taken = np.zeros(count), np.empty(len(names), dtype=int)
    turn = 0
    for unit in order:
        lightest = np.flatnonzero(load == load.min())
        chosen = lightest[turn % len(lightest)]
        taken[unit] = chosen
        load[chosen] += sizes[unit]
        turn += 1
    fold = taken[index]
    return [(rows[fold != at], rows[fold == at]) for at in range(count)]
