"""Trained members of an ensemble. Each predicts from the design matrix, and tells ONNX how it does so.

`predict` gives float64 [rows, outputs]: one column for a regression, one probability for each class for a classification.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .scaling import Scaling
from .trees import Tree, of_booster, of_forest


class Member(Protocol):
    def predict(self, design: np.ndarray) -> np.ndarray: ...


@dataclass
class Boosted:
    """A LightGBM booster up to `rounds`. `classes` is 0 for a regression."""

    booster: Any
    rounds: int
    columns: np.ndarray
    classes: int

    def predict(self, design: np.ndarray) -> np.ndarray:
        found = self.booster.predict(design[:, self.columns], num_iteration=self.rounds, num_threads=1)
        if self.classes == 0:
            return found[:, None]
        return np.stack([1 - found, found], axis=1) if self.classes == 2 else found

    def trees(self) -> list[Tree]:
        return of_booster(self.booster, self.rounds, self.columns, max(1, self.classes) if self.classes != 2 else 1)


@dataclass
class Forest:
    """A random forest or extremely randomised trees of scikit-learn."""

    forest: Any
    columns: np.ndarray

    def predict(self, design: np.ndarray) -> np.ndarray:
        taken = design[:, self.columns]
        return (
            self.forest.predict_proba(taken)
            if hasattr(self.forest, "classes_")
            else self.forest.predict(taken)[:, None]
        )

    def trees(self) -> list[Tree]:
        return of_forest(self.forest, self.columns)


KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rbf": lambda squared: np.exp(-squared),
    "matern52": lambda squared: (1 + np.sqrt(5 * squared) + 5 / 3 * squared) * np.exp(-np.sqrt(5 * squared)),
}


@dataclass
class Kernel:
    """`offset + sum of alpha_i k(|x - support_i|^2)` over scaled columns: support vector regression and Gaussian processes.

    Length scales are already in `scaling`. RBF: exp(-d2); Matern 5/2 as in Rasmussen and Williams, 2006, eq. 4.17 with unit length."""

    scaling: Scaling
    kernel: str
    support: np.ndarray
    alpha: np.ndarray
    offset: float

    def predict(self, design: np.ndarray) -> np.ndarray:
        found = np.empty(len(design))
        length = self.support_squares()
        for start in range(0, len(design), 1024):
            x = self.scaling.apply(design[start : start + 1024])
            squared = np.maximum((x * x).sum(axis=1)[:, None] + length[None, :] - 2 * x @ self.support.T, 0.0)
            found[start : start + 1024] = KERNELS[self.kernel](squared) @ self.alpha
        return found[:, None] + self.offset

    def stretched(self, stretch: np.ndarray) -> Kernel:
        """The same with one over the length scales, which are one so far, put into scaling and support. Clipping stays where it is."""
        scaling = Scaling(self.scaling.columns, self.scaling.mean, self.scaling.deviation, self.scaling.kept, stretch)
        return Kernel(scaling, self.kernel, self.support * stretch, self.alpha, self.offset)

    def support_squares(self) -> np.ndarray:
        return (self.support * self.support).sum(axis=1)


@dataclass
class Linear:
    """`offset + scaled columns @ coefficients`, with a softmax over classes for a classification."""

    scaling: Scaling
    coefficients: np.ndarray
    offset: np.ndarray
    classes: int

    def predict(self, design: np.ndarray) -> np.ndarray:
        scores = self.scaling.apply(design) @ self.coefficients + self.offset
        if self.classes == 0:
            return scores
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)


@dataclass
class Committee:
    """The mean of members that were each trained on other rows."""

    members: list[Any]

    def predict(self, design: np.ndarray) -> np.ndarray:
        return np.mean([member.predict(design) for member in self.members], axis=0)


def flat(member: Any, weight: float = 1.0) -> list[tuple[Any, float]]:
    """The members behind a member, with their weights."""
    if isinstance(member, Committee):
        return [pair for one in member.members for pair in flat(one, weight / len(member.members))]
    return [(member, weight)]
