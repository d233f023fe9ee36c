"""Features of SMILES: RDKit's descriptors and counted Morgan fingerprints.

RDKit: Open-source cheminformatics, https://www.rdkit.org. Fingerprints: Rogers and Hahn, J. Chem. Inf. Model. 50, 742 (2010).
"""

from __future__ import annotations

from functools import cache

import numpy as np

LONGEST_SMILES = 1_000
FINGERPRINT_BITS = 256
FINGERPRINT_RADIUS = 2
UNSTABLE = frozenset(["Ipc"])
"""Descriptors that overflow on large molecules."""


def _molecule(text: str):
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    if len(text) > LONGEST_SMILES or " " in text:
        return None
    molecule = Chem.MolFromSmiles(text)
    return None if molecule is None or molecule.GetNumAtoms() == 0 else molecule


@cache
def is_smiles(text: str) -> bool:
    return _molecule(text) is not None


@cache
def _descriptors():
    from rdkit.Chem import Descriptors

    return [(name, function) for name, function in Descriptors.descList if name not in UNSTABLE]


def descriptor_names() -> list[str]:
    return [name for name, _ in _descriptors()]


def fingerprint_names() -> list[str]:
    return [f"Morgan{FINGERPRINT_RADIUS} {bit}" for bit in range(FINGERPRINT_BITS)]


@cache
def _generator():
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=FINGERPRINT_RADIUS, fpSize=FINGERPRINT_BITS)


def molecule_features(text: str) -> np.ndarray | None:
    """Descriptors, then fingerprint counts; None where the text is no molecule. Descriptors that have no value are NaN."""
    molecule = _molecule(text)
    if molecule is None:
        return None
    found = np.empty(len(_descriptors()))
    for at, (_, function) in enumerate(_descriptors()):
        try:
            found[at] = function(molecule)
        except Exception:  # a descriptor that is not defined for this molecule
            found[at] = np.nan
    found[~np.isfinite(found) | (np.abs(found) > 1e8)] = np.nan
    counts = _generator().GetCountFingerprintAsNumPy(molecule)
    return np.concatenate([found, counts.astype(float)])
