"""Where the server is and which token to show: the same rules as the `genesis` command has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:7470"


_PORTS = {"http": 80, "https": 443}


def _credentials_path() -> Path | None:
    base = os.environ.get("XDG_CONFIG_HOME")
    home = os.environ.get("HOME")
    if not base and not home:
        return None
    return (Path(base) if base else Path(str(home)) / ".config") / "genesis" / "credentials.json"


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
    if found is None:
        raise ValueError(f'{path} is not a credentials file: expected JSON with "url" and "token"')
    if not isinstance(found, dict):
        return {}
    return {key: found[key] for key in ("url", "token") if isinstance(found.get(key), str)}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def resolve(url: str | None, token: str | None, credentials: str | os.PathLike[str] | None) -> tuple[str, str | None]:
    """Address and token: as given, else from the environment, else from the credentials file.

    A token from the file goes only to the address beside it, so that naming another server does not hand it over.
    """
    path = _credentials_path() if credentials is None else Path(credentials)
    stored = {} if path is None else _stored(path, credentials is not None)
    address = url if url is not None else os.environ.get("GENESIS_URL") or stored.get("url") or DEFAULT_URL
    if urlsplit(address).scheme not in _PORTS or not urlsplit(address).hostname:
        raise ValueError(f"The address {address!r} is not valid: expected one like {DEFAULT_URL}")
    same = credentials is not None or "url" not in stored or _origin(stored["url"]) == _origin(address)
    if token is not None:
        return address.rstrip("/"), token
    shown = os.environ.get("GENESIS_TOKEN") or (stored.get("token") if same else None)
    return address.rstrip("/"), shown
