"""The folder of a job: its input, its tables, and what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import Refused

INPUTS = Path("inputs")
MOST_INPUT_BYTES = 8 * 2**20


def say(line: str) -> None:
    """One line of progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_INPUT_BYTES:
            raise Refused(path.name, f"it is larger than {MOST_INPUT_BYTES} bytes")
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused(path.name, f"there is no {path}") from None
    except ValueError as error:
        raise Refused(path.name, f"{path} is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise Refused(path.name, f"{path} is no object")
    return found


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", "utf-8")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def main(work: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Runs the work of a capability: writes output.json, or says plainly what cannot be used and exits with status 2.

    Work that gives None leaves writing to another process of the same job.
    """
    try:
        output = work(read_json(INPUTS / "input.json"))
        if output is not None:
            write_json(Path("output.json"), output)
    except Refused as refused:
        say(f"refused: {refused}")
        sys.exit(2)
