"""What a training is asked for, checked. kit.json has the same bounds as JSON Schema."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from genesis_deep.errors import Refused

ARCHITECTURES = ("mlp", "conv")


@dataclass(frozen=True)
class Request:
    """The default takes about five minutes on one core of a shared machine, `quick` about two."""

    seed: int = 1
    particles: int = 400
    curves: int = 60_000
    members: int = 2
    steps: int = 2000
    batch: int = 128
    width: int = 64
    depth: int = 3
    learningRate: float = 0.0015
    architecture: str = "conv"
    threads: int = 1
    checkpointSteps: int = 200

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


QUICK = {"particles": 150, "curves": 27_000, "members": 1, "steps": 1200}
BOUNDS = {
    "seed": (0, 2**31 - 1), "particles": (5, 100_000), "curves": (900, 5_000_000), "members": (1, 20), "steps": (1, 1_000_000), "batch": (2, 65_536),
    "width": (8, 2048), "depth": (1, 24), "learningRate": (1e-7, 1.0), "threads": (1, 256), "checkpointSteps": (1, 1_000_000),
}


def read_request(given: dict[str, Any]) -> Request:
    """Refuses what it does not know, with the field and what is allowed."""
    quick = given.get("quick", False)
    if not isinstance(quick, bool):
        raise Refused("quick", "this must be true or false")
    taken: dict[str, Any] = dict(QUICK) if quick else {}
    for name, value in given.items():
        if name == "quick":
            continue
        if name == "architecture":
            if value not in ARCHITECTURES:
                raise Refused(name, f"this must be one of {', '.join(ARCHITECTURES)}")
        elif name in BOUNDS:
            low, high = BOUNDS[name]
            whole = name != "learningRate"
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or (whole and value != int(value)):
                raise Refused(name, f"this must be {'a whole number' if whole else 'a number'} from {low:g} to {high:g}")
            value = int(value) if whole else float(value)
        else:
            raise Refused(name, "no such setting; see the input schema of the kit")
        taken[name] = value
    return Request(**taken)
