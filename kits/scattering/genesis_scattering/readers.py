"""Measured curves from files: text of two, three or four columns, canSAS 1D XML, and the Parquet that an imported curve becomes.

Everything in them is hostile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from genesis_deep.errors import Refused

MOST_BYTES = 32 * 2**20
MOST_POINTS = 200_000
MOST_DEPTH = 64
NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
SPLIT = re.compile(r"[\s,;]+")


@dataclass
class Curve:
    """q in 1/Å, ascending; `sigma` the error of the intensity and `dq` the resolution (standard deviation), where the file has them."""

    name: str
    q: np.ndarray
    intensity: np.ndarray
    sigma: np.ndarray | None
    dq: np.ndarray | None
    notes: list[str]


def read_curve(path: Path) -> Curve:
    """The one curve of a file. Refuses what it cannot read, with the file's name."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Refused(path.name, f"it has {size} bytes; at most {MOST_BYTES} are read")
    data = path.read_bytes()
    if data[:4] == b"\x89HDF":
        raise Refused(path.name, "this is HDF5; export the curve as text columns or canSAS XML")
    if data[:4] == b"PAR1":
        return _curve(path.name, *_parquet(path))
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    columns, notes = _xml(path.name, data) if start.startswith(b"<?xml") or start.startswith(b"<SAS") else _text(path.name, data)
    return _curve(path.name, columns, notes)


def _text(name: str, data: bytes) -> tuple[np.ndarray, list[str]]:
    """The longest run of lines with the same count (2 to 4) of numbers; a line with a word between them ends no run, it is left out."""
    rows: dict[int, list[list[float]]] = {2: [], 3: [], 4: []}
    left_out = 0
    for line in data.decode("utf-8", "replace").splitlines():
        words = [word for word in SPLIT.split(line.strip()) if word]
        if 2 <= len(words) <= 4 and all(NUMBER.match(word) for word in words):
            rows[len(words)].append([float(word) for word in words])
            if len(rows[len(words)]) > MOST_POINTS:
                raise Refused(name, f"it has more than {MOST_POINTS} points")
        elif 2 <= len(words) <= 4 and NUMBER.match(words[0]):
            left_out += 1
    best = max(rows.values(), key=len)
    if len(best) < 5:
        raise Refused(name, "no columns of numbers were found; two to four are read: q, intensity, its error, the resolution dq")
    return np.array(best), ([f"{left_out} line(s) whose intensity is no number were left out"] if left_out else [])


PLACES = {"Q": 0, "I": 1, "Idev": 2, "Qdev": 3}
PER_ANGSTROM = {"1/A": 1.0, "1/Å": 1.0, "Å^-1": 1.0, "A^-1": 1.0, "1/angstrom": 1.0, "1/nm": 0.1, "nm^-1": 0.1}
"""What a q of this unit is multiplied with."""


def _scale(name: str, unit: str) -> float:
    scale = PER_ANGSTROM.get(unit)
    if scale is None:
        raise Refused(name, f"q has the unit {unit[:20]!r}; 1/A and 1/nm are read")
    return scale


def _parquet(path: Path) -> tuple[np.ndarray, list[str]]:
    """The columns of a table: by the names of canSAS where they are these, else in their order."""
    try:
        file = pq.ParquetFile(path)
        schema, rows = file.schema_arrow, file.metadata.num_rows
        if not 2 <= len(schema) <= 4 or not all(pa.types.is_floating(field.type) or pa.types.is_integer(field.type) for field in schema):
            raise Refused(path.name, "this table is no curve; two to four columns of numbers are read: q, intensity, its error, the resolution dq")
        if rows > MOST_POINTS:
            raise Refused(path.name, f"it has more than {MOST_POINTS} points")
        table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise Refused(path.name, f"the table cannot be read ({error})") from error
    names = schema.names
    places = [PLACES[name] for name in names] if set(names) <= set(PLACES) else list(range(len(names)))
    points = np.full((table.num_rows, 4), np.nan)
    for at, place in enumerate(places):
        points[:, place] = table.column(at).cast(pa.float64()).to_numpy()
    about = schema.field(places.index(0)).metadata if 0 in places else None
    points[:, [0, 3]] *= _scale(path.name, (about or {}).get(b"unit", b"1/A").decode("utf-8", "replace"))
    return points, []


def _xml(name: str, data: bytes) -> tuple[np.ndarray, list[str]]:
    """The points of the first SASdata of a canSAS 1D file, without entities or document type, whose expansion could be endless."""
    parser = expat.ParserCreate(namespace_separator=" ")
    open_tags: list[str] = []
    rows: list[list[float]] = []
    texts: list[str] = []
    units: dict[str, str] = {}
    entries = 0

    def refuse(*_given: object) -> None:
        raise Refused(name, "the XML declares a document type or entities, which are not read")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal entries
        local = tag.rsplit(" ", 1)[-1]
        open_tags.append(local)
        if len(open_tags) > MOST_DEPTH:
            raise Refused(name, f"the XML is nested deeper than {MOST_DEPTH}")
        texts.clear()
        if local == "SASdata":
            entries += 1
        elif local == "Idata" and entries == 1:
            if len(rows) >= MOST_POINTS:
                raise Refused(name, f"it has more than {MOST_POINTS} points")
            rows.append([np.nan] * 4)
        elif local in PLACES:
            units.setdefault(local, attributes.get("unit", ""))

    def text(found: str) -> None:
        if sum(len(part) for part in texts) + len(found) <= 100:
            texts.append(found)

    def end(_tag: str) -> None:
        local = open_tags.pop()
        if local in PLACES and entries == 1 and rows and "Idata" in open_tags:
            word = "".join(texts).strip()
            if NUMBER.match(word):
                rows[-1][PLACES[local]] = float(word)
        texts.clear()

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Refused(name, f"the XML cannot be read ({error})") from error
    if len(rows) < 5:
        raise Refused(name, "no canSAS data (SASdata with Idata) were found")
    points = np.array(rows)
    points[:, [0, 3]] *= _scale(name, units.get("Q", "1/A"))
    return points, ([f"the file has {entries} data sets; the first was read"] if entries > 1 else [])


def _curve(name: str, columns: np.ndarray, notes: list[str]) -> Curve:
    good = np.isfinite(columns[:, 0]) & np.isfinite(columns[:, 1]) & (columns[:, 0] > 0)
    columns = columns[good]
    if len(columns) < 5:
        raise Refused(name, "fewer than five points have a positive q and an intensity")
    columns = columns[np.argsort(columns[:, 0], kind="stable")]

    def column(at: int) -> np.ndarray | None:
        if columns.shape[1] <= at:
            return None
        found = columns[:, at]
        return found if np.isfinite(found).all() and (found > 0).all() else None

    return Curve(name, columns[:, 0], columns[:, 1], column(2), column(3), notes)
