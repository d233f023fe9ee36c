"""Checkpoints: one safetensors file each, its JSON state in the header, written whole or not at all. No pickle.

A file is made beside its place, flushed to the disk, renamed, and the folder flushed; so a reader finds a whole file or none.
The header carries a SHA-256 over the tensors: a file that a disk spoilt is passed over for the one before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from .errors import Refused

NAME = re.compile(r"^step-(\d{12})\.safetensors$")
KEPT = 2
"""Whole checkpoints that stay; the one before the newest is there for a spoilt file."""


def _digest(tensors: dict[str, torch.Tensor]) -> str:
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(name.encode() + b"\0")
        sha.update(tensors[name].contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save_checkpoint(folder: Path, step: int, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> Path:
    """Writes the checkpoint of a step, then drops all but the newest two."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    header = {"format": "genesis-checkpoint/1", "sha256": _digest(tensors), "state": json.dumps(state, sort_keys=True)}
    path = folder / f"step-{step:012d}.safetensors"
    write_whole(path, save(tensors, header))
    for old in _found(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def _found(folder: Path) -> list[Path]:
    """Checkpoints of a folder, the newest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if NAME.match(path.name) and path.is_file()), reverse=True)


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and state. Refuses a file that is not whole or not what its header says."""
    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        state = json.loads(header["state"])
    except Exception as error:
        raise Refused(path.name, f"this is no whole checkpoint ({error})") from error
    if header.get("format") != "genesis-checkpoint/1" or header.get("sha256") != _digest(tensors):
        raise Refused(path.name, "its content is not what its header says; the file is damaged")
    return tensors, state


def newest(folders: list[Path], say: Any, fits: Any) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The newest whole checkpoint over all folders for which `fits(state)`; what is passed over is told with `say`."""
    paths = sorted((path for folder in folders for path in _found(folder)), key=lambda path: path.name, reverse=True)
    for path in paths:
        try:
            tensors, state = read_checkpoint(path)
        except Refused as refused:
            say(f"checkpoint passed over: {refused}")
            continue
        if not fits(state):
            say(f"checkpoint passed over: {path.name} is of another input, table or version of the kit")
            continue
        return tensors, state
    return None
