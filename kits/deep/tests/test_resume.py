"""A trainer that is killed at any moment ends with the bytes of one that was not."""

import random
import shutil
import time
from pathlib import Path

from conftest import SMALL, Job, plain_table

KILLS = 3


def test_killed_at_random_moments_ends_with_the_same_bytes(undisturbed: Job, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", SMALL, plain_table())
    moments = random.Random(7)
    kills = 0
    while kills < KILLS:
        before = {path.name for path in (job.folder / "checkpoint").glob("step-*")}
        trainer = job.start()
        deadline = time.monotonic() + 60
        # each life gets at least one checkpoint further, then dies somewhere in the steps after it
        while trainer.poll() is None and {path.name for path in (job.folder / "checkpoint").glob("step-*")} <= before and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moments.random() * 0.05)
        trainer.kill()
        if trainer.wait() == 0:
            break
        kills += 1
    assert kills >= 2
    done = job.run()
    assert done.returncode == 0, done.stderr
    assert "resumed: member" in done.stderr or kills < KILLS
    assert job.weights() == undisturbed.weights()
    assert (job.folder / "model/model.onnx").read_bytes() == (undisturbed.folder / "model/model.onnx").read_bytes()
    assert job.model()["metrics"] == undisturbed.model()["metrics"]
    assert not (job.folder / "checkpoint").exists()


def test_goes_on_from_the_checkpoint_of_an_earlier_attempt_and_passes_over_what_is_damaged_or_of_another_input(undisturbed: Job, tmp_path: Path) -> None:
    first = Job(tmp_path / "first", SMALL, plain_table())
    trainer = first.start()
    while trainer.poll() is None and len(list((first.folder / "checkpoint").glob("step-*"))) < 2:
        time.sleep(0.002)
    trainer.kill()
    trainer.wait()
    again = Job(tmp_path / "again", SMALL, plain_table())
    shutil.copytree(first.folder / "checkpoint", again.folder / "inputs/checkpoint")
    newest = sorted((again.folder / "inputs/checkpoint").glob("step-*"))[-1]
    spoilt = bytearray(newest.read_bytes())
    spoilt[-3] ^= 0xFF
    newest.write_bytes(spoilt)
    done = again.run()
    assert done.returncode == 0, done.stderr
    assert "passed over" in done.stderr and "damaged" in done.stderr
    assert "resumed: member 1" in done.stderr
    assert again.weights() == undisturbed.weights()
    other = Job(tmp_path / "other", {**SMALL, "seed": 2, "members": 1, "steps": 10}, plain_table())
    shutil.copytree(first.folder / "checkpoint", other.folder / "checkpoint")
    done = other.run()
    assert done.returncode == 0, done.stderr
    assert "of another input, table or version" in done.stderr and "resumed" not in done.stderr
