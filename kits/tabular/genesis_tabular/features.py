"""From columns to numbers, in two steps that are both plain data.

1. The *base* matrix (float32, rows x base columns): numbers as they are, categories as their index, compositions and SMILES as their
   features. Missing is NaN. This is what the ONNX file takes; where there is neither composition nor SMILES it is the inputs themselves.
2. The *design* matrix (float32): missing numbers replaced by the median with a column that says so, categories as one column for
   each level. This step is inside the ONNX file too, without arithmetic, so both give the same numbers bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import compositions, molecules
from .columns import MOST_CATEGORIES, Column
from .errors import Refused


@dataclass
class BaseColumn:
    """One column of the base matrix. `block` tells which inputs belong together, `part` what kind of feature it is."""

    name: str
    source: str
    part: str
    categories: list[str] = field(default_factory=list)


@dataclass
class Featurizer:
    """How columns become the base matrix. Learned from the training columns: the levels of categories and the elements."""

    inputs: list[dict[str, Any]]
    base: list[BaseColumn]

    @staticmethod
    def learn(columns: list[Column]) -> Featurizer:
        inputs: list[dict[str, Any]] = []
        base: list[BaseColumn] = []
        for column in columns:
            one: dict[str, Any] = {"name": column.name, "kind": column.kind}
            if column.kind == "number":
                seen = column.values[np.isfinite(column.values)]
                one |= {"unit": column.unit, "minimum": float(seen.min()), "maximum": float(seen.max())}
                base.append(BaseColumn(column.name, column.name, "number"))
            elif column.kind == "category":
                counts: dict[str, int] = {}
                for value in column.values:
                    if value is not None:
                        counts[value] = counts.get(value, 0) + 1
                levels = sorted(counts, key=lambda level: (-counts[level], level))[:MOST_CATEGORIES]
                one["categories"] = sorted(levels)
                base.append(BaseColumn(column.name, column.name, "category", one["categories"]))
            elif column.kind == "composition":
                elements = sorted({e for text in column.values if text for e in (compositions.parse(text) or {})})
                one["elements"] = elements
                base += [BaseColumn(f"{column.name}: {e}", column.name, "fraction") for e in elements]
                base += [
                    BaseColumn(f"{column.name}: {name}", column.name, "statistic")
                    for name in compositions.statistic_names()
                ]
            else:
                base += [
                    BaseColumn(f"{column.name}: {name}", column.name, "descriptor")
                    for name in molecules.descriptor_names()
                ]
                base += [
                    BaseColumn(f"{column.name}: {name}", column.name, "fingerprint")
                    for name in molecules.fingerprint_names()
                ]
            inputs.append(one)
        return Featurizer(inputs, base)

    @property
    def direct(self) -> bool:
        """Whether the base matrix is the inputs themselves."""
        return all(one["kind"] in ("number", "category") for one in self.inputs)

    def transform(self, columns: list[Column], rows_refused: bool = True) -> np.ndarray:
        """The base matrix, float32 [rows, base columns]. A text that is no formula or no molecule is refused with its row, or,
        with `rows_refused` false, gives a row of NaN. Levels that training did not see are an index of no level."""
        blocks = [self._block(one, column, rows_refused) for one, column in zip(self.inputs, columns, strict=True)]
        return np.concatenate(blocks, axis=1).astype(np.float32)

    def _block(self, one: dict[str, Any], column: Column, rows_refused: bool) -> np.ndarray:
        values = column.values
        if one["kind"] == "number":
            return values[:, None]
        if one["kind"] == "category":
            index = {level: float(at) for at, level in enumerate(one["categories"])}
            unseen = float(len(index))
            return np.array([np.nan if v is None else index.get(v, unseen) for v in values], dtype=float)[:, None]
        make = _Composition(one["elements"]) if one["kind"] == "composition" else _Molecule()
        known: dict[str, np.ndarray | None] = {}
        block = np.full((len(values), make.width), np.nan)
        for at, text in enumerate(values):
            if text is None:
                continue
            if text not in known:
                known[text] = make(text)
            features = known[text]
            if features is None:
                if rows_refused:
                    raise Refused(
                        column.name, f"row {at + 1} holds {text[:60]!r}, which is no {make.what} that can be read"
                    )
                continue
            block[at] = features
        return block


class _Composition:
    what = "composition formula"

    def __init__(self, elements: list[str]) -> None:
        self.at = {element: index for index, element in enumerate(elements)}
        self.width = len(elements) + len(compositions.statistic_names())

    def __call__(self, text: str) -> np.ndarray | None:
        fractions = compositions.parse(text)
        if fractions is None:
            return None
        own = np.zeros(len(self.at))
        for element, fraction in fractions.items():
            if element in self.at:
                own[self.at[element]] = fraction
        return np.concatenate([own, compositions.statistics(fractions)])


class _Molecule:
    what = "SMILES"

    def __init__(self) -> None:
        self.width = len(molecules.descriptor_names()) + molecules.FINGERPRINT_BITS

    def __call__(self, text: str) -> np.ndarray | None:
        return molecules.molecule_features(text)


@dataclass
class Design:
    """How the base matrix becomes the design matrix. `take` lists (what, base column, value): what is `number` (value: the
    median that stands for missing), `missing` or `level` (value: the index of the level)."""

    take: list[tuple[str, int, float]]
    names: list[str]
    sources: list[str]
    parts: list[str]

    @staticmethod
    def learn(base: list[BaseColumn], matrix: np.ndarray) -> Design:
        """Columns that are constant in the training rows, or equal to an earlier one, are left out."""
        take: list[tuple[str, int, float]] = []
        named: list[tuple[str, str, str]] = []
        for at, column in enumerate(base):
            values = matrix[:, at]
            missing = np.isnan(values)
            if column.part == "category":
                for index, level in enumerate(column.categories):
                    take.append(("level", at, float(index)))
                    named.append((f"{column.name} = {level}", column.source, "category"))
                continue
            if missing.all():
                continue
            take.append(("number", at, float(np.float32(np.median(values[~missing])))))
            named.append((column.name, column.source, column.part))
            if missing.any() and column.part == "number":
                take.append(("missing", at, 0.0))
                named.append((f"{column.name} is missing", column.source, column.part))
        whole = Design(take, [n for n, _, _ in named], [s for _, s, _ in named], [p for _, _, p in named])
        made = whole.transform(matrix)
        kept: list[int] = []
        seen: set[bytes] = set()
        for at in range(made.shape[1]):
            bytes_ = made[:, at].tobytes()
            if made.shape[0] and (made[:, at] != made[0, at]).any() and bytes_ not in seen:
                seen.add(bytes_)
                kept.append(at)
        return Design(
            *[[values[at] for at in kept] for values in (whole.take, whole.names, whole.sources, whole.parts)]
        )

    def transform(self, matrix: np.ndarray) -> np.ndarray:
        made = np.empty((matrix.shape[0], len(self.take)), dtype=np.float32)
        for to, (what, at, value) in enumerate(self.take):
            column = matrix[:, at]
            if what == "number":
                made[:, to] = np.where(np.isnan(column), np.float32(value), column)
            elif what == "missing":
                made[:, to] = np.isnan(column)
            else:
                made[:, to] = column == np.float32(value)
        return made
