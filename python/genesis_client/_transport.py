"""HTTP with nothing but the standard library: bounded in time, no redirect takes the token elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ._errors import GenesisError


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


@dataclass
class Answer:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    def decoded(self) -> Any:
        """What JSON says, else text, else the bytes; None for an empty answer."""
        kind = self.headers.get("content-type", "").split(";")[0]
        if not self.content:
            return None
        if kind.endswith("json"):
            return json.loads(self.content)
        return self.content.decode("utf-8") if kind.startswith("text/") else self.content


class Transport:
    """Sends requests to one server as one principal."""

    def __init__(self, url: str, token: str | None, timeout: float) -> None:
        self._url = url
        self._token = token
        self._timeout = timeout
        self._opener = build_opener(_NoRedirect)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        content: bytes | BinaryIO | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. Raises `GenesisError` for every answer that is no success, and `ConnectionError` without one."""
        given = {key: value for key, value in (query or {}).items() if value is not None}
        url = f"{self._url}{path}" + (f"?{urlencode(_texts(given), doseq=True)}" if given else "")
        sent = dict(headers or {})
        sent["accept"] = "application/json, */*;q=0.5"
        if self._token is not None:
            sent["authorization"] = f"Bearer {self._token}"
        data: Any = content
        if content is not None:
            sent.setdefault("content-type", "application/octet-stream")
        elif body is not None:
            data = json.dumps(body, allow_nan=False).encode()
            sent["content-type"] = "application/json"
        request = Request(url, data=data, headers=sent, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                raise GenesisError(error.code, _problem(error.read(1_000_000))) from None
        except URLError as error:
            raise ConnectionError(f"{self._url} does not answer: {error.reason}") from error
        except (TimeoutError, HTTPException) as error:
            raise ConnectionError(f"{self._url} did not answer to the end: {error!r}") from error


def _texts(query: dict[str, Any]) -> dict[str, Any]:
    def text(value: Any) -> str:
        return ("true" if value else "false") if isinstance(value, bool) else str(value)

    return {
        key: [text(one) for one in value] if isinstance(value, (list, tuple)) else text(value)
        for key, value in query.items()
    }


def _lower(headers: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items()}


def _problem(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
