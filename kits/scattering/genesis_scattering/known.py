"""Sizes that are known of measured and reference curves, and where each is known from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """`sizes` in Å as (lowest, highest) value that is known; both the same where it is exact."""

    shape: str
    sizes: dict[str, tuple[float, float]]
    source: str


KNOWN = {
    "sphere_80.txt": Known("sphere", {"radius": (80, 80)}, "computed by SasView for a sphere of radius 80 Å, as the file's name says"),
    "cyl_400_20.txt": Known("cylinder", {"radius": (20, 20), "length": (400, 400)}, "computed by SasView for a cylinder of length 400 Å and radius 20 Å, as the file's name says"),
    "100nmPinholeSphere.txt": Known("sphere", {"radius": (500, 500)}, "computed by SasView for a radius of 500 Å with 15 % resolution, as the file's header says"),
    "apoferritin.txt": Known(
        "core_shell_sphere", {"outer_radius": (60, 65), "shell_thickness": (20, 25)},
        "a hollow shell, 120 to 130 Å outside and 70 to 80 Å inside in diameter (Harrison and Arosio 1996, Biochimica et Biophysica Acta 1275, 161)",
    ),
}
"""By file name. Of Ludox_silica.xml the grade is not told in the file, of the others the sample is not: no size is claimed for them."""
