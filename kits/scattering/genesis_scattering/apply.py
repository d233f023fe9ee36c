"""`python -m genesis_scattering.apply`: model.json and model.onnx (in inputs/ or inputs/model/) and inputs/curves (a file, or a folder of files) to output.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genesis_deep.errors import Refused
from genesis_deep.job import INPUTS, main, say
from genesis_deep.predict import model_folder

from .fit import fit
from .readers import read_curve
from .shapes import NAMES
from .tell import Model, Told

MOST_FILES = 10_000


def describe(path: Path, model: Model, refine: bool, shape: str | None = None) -> dict[str, Any]:
    """What is told of one file: the network's shape and sizes, and beside them the least-squares fit of that shape."""
    curve = read_curve(path)
    told: Told = model.tell(curve, shape)
    sizes: list[dict[str, Any]] = []
    found = fit(curve, told) if refine else None
    for name, (value, low, high) in told.sizes.items():
        entry: dict[str, Any] = {"size": name, "unit": "Å", "value": value, "low": low, "high": high, "level": 0.9}
        if found is not None:
            entry |= {"fitted": found.sizes[name][0], "standardError": found.sizes[name][1]}
        sizes.append(entry)
    about: dict[str, Any] = {"file": path.name, "points": len(curve.q), "gridPoints": told.points, "qMinimum": float(curve.q[0]), "qMaximum": float(curve.q[-1]),
                             "shape": told.shape, "probability": told.probabilities[told.shape], "probabilities": told.probabilities, "sizes": sizes, "notes": curve.notes}
    if found is not None:
        about |= {"misfit": found.misfit, "polydispersity": found.spread, "errorsGiven": curve.sigma is not None}
    return about


def work(given: dict[str, Any]) -> dict[str, Any]:
    strange = set(given) - {"fit", "shape"}
    if strange:
        raise Refused(sorted(strange)[0], "no such setting; allowed are fit and shape")
    refine, shape = given.get("fit", True), given.get("shape")
    if not isinstance(refine, bool):
        raise Refused("fit", "this must be true or false")
    if shape is not None and shape not in NAMES:
        raise Refused("shape", f"this must be one of {', '.join(NAMES)}")
    model = Model(model_folder())
    curves_at = INPUTS / "curves"
    files = [curves_at] if curves_at.is_file() else sorted(path for path in curves_at.glob("*") if path.is_file())
    if not files or len(files) > MOST_FILES:
        raise Refused("curves", f"there are {len(files)} files in inputs/curves; from 1 to {MOST_FILES} are taken")
    curves: list[dict[str, Any]] = []
    for path in files:
        try:
            curves.append(describe(path, model, refine, shape))
            say(f"{path.name}: {curves[-1]['shape']} ({curves[-1]['probability']:.2f})")
        except Refused as refused:
            say(f"passed over: {refused}")
            curves.append({"file": path.name, "refused": str(refused)})
    return {"curves": curves}


if __name__ == "__main__":
    main(work)
