"""The shapes the kit knows: what each is called in sasmodels, its sizes in ångström, and the priors it is drawn from.

A curve of a particle that is k times larger is the same curve at q / k, so each shape is computed at one scale and then
stretched: the first size is always 100 Å here, the others follow from ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

UNIT = 100.0
"""The first size of every shape as it is computed, in Å."""


@dataclass(frozen=True)
class Shape:
    """`sizes` are what is told, the first one being `UNIT` in the bank; `model` is the name in sasmodels."""

    name: str
    model: str
    sizes: tuple[str, ...]
    priors: str


SHAPES = (
    Shape("sphere", "sphere", ("radius",), "radius; polydispersity of it"),
    Shape("core_shell_sphere", "core_shell_sphere", ("outer_radius", "shell_thickness"),
          "shell 8 to 75 % of the outer radius; the core is solvent in half of them, else of a contrast from -1.5 to 0.8 of the shell's"),
    Shape("ellipsoid", "ellipsoid", ("polar_radius", "equatorial_radius"), "polar over equatorial 1/6 to 1/1.6 and 1.6 to 6"),
    Shape("cylinder", "cylinder", ("radius", "length"), "length over radius 3 to 80"),
    Shape("parallelepiped", "parallelepiped", ("side_a", "side_b", "side_c"), "b over a 1 to 4, c over b 1.3 to 8"),
    Shape("lamella", "lamellar", ("thickness",), "thickness; polydispersity of it"),
    Shape("flexible_cylinder", "flexible_cylinder", ("radius", "kuhn_length", "contour_length"),
          "Kuhn length over radius 3 to 30, contour over Kuhn length 2 to 40"),
    Shape("fractal", "fractal", ("block_radius", "correlation_length"), "dimension 1.5 to 2.9, correlation length over block radius 3 to 60"),
    Shape("polymer_coil", "mono_gauss_coil", ("radius_of_gyration",), "radius of gyration"),
)
NAMES = tuple(shape.name for shape in SHAPES)
SLOTS = tuple((shape.name, size) for shape in SHAPES for size in shape.sizes)
"""Every size of every shape, in the order of the network's heads."""


def slots_of(shape: str) -> list[int]:
    return [at for at, (name, _) in enumerate(SLOTS) if name == shape]


def shape_named(name: str) -> Shape:
    return next(shape for shape in SHAPES if shape.name == name)


def _ratio(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _spread(random: np.random.Generator) -> float:
    """Relative standard deviation of the first size: a third is exact, the others up to 25 %."""
    return 0.0 if random.random() < 0.35 else float(random.uniform(0.01, 0.25))


def draw(shape: Shape, random: np.random.Generator) -> tuple[np.ndarray, float, dict[str, float]]:
    """Sizes (Å, the first `UNIT`), polydispersity, and further parameters of sasmodels, from the shape's priors."""
    first, spread, more = UNIT, _spread(random), {}
    if shape.name == "core_shell_sphere":
        sizes = [first, first * _ratio(random, 0.08, 0.75)]
        more["sld_core"] = 0.0 if random.random() < 0.5 else float(random.uniform(-1.5, 0.8))
    elif shape.name == "ellipsoid":
        ratio = _ratio(random, 1.6, 6.0)
        sizes = [first, first * (ratio if random.random() < 0.5 else 1 / ratio)]
    elif shape.name == "cylinder":
        sizes = [first, first * _ratio(random, 3, 80)]
    elif shape.name == "parallelepiped":
        b = first * _ratio(random, 1, 4)
        sizes = [first, b, b * _ratio(random, 1.3, 8)]
    elif shape.name == "flexible_cylinder":
        kuhn = first * _ratio(random, 3, 30)
        sizes = [first, kuhn, kuhn * _ratio(random, 2, 40)]
    elif shape.name == "fractal":
        sizes = [first, first * _ratio(random, 3, 60)]
        more["fractal_dim"] = float(random.uniform(1.5, 2.9))
    else:
        sizes = [first]
    return np.array(sizes), spread, more


def parameters(shape: Shape, sizes: np.ndarray, more: dict[str, float]) -> dict[str, Any]:
    """The parameters sasmodels wants, for sizes in Å; contrast 1 against solvent 0, no background."""
    found: dict[str, Any] = {"scale": 1.0, "background": 0.0}
    if shape.name == "polymer_coil":
        return found | {"i_zero": 1.0, "rg": sizes[0]}
    if shape.name == "core_shell_sphere":
        return found | {"radius": max(sizes[0] - sizes[1], 1e-3), "thickness": sizes[1], "sld_shell": 1.0, "sld_solvent": 0.0, "sld_core": more.get("sld_core", 0.0)}
    names = {
        "sphere": ("radius",), "ellipsoid": ("radius_polar", "radius_equatorial"), "cylinder": ("radius", "length"),
        "parallelepiped": ("length_a", "length_b", "length_c"), "lamella": ("thickness",),
        "flexible_cylinder": ("radius", "kuhn_length", "length"), "fractal": ("radius", "cor_length"),
    }[shape.name]
    found |= dict(zip(names, (float(size) for size in sizes)))
    found |= {"sld_block": 1.0, "sld_solvent": 0.0} if shape.name == "fractal" else {"sld": 1.0, "sld_solvent": 0.0}
    return found | more


POLYDISPERSE = {"sphere": "radius", "core_shell_sphere": "radius", "ellipsoid": "radius_equatorial", "cylinder": "radius",
                "lamella": "thickness", "flexible_cylinder": "radius"}
"""The parameter whose spread is computed by sasmodels; a parallelepiped's whole size is spread by stretching the curve."""
