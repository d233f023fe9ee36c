"""Where the server is and which token to show: the same rules as the `genesis` command has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:7470"


def _credentials_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "genesis" / "credentials.json"


def _stored(path: Path, required: bool) -> dict[str, str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if required:
            raise
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f'{path} is not a credentials file: expected JSON with "url" and "token"') from error
    return {key: found[key] for key in ("url", "token") if isinstance(found.get(key), str)}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def resolve(url: str | None, token: str | None, credentials: str | os.PathLike[str] | None) -> tuple[str, str | None]:
    """Address and token: as given, else from the environment, else from the credentials file.

    A token from the file goes only to the address beside it, so that naming another server does not hand it over.
    """
    path = _credentials_path() if credentials is None else Path(credentials)
    stored = _stored(path, credentials is not None)
    address = url or os.environ.get("GENESIS_URL") or stored.get("url") or DEFAULT_URL
    if urlsplit(address).scheme not in ("http", "https"):
        raise ValueError(f"The address {address!r} is not valid: expected one like {DEFAULT_URL}")
    same = credentials is not None or "url" not in stored or _origin(stored["url"]) == _origin(address)
    shown = token or os.environ.get("GENESIS_TOKEN") or (stored.get("token") if same else None)
    return address.rstrip("/"), shown
