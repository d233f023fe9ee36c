"""The one error of this package."""

from __future__ import annotations

from typing import Any


class GenesisError(Exception):
    """What the platform answered when it did not do what was asked.

    ``status`` is the HTTP status, ``code`` the platform's own (``denied``, ``not-found``, ``invalid-input``, ...).
    ``problems`` names the fields of a bad request, ``needed`` what a denial would take.
    """

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code: str = str(problem.get("code", "unknown"))
        self.problems: list[dict[str, str]] = list(problem.get("problems") or [])
        decision = problem.get("decision") or {}
        self.needed: list[str] = list(decision.get("needed") or [])
        lines = [str(problem.get("detail") or problem.get("title") or f"HTTP {status}")]
        lines += [f"{one.get('field')}: {one.get('message')}" for one in self.problems]
        super().__init__("\n".join(lines))
