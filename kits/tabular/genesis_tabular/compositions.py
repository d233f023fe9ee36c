"""Features of composition formulas: element fractions and the Magpie statistics of elemental properties.

Statistics by matminer (Ward et al., Comput. Mater. Sci. 152, 60, 2018) with the Magpie properties (Ward et al., npj Comput.
Mater. 2, 16028, 2016); formulas are read by pymatgen (Ong et al., Comput. Mater. Sci. 68, 314, 2013).
"""

from __future__ import annotations

import re
import warnings
from functools import cache

import numpy as np

LONGEST_FORMULA = 400
_shape = re.compile(r"^(?:[A-Z][a-z]?|[()\[\]{}]|\d+(?:\.\d+)?(?:[eE]-?\d+)?|\.\d+|\s)+$")


def parse(text: str) -> dict[str, float] | None:
    """Fractions by element, summing to one; None where the text is no formula of known elements."""
    if len(text) > LONGEST_FORMULA or not _shape.match(text):
        return None
    from pymatgen.core import Composition, Element

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            amounts = Composition(text.replace(" ", "")).get_el_amt_dict()
        if not amounts or any(not Element.is_valid_symbol(symbol) for symbol in amounts):
            return None
    except Exception:  # whatever pymatgen says of a text that is no formula
        return None
    total = sum(amounts.values())
    if not np.isfinite(total) or total <= 0 or min(amounts.values()) < 0:
        return None
    return {symbol: amount / total for symbol, amount in amounts.items() if amount > 0} or None


@cache
def is_formula(text: str) -> bool:
    return parse(text) is not None


@cache
def _featurizers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from matminer.featurizers.composition import (
            ElementProperty,
            Stoichiometry,
            ValenceOrbital,
        )

        return (
            ElementProperty.from_preset("magpie", impute_nan=True),
            Stoichiometry(),
            ValenceOrbital(impute_nan=True),
        )


def statistic_names() -> list[str]:
    return [label for one in _featurizers() for label in one.feature_labels()]


def statistics(fractions: dict[str, float]) -> np.ndarray:
    """The statistics of one composition, in the order of `statistic_names`."""
    from pymatgen.core import Composition

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        composition = Composition(fractions)
        return np.array([value for one in _featurizers() for value in one.featurize(composition)], dtype=float)
