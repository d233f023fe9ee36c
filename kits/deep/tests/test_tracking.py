"""Metrics over MLflow's REST API: every step once, also when the training was killed, and nothing fails without the server."""

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import SMALL, Job, plain_table

from genesis_deep.tracking import Tracker


class Server:
    """As much of a tracking server as the kit calls; each second answer can be an error."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.params: list[dict[str, Any]] = []
        self.runs: list[str] = []
        self.ended: list[str] = []
        self.tokens: set[str | None] = set()
        self.calls = 0
        self.silent_reads = 0
        self.answering = threading.Event()
        self.answering.set()
        self.last_answered: int | None = None
        """Once it has taken more than so many points and ends of runs it is silent, so that a trainer cannot end before it is killed."""
        self.killed = threading.Event()
        told = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: Any) -> None:
                pass

            def answer(self, value: Any, code: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                if told.silent_reads > 0:
                    told.silent_reads -= 1
                    self.answer({"error_code": "TEMPORARILY_UNAVAILABLE"}, 503)
                    return
                last = {point["key"]: point for point in told.points}
                self.answer({"run": {"info": {"run_id": "r1"}, "data": {"metrics": list(last.values())}}})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                told.answering.wait(20)
                told.tokens.add(self.headers.get("Authorization"))
                told.calls += 1
                if told.calls % 3 == 0:
                    self.answer({"error_code": "TEMPORARILY_UNAVAILABLE"}, 503)
                    return
                if self.path.endswith("runs/create"):
                    told.runs.append(body["run_name"])
                    self.answer({"run": {"info": {"run_id": "r1"}}})
                    return
                if self.path.endswith("runs/update"):
                    told.ended.append(body["status"])
                told.points += body.get("metrics", [])
                told.params += body.get("params", [])
                if told.last_answered is not None and told.taken() > told.last_answered:
                    told.killed.wait(20)
                    return
                self.answer({})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}"

    def taken(self) -> int:
        return len(self.points) + len(self.ended)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_killed_training_tells_every_step_once_and_to_one_run(server: Server, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", SMALL, plain_table())
    tracked = {"MLFLOW_TRACKING_URI": server.uri, "MLFLOW_TRACKING_TOKEN": "secret"}
    for more in (5, 0):
        server.killed.clear()
        server.last_answered = server.taken() + more
        trainer = job.start(**tracked)
        while trainer.poll() is None and server.taken() <= server.last_answered:
            time.sleep(0.002)
        time.sleep(0.03)
        trainer.kill()
        assert trainer.wait() == -signal.SIGKILL
        server.killed.set()
    server.last_answered = None
    done = job.run(**tracked)
    assert done.returncode == 0, done.stderr
    seen = Counter((point["key"], point["step"]) for point in server.points)
    assert set(seen.values()) == {1}
    steps = range(10, 61, 10)
    for member in (0, 1):
        for name in ("train_loss", "validation_loss", "learning_rate"):
            assert all((f"member{member}.{name}", step) in seen for step in steps)
    assert ("test.mae", 0) in seen
    assert server.runs == ["deep y"]
    assert server.tokens == {"Bearer secret"}
    assert {param["key"]: param["value"] for param in server.params}["steps"] == "60"


def test_nothing_goes_out_before_it_is_known_what_the_server_has(server: Server) -> None:
    server.points = [{"key": "loss", "value": 1.0, "step": step} for step in (1, 2)]
    server.silent_reads = 3
    tracker = Tracker("deep y", {}, server.uri)
    tracker.start({"run": "r1", "told": True, "waiting": []})
    for step in (1, 2, 3):
        tracker.metric("loss", 1.0, step)
    tracker.flush()
    assert [point["step"] for point in server.points] == [1, 2, 3]


def test_nobody_waits_for_a_slow_server_and_what_it_has_not_confirmed_is_kept(server: Server) -> None:
    tracker = Tracker("deep y", {}, server.uri)
    tracker.start({"run": "r1", "told": True, "waiting": []})
    server.answering.clear()
    for step in (1, 2):
        tracker.metric("loss", 1.0, step)
        tracker.send()
    kept = tracker.state()["waiting"]
    assert [point["step"] for point in kept] == [1, 2]
    assert server.points == []
    server.answering.set()
    tracker.flush()
    assert [point["step"] for point in server.points] == [1, 2]
    assert tracker.state()["waiting"] == []


def test_a_run_of_an_earlier_attempt_is_gone_on_with_and_ended(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "r1")
    Tracker("deep y", {}, server.uri).finish({})
    assert server.ended == []
    monkeypatch.setenv("GENESIS_RUN", "run_1")
    tracker = Tracker("deep y", {}, server.uri)
    tracker.start({})
    tracker.finish({})
    assert (server.runs, server.ended) == ([], ["FINISHED"])


def test_a_server_that_is_not_there_is_told_and_fails_nothing(tmp_path: Path) -> None:
    job = Job(tmp_path / "job", {**SMALL, "members": 1, "steps": 10}, plain_table())
    done = job.run(MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "the training goes on" in done.stderr
