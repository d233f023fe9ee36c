"""Two processes share each batch; every rank ends with the same weights, and nearly those of one process."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import SMALL, Job, plain_table
from safetensors.numpy import load

from genesis_deep.processes import command_over_gpus

PLAIN = {**SMALL, "dropout": 0.0, "members": 1, "steps": 30}
RANKS = """
import hashlib, sys, pathlib
from genesis_deep import train, loop
from genesis_deep.job import main
run = loop.Training.run
def told(self):
    members = run(self)
    sha = hashlib.sha256(b"".join(t.numpy().tobytes() for m in members for t in m.state_dict().values())).hexdigest()
    pathlib.Path(f"rank-{self.processes.rank}").write_text(sha)
    return members
loop.Training.run = told
main(train.work)
"""


def kill_with_children(parent: int) -> None:
    """torchrun gives each worker a session of its own, so that a group does not hold them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            children.setdefault(int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(int(folder.name))
        except OSError:
            continue
    for child in children.get(parent, []):
        kill_with_children(child)
    os.kill(parent, signal.SIGKILL)


def test_two_processes_give_each_rank_the_same_resume_to_it_and_come_near_one_process(tmp_path: Path) -> None:
    one = Job(tmp_path / "one", {**PLAIN, "accumulate": 2}, plain_table())
    two = Job(tmp_path / "two", PLAIN, plain_table())
    (two.folder / "told.py").write_text(RANKS)
    assert one.run().returncode == 0
    done = two.run("told", processes=2)
    assert done.returncode == 0, done.stderr
    ranks = [(two.folder / f"rank-{rank}").read_text() for rank in (0, 1)]
    assert ranks[0] == ranks[1]
    assert two.model()["config"]["processes"] == 2
    again = Job(tmp_path / "again", PLAIN, plain_table())
    trainer = again.start(processes=2)
    while trainer.poll() is None and len(list((again.folder / "checkpoint").glob("step-*"))) < 2:
        time.sleep(0.002)
    kill_with_children(trainer.pid)
    assert trainer.wait() != 0
    done = again.run(processes=2)
    assert done.returncode == 0 and "resumed: member 1" in done.stderr, done.stderr
    assert again.weights() == two.weights()
    ours, theirs = (load(job.weights()["member-00.safetensors"]) for job in (one, two))
    for name, weights in ours.items():
        assert np.allclose(weights, theirs[name], atol=2e-4), name


def test_a_gpu_that_was_given_and_cannot_be_used_is_told(tmp_path: Path) -> None:
    job = Job(tmp_path / "job", SMALL, plain_table())
    done = job.run(GENESIS_GPUS="1", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert "refused: resources.gpus: 1 given, and not usable: " in done.stderr
    assert not (job.folder / "output.json").exists()


def test_several_gpus_are_a_process_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    for given in ("", "0", "1"):
        monkeypatch.setenv("GENESIS_GPUS", given)
        assert command_over_gpus("genesis_deep.train") is None
    monkeypatch.setenv("GENESIS_GPUS", "4")
    command = command_over_gpus("genesis_deep.train") or []
    assert command[-4:] == ["--nproc-per-node", "4", "-m", "genesis_deep.train"]
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert command_over_gpus("genesis_deep.train") is None
