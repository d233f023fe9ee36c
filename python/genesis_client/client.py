"""The client: every operation of the interface, and what scientists do most, in few words."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ._connection import resolve
from ._errors import GenesisError
from ._operations import Operations, quote
from ._transport import Transport

if TYPE_CHECKING:
    import pandas
    import xarray

_ROWS_AT_ONCE = 100_000  # cells that the platform gives in one answer


class Client(Operations):
    """A server as one person sees it.

    Address and token come from the arguments, else from ``GENESIS_URL`` and ``GENESIS_TOKEN``, else from the file that
    `genesis login` and `genesis serve` write. Every method raises `GenesisError` with the platform's own words, and
    `ConnectionError` where no server answers.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        credentials: str | os.PathLike[str] | None = None,
        timeout: float = 60.0,
    ) -> None:
        address, shown = resolve(url, token, credentials)
        self._transport = Transport(address, shown, timeout)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
    ) -> Any:
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        return self._transport.send(method, path, query=query, body=body, headers=headers).decoded()

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page, for example ``pages("/v1/datasets", purpose="train")``."""
        cursor: str | None = None
        while True:
            page = self._call("GET", path, query={**query, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    def search(self, words: str = "", **facets: Any) -> Iterator[dict[str, Any]]:
        """What you may see that matches, best first; cards of datasets that you may only ask for are among it."""
        return self.pages("/v1/search", q=words or None, **facets)

    def request_access(
        self,
        dataset: str,
        purposes: Sequence[str],
        reason: str,
        *,
        days: int = 30,
        **more: Any,
    ) -> Any:
        """Ask the steward of a dataset for access: for purposes, for some days, with the reason. Returns the request."""
        body = {"dataset": dataset, "purposes": list(purposes), "reason": reason, "days": days, **more}
        return self._call("POST", "/v1/access/requests", body=body)

    def latest(self, dataset: str, *, purpose: str = "explore") -> str:
        """Id of the newest version of a dataset."""
        versions = self._call("GET", f"/v1/datasets/{quote(dataset)}", query={"purpose": purpose})["versions"]
        if not versions:
            raise LookupError(f"{dataset} has no version that you may see")
        return str(versions[0]["id"])

    def load(
        self,
        id: str,
        *,
        path: str | None = None,
        columns: Sequence[str] | None = None,
        start: int | Sequence[int] | None = None,
        stop: int | Sequence[int] | None = None,
        step: int | Sequence[int] | None = None,
        purpose: str = "explore",
    ) -> pandas.DataFrame | xarray.DataArray:
        """A version (or the newest of a dataset): a table as a pandas frame, a dataset of a tree as an xarray array.

        Only the wanted rows, columns or slices are read and sent; ``stop`` is exclusive. For a tree (HDF5, NeXus, Zarr)
        ``path`` names the dataset, and ``start``, ``stop`` and ``step`` have one number for each axis. Of a version that
        was cut for testing only the explore part is there.
        """
        version = self.latest(id, purpose=purpose) if id.startswith("dst_") else id
        if path is not None:
            return self._array(version, path, start, stop, step, purpose)
        return self._frame(version, columns, start, stop, step, purpose)

    def _frame(
        self,
        version: str,
        columns: Sequence[str] | None,
        start: Any,
        stop: Any,
        step: Any,
        purpose: str,
    ) -> pandas.DataFrame:
        import pandas

        described = self._call("GET", f"/v1/versions/{quote(version)}", query={"purpose": purpose})
        known = {column["name"]: column for column in described["columns"]}
        names = list(known) if columns is None else list(columns)
        whole = described["visibleRows"]
        first, by = start or 0, step or 1
        last = whole if stop is None else min(stop, whole)
        at_once = max(1, _ROWS_AT_ONCE // max(1, len(names))) * by
        rows: list[list[Any]] = []
        for begin in range(first, last, at_once):
            query = {
                "columns": names,
                "start": begin,
                "stop": min(begin + at_once, last),
                "step": by,
                "purpose": purpose,
            }
            rows.extend(self._call("GET", f"/v1/versions/{quote(version)}/slice", query=query)["rows"])
        frame = pandas.DataFrame(rows, columns=pandas.Index(names))
        for name in names:
            frame[name] = _typed(frame[name], known[name]["type"] if name in known else "text")
        frame.attrs["units"] = {name: known[name]["unit"] for name in names if name in known}
        frame.attrs["version"] = version
        return frame

    def _array(
        self, version: str, path: str, start: Any, stop: Any, step: Any, purpose: str
    ) -> xarray.DataArray:
        import numpy
        import xarray

        query = {
            "path": path,
            "start": _joined(start),
            "stop": _joined(stop),
            "step": _joined(step),
            "form": "bytes",
            "purpose": purpose,
        }
        answer = self._transport.send("GET", f"/v1/versions/{quote(version)}/slice", query=query)
        head = json.loads(answer.headers["genesis-slice"])
        values = numpy.frombuffer(answer.content, dtype=numpy.dtype(head["dtype"]).newbyteorder("<"))
        shape = head["shape"]
        return xarray.DataArray(
            values.reshape(shape).copy(),
            dims=[f"axis_{index}" for index in range(len(shape))],
            name=path.rsplit("/", 1)[-1],
            attrs={"units": head.get("units"), "path": path, "version": version},
        )


def _joined(numbers: int | Sequence[int] | None) -> str | None:
    if numbers is None:
        return None
    return str(numbers) if isinstance(numbers, int) else ",".join(str(one) for one in numbers)


def _typed(values: pandas.Series, kind: str) -> pandas.Series:
    import pandas

    missing = values.isna()
    if kind == "integer" and missing.any():
        # Through floats, big integers would lose digits.
        return pandas.Series([None if gone else int(value) for gone, value in zip(missing, values)], dtype="Int64")
    if kind == "integer":
        return values.map(int).astype("int64")
    if kind == "number":
        return pandas.to_numeric(values).astype("float64")
    if kind == "timestamp":
        return pandas.to_datetime(values, utc=True, format="ISO8601")
    return values.astype("boolean") if kind == "boolean" else values


__all__ = ["Client", "GenesisError"]
