"""`python -m genesis_scattering.report --model FOLDER --curves FOLDER`: the table of what is told beside what is known."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from genesis_deep.errors import Refused

from .apply import describe
from .known import KNOWN
from .tell import Model


def _within(low: float | None, high: float | None, known: tuple[float, float] | None) -> str:
    """Whether the interval holds what is known: all of it, some of a known range, or nothing."""
    if known is None or low is None or high is None:
        return "-"
    if low <= known[0] and high >= known[1]:
        return "yes"
    return "partly" if low <= known[1] and high >= known[0] else "MISS"


def rows_of(path: Path, model: Model, refine: bool) -> list[dict[str, Any]]:
    """One row for each size of the told shape; a known shape that was not told has rows of its own, for the shape that is known."""
    known = KNOWN.get(path.name)
    told = describe(path, model, refine)
    found = [told]
    if known is not None and told["shape"] != known.shape:
        found.append(describe(path, model, refine, known.shape))
    rows = []
    for about in found:
        for size in about["sizes"]:
            sizes = known.sizes if known is not None and about["shape"] == known.shape else {}
            truth = sizes.get(size["size"])
            rows.append({
                "file": path.name, "shape": about["shape"], "probability": about["probability"], "toldFirst": about is told,
                "size": size["size"], "value": size["value"], "low": size["low"], "high": size["high"],
                "fitted": size.get("fitted"), "standardError": size.get("standardError"), "misfit": about.get("misfit"), "errorsGiven": about.get("errorsGiven"),
                "known": truth, "within": _within(size["low"], size["high"], truth), "knownShape": None if known is None else known.shape,
            })
    return rows


def line_of(row: dict[str, Any]) -> str:
    """A row of the Markdown table."""
    known = "-" if row["known"] is None else (f"{row['known'][0]:g}" if row["known"][0] == row["known"][1] else f"{row['known'][0]:g} to {row['known'][1]:g}")
    interval = "-" if row["low"] is None else f"{row['low']:.3g} to {row['high']:.3g}"
    fitted = "-" if row["fitted"] is None else f"{row['fitted']:.4g} ± {row['standardError']:.2g}"
    misfit = "-" if row["misfit"] is None else (f"{row['misfit']:.3g}" if row["errorsGiven"] else f"{row['misfit']:.3g} *")
    shape = row["shape"] if row["toldFirst"] else f"({row['shape']})"
    return f"| {row['file']} | {shape} | {row['probability']:.2f} | {row['size']} | {row['value']:.4g} | {interval} | {known} | {row['within']} | {fitted} | {misfit} |"


HEAD = "| file | shape told | probability | size (Å) | value | 90 % interval | known | within? | least squares | chi² |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="genesis_scattering.report", description="Shape and size of each curve of a folder, beside what is known of it.")
    parser.add_argument("--model", type=Path, default=Path("model"), help="folder with model.json (default: model)")
    parser.add_argument("--curves", type=Path, required=True, help="folder with measured curves")
    parser.add_argument("--no-fit", action="store_true", help="leave out the least-squares fit")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    given = parser.parse_args(arguments)
    model = Model(given.model)
    rows: list[dict[str, Any]] = []
    print(HEAD)
    for path in sorted(given.curves.iterdir()):
        if not path.is_file() or path.name.upper().startswith(("LICENSE", "README")):
            continue
        try:
            found = rows_of(path, model, not given.no_fit)
        except Refused as refused:
            print(f"passed over: {refused}", file=sys.stderr)
            continue
        rows += found
        for row in found:
            print(line_of(row), flush=True)
    print("\nA shape in brackets is known of the file but was not told first. * The file has no errors: 2 % is assumed, so chi² has no scale.")
    held = sum(row["within"] == "yes" for row in rows)
    partly = sum(row["within"] == "partly" for row in rows)
    wrong = sorted({row["file"] for row in rows if row["knownShape"] not in (None, row["shape"]) and row["toldFirst"]})
    known = [row for row in rows if row["within"] != "-"]
    print(f"{held} of {len(known)} known sizes lie within their interval, {partly} partly; shape told otherwise than known: {', '.join(wrong) or 'none'}.")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        sys.exit(2)
