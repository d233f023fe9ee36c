"""The folder of a job: its input, its tables, and what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import Refused

INPUTS = Path("inputs")


def say(line: str) -> None:
    """One line of progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def read_input() -> dict[str, Any]:
    path = INPUTS / "input.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused("input", "there is no inputs/input.json") from None
    except ValueError as error:
        raise Refused("input", f"inputs/input.json is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise Refused("input", "inputs/input.json is no object")
    return found


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", "utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def thread_count() -> int:
    """Threads this job may use: OMP_NUM_THREADS where it is set, else the cores it may run on."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(given)) if given.isdigit() else len(os.sched_getaffinity(0))


def main(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Runs the work of a capability: writes output.json, or says plainly what cannot be used and exits with status 2."""
    try:
        write_json(Path("output.json"), work(read_input()))
    except Refused as refused:
        say(f"refused: {refused}")
        sys.exit(2)
