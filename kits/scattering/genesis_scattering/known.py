"""Sizes that are known of measured and reference curves, and where each is known from: known.json beside this."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Known:
    """`sizes` in Å as (lowest, highest) value that is known; both the same where it is exact."""

    shape: str
    sizes: dict[str, tuple[float, float]]
    source: str


def _read(path: Path) -> dict[str, Known]:
    found = json.loads(path.read_text("utf-8"))
    return {
        name: Known(one["shape"], {size: (low, high) for size, (low, high) in one["sizes"].items()}, one["source"])
        for name, one in found.items()
    }


KNOWN = _read(Path(__file__).with_name("known.json"))
"""By file name. Of Ludox_silica.xml the grade is not told in the file, of the others the sample is not: no size is claimed for them."""
