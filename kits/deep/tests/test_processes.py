"""Two processes share each batch; every rank ends with the same weights, and nearly those of one process."""

from pathlib import Path

import numpy as np
from conftest import SMALL, Job, plain_table
from safetensors.numpy import load

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


def test_two_processes_give_each_rank_the_same_and_one_process_nearly_the_same(tmp_path: Path) -> None:
    one = Job(tmp_path / "one", {**PLAIN, "accumulate": 2}, plain_table())
    two = Job(tmp_path / "two", PLAIN, plain_table())
    (two.folder / "told.py").write_text(RANKS)
    assert one.run().returncode == 0
    done = two.run("told", processes=2)
    assert done.returncode == 0, done.stderr
    ranks = [(two.folder / f"rank-{rank}").read_text() for rank in (0, 1)]
    assert ranks[0] == ranks[1]
    assert two.model()["config"]["processes"] == 2
    ours, theirs = (load(job.weights()["member-00.safetensors"]) for job in (one, two))
    for name, weights in ours.items():
        assert np.allclose(weights, theirs[name], atol=2e-4), name
