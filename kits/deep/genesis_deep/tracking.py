"""Parameters and metrics to a server of MLflow's REST API, when MLFLOW_TRACKING_URI is set. Never fails a training.

Each metric point is keyed by its step. Points go out beside the training, which waits for no answer; a checkpoint keeps those that
the server has not confirmed, so that none is lost. Before anything is sent in a resumed run the server is asked which steps it has,
so that none is doubled.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

MOST_PER_BATCH = 500
MOST_WAITING = 20_000
TRIES = 3
SECONDS = 10


def token() -> str | None:
    """The bearer token of the environment, if one is given."""
    return os.environ.get("MLFLOW_TRACKING_TOKEN")


class Tracker:
    """Silent without a server. After three failed sends the points wait for the next `send`."""

    def __init__(self, name: str, parameters: dict[str, Any], uri: str | None = None) -> None:
        uri = os.environ.get("MLFLOW_TRACKING_URI") if uri is None else uri
        self.uri = uri.rstrip("/") if uri and uri.startswith(("http://", "https://")) else None
        self.name, self.parameters = name, parameters
        self.run: str | None = os.environ.get("MLFLOW_RUN_ID")
        self.told = False
        self.begun = False
        self.waiting: list[dict[str, Any]] = []
        """Points that the server has not confirmed, the oldest first: the training adds behind, the sender takes away in front."""
        self.last: dict[str, int] = {}
        self.lock = threading.Lock()
        self.sender: threading.Thread | None = None

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.uri}/api/2.0/mlflow/{path}"
        data = None
        if method == "GET":
            url += "?" + urllib.parse.urlencode(body)
        else:
            data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if token():
            headers["Authorization"] = f"Bearer {token()}"
        for attempt in range(TRIES):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=SECONDS) as answer:
                    return json.loads(answer.read() or b"{}")
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code != 429:
                    raise OSError(f"{path}: HTTP {error.code} {error.read(300).decode('utf-8', 'replace')}") from error
                failure: OSError = error
            except OSError as error:
                failure = error
            if attempt < TRIES - 1:
                time.sleep(0.2 * 4**attempt)
        raise OSError(f"{path}: {failure}")

    def _quietly(self, what: Any) -> bool:
        try:
            what()
            return True
        except (OSError, ValueError, KeyError) as error:
            print(f"tracking: {error}; the training goes on", file=sys.stderr, flush=True)
            return False

    def start(self, state: dict[str, Any]) -> None:
        """Takes up the run of a checkpoint's `state()`, or the one named by MLFLOW_RUN_ID, or begins one."""
        if self.uri is None:
            return
        self.run = state.get("run") or self.run
        self.waiting = list(state.get("waiting", []))
        self.told = bool(state.get("told"))
        self._quietly(self._begin)

    def _begin(self) -> None:
        if self.run is None:
            name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
            experiment = os.environ.get("MLFLOW_EXPERIMENT_ID", "0")
            if name:
                try:
                    experiment = self._ask("GET", "experiments/get-by-name", {"experiment_name": name})["experiment"]["experiment_id"]
                except OSError:
                    experiment = self._ask("POST", "experiments/create", {"name": name})["experiment_id"]
            made = self._ask("POST", "runs/create", {"experiment_id": experiment, "run_name": self.name, "start_time": int(time.time() * 1000)})
            self.run = made["run"]["info"]["run_id"]
        else:
            found = self._ask("GET", "runs/get", {"run_id": self.run})
            for metric in found["run"].get("data", {}).get("metrics", []):
                self.last[metric["key"]] = int(metric.get("step", 0))
        if not self.told:
            params = [{"key": key, "value": str(value)[:500]} for key, value in sorted(self.parameters.items())]
            for start in range(0, len(params), 100):
                self._ask("POST", "runs/log-batch", {"run_id": self.run, "params": params[start : start + 100]})
            self.told = True
        self.begun = True

    def metric(self, key: str, value: float, step: int) -> None:
        """Takes a point; it goes out at the next `send`."""
        if self.uri is None or step <= self.last.get(key, -1):
            return
        with self.lock:
            if len(self.waiting) < MOST_WAITING:
                self.waiting.append({"key": key, "value": value, "timestamp": int(time.time() * 1000), "step": step})

    def send(self) -> None:
        """Begins to send what waits, beside what the caller does next; one sender at a time."""
        if self.uri is None or (self.sender is not None and self.sender.is_alive()):
            return
        self.sender = threading.Thread(target=self._send, daemon=True)
        self.sender.start()

    def _send(self) -> None:
        """Sends until nothing waits; what cannot be sent goes on waiting."""
        # nothing goes out before it is known what the server has
        if not self.begun and not self._quietly(self._begin):
            return
        while self.waiting:
            taken = self.waiting[:MOST_PER_BATCH]
            batch = [point for point in taken if point["step"] > self.last.get(point["key"], -1)]
            if batch and not self._quietly(lambda: self._ask("POST", "runs/log-batch", {"run_id": self.run, "metrics": batch})):
                return
            with self.lock:
                for point in batch:
                    self.last[point["key"]] = max(point["step"], self.last.get(point["key"], -1))
                self.waiting = self.waiting[len(taken) :]

    def flush(self) -> None:
        """Sends what waits and comes back when it is sent, or cannot be."""
        if self.uri is None:
            return
        if self.sender is not None:
            self.sender.join()
        self._send()

    def finish(self, metrics: dict[str, float], status: str = "FINISHED") -> None:
        """Sends the measured values and ends the run."""
        for key, value in metrics.items():
            self.metric(key, value, 0)
        self.flush()
        # a run that somebody else began is theirs to end; the platform names one that an earlier attempt began
        ours = "MLFLOW_RUN_ID" not in os.environ or "GENESIS_RUN" in os.environ
        if self.uri is not None and self.run is not None and ours:
            self._quietly(lambda: self._ask("POST", "runs/update", {"run_id": self.run, "status": status, "end_time": int(time.time() * 1000)}))

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of the tracker."""
        with self.lock:
            return {} if self.uri is None else {"run": self.run, "told": self.told, "waiting": list(self.waiting)}
