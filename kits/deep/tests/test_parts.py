"""Networks, export, intervals, order of the data, and what is refused."""

from pathlib import Path

import json
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from conftest import SMALL, Job, curve_table, plain_table

from genesis_deep.asked_rows import read_rows
from genesis_deep.calibrate import conformal_quantile
from genesis_deep.checkpoint import KEPT, newest, read_checkpoint, save_checkpoint
from genesis_deep.errors import Refused
from genesis_deep.export import check_onnx, write_onnx
from genesis_deep.ensemble import Ensemble, evaluate
from genesis_deep.member import Member
from genesis_deep.order import Order, share
from genesis_deep.settings import read_settings
from genesis_deep.split import split
from genesis_deep.table import Feature, read_training

FEATURES = [Feature("q", "curve", width=40), Feature("t", "number"), Feature("c", "category", categories=["a", "b"])]


def rows(count: int) -> torch.Tensor:
    x = torch.randn(count, 42)
    x[:, 41] = torch.randint(-1, 2, (count,)).float()
    x[torch.rand(count, 42) < 0.1] = float("nan")
    return x


@pytest.mark.parametrize("architecture", ["mlp", "conv", "transformer"])
@pytest.mark.parametrize("classes", [0, 3])
def test_exported_to_onnx_each_network_says_what_torch_says(architecture: str, classes: int, tmp_path: Path) -> None:
    torch.manual_seed(1)
    members = [Member(FEATURES, classes, architecture, 16, 2, 0.1) for _ in range(2)]
    for member in members:
        member.fit(rows(50).numpy(), np.random.default_rng(0).normal(5, 3, 50))
    ensemble = Ensemble(members).eval()
    outputs = ["probabilities"] if classes else ["y", "sd"]
    write_onnx(ensemble, tmp_path / "m.onnx", 42, outputs)
    assert check_onnx(tmp_path / "m.onnx", ensemble, rows(33)) < 1e-4
    found = evaluate(ensemble, rows(5))
    assert all(torch.isfinite(part).all() for part in found)
    if classes:
        assert torch.allclose(found[0].sum(dim=1), torch.ones(5), atol=1e-5)
    else:
        assert (found[1] > 0).all()


def test_the_sd_of_an_ensemble_joins_what_members_say_and_how_they_differ() -> None:
    class Says(torch.nn.Module):
        classes = 0

        def __init__(self, mean: float, sd: float) -> None:
            super().__init__()
            self.mean, self.sd = mean, sd

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.full((len(x),), self.mean), torch.full((len(x),), self.sd)

    mean, sd = Ensemble([Says(1.0, 3.0), Says(5.0, 3.0)])(torch.zeros(2, 1))  # type: ignore[list-item]
    assert mean.tolist() == [3.0, 3.0]
    assert sd.tolist() == pytest.approx([np.sqrt(9 + 4)] * 2)


def test_conformal_quantile_is_the_right_order_statistic_and_none_where_rows_are_too_few() -> None:
    assert conformal_quantile(np.arange(1.0, 100.0), 0.9) == 90.0
    assert conformal_quantile(np.arange(9.0), 0.9) == 8.0
    assert conformal_quantile(np.arange(8.0), 0.9) is None


def test_the_order_covers_each_epoch_and_the_shares_of_processes_are_the_batch() -> None:
    order = Order(100, 20, seed=3, member=1)
    seen = np.concatenate([order.rows_of(step) for step in range(5)])
    assert sorted(seen) == list(range(100))
    later = Order(100, 20, seed=3, member=1)
    assert (later.rows_of(7) == order.rows_of(7)).all()
    batch = order.rows_of(9)
    parts = [part for rank in range(3) for part in share(batch, rank, 3, 2)]
    assert sorted(np.concatenate(parts)) == sorted(batch)


def test_groups_stay_whole() -> None:
    groups = np.array([f"g{at // 5}" for at in range(200)])
    parts = split(200, groups, 1)
    sides = [set(groups[part]) for part in (parts.train, parts.validation, parts.calibration, parts.test)]
    assert sum(len(side) for side in sides) == 40
    assert sum(len(part) for part in (parts.train, parts.validation, parts.calibration, parts.test)) == 200


def test_checkpoints_are_whole_or_passed_over_and_old_ones_go(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, {"w": torch.full((3,), float(step))}, {"fingerprint": "f", "step": step})
    assert len(list(tmp_path.iterdir())) == KEPT
    said: list[str] = []
    (tmp_path / "step-000000000009.safetensors").write_bytes(b"torn")
    found = newest([tmp_path], said.append, lambda state: state["fingerprint"] == "f")
    assert found is not None and found[1]["step"] == 3 and found[0]["w"].tolist() == [3.0] * 3
    assert "passed over" in said[0]
    assert newest([tmp_path], said.append, lambda state: False) is None
    with pytest.raises(Refused, match="no whole checkpoint"):
        read_checkpoint(tmp_path / "step-000000000009.safetensors")


@pytest.mark.parametrize(("given", "field"), [
    ({}, "target"), ({"target": "y", "steps": 0}, "steps"), ({"target": "y", "steps": True}, "steps"), ({"target": "y", "seed": 1.5}, "seed"),
    ({"target": "y", "epochs": 3}, "epochs"), ({"target": "y", "architecture": "gpt"}, "architecture"), ({"target": "y", "curve": {}}, "curve"),
    ({"target": "y", "curve": {"prefix": "q_", "transform": "exp"}}, "curve.transform"), ({"target": "y", "batch": 4, "accumulate": 8}, "accumulate"),
])
def test_settings_that_cannot_be_used_are_refused_by_name(given: dict, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_settings(given)
    assert refused.value.field == field


def test_tables_that_cannot_be_used_are_refused_by_name(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")

    def field_of(given: dict, table: pa.Table) -> str:
        pq.write_table(table, path)
        with pytest.raises(Refused) as refused:
            read_training(path, read_settings(given))
        return refused.value.field

    table = plain_table(100)
    assert field_of({"target": "z"}, table) == "z"
    assert field_of({"target": "y"}, table.slice(0, 30)) == "table"
    assert field_of({"target": "y", "features": ["y"]}, table) == "features"
    assert field_of({"target": "y", "curve": {"prefix": "w_"}}, table) == "curve.prefix"
    assert field_of({"target": "y", "curve": {"prefix": "q_", "grid": [1, 2]}}, curve_table(60)) == "curve.grid"
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(Refused, match="no Parquet table"):
        read_training(path, read_settings({"target": "y"}))


def test_curves_as_a_list_column_are_the_same_as_in_columns(tmp_path: Path) -> None:
    table = curve_table(80)
    names = [name for name in table.column_names if name.startswith("q_")]
    lists = pa.array([list(row.values()) for row in table.select(names).to_pylist()])
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(pa.table({"q": lists, "y": table.column("y")}), tmp_path / "b.parquet")
    a = read_training(str(tmp_path / "a.parquet"), read_settings({"target": "y", "curve": {"prefix": "q_"}}))
    b = read_training(str(tmp_path / "b.parquet"), read_settings({"target": "y", "curve": {"column": "q"}}))
    assert np.array_equal(a.x, b.x, equal_nan=True)


def test_learns_a_class_from_curves_and_predicts_it(tmp_path: Path) -> None:
    table = curve_table(300)
    given = {"target": "kind", "curve": {"prefix": "q_"}, "members": 2, "steps": 60, "width": 16, "depth": 2, "batch": 32, "drop": ["y"]}
    job = Job(tmp_path / "job", given, table)
    done = job.run()
    assert done.returncode == 0, done.stderr
    accuracy = next(metric for metric in job.output()["metrics"] if metric["name"] == "accuracy")
    assert accuracy["value"] > 0.8
    later = Job(tmp_path / "later", {}, table)
    for name in ("model.json", "model.onnx"):
        (job.folder / "model" / name).rename(later.folder / "inputs" / name)
    assert later.run("genesis_deep.predict").returncode == 0
    found = pq.read_table(later.folder / "predictions.parquet")
    right = np.mean([a == b for a, b in zip(found.column("kind").to_pylist(), table.column("kind").to_pylist())])
    assert right > 0.8
    lines = [json.dumps(row) + "\n" for row in table.drop_columns(["kind"]).to_pylist()]
    (later.folder / "inputs/rows.jsonl").write_text("".join(lines))
    assert later.run("genesis_deep.predict").returncode == 0
    answers = [json.loads(line) for line in (later.folder / "predictions.jsonl").read_text().splitlines()]
    assert [one["value"] for one in answers] == found.column("kind").to_pylist()
    (later.folder / "inputs/model.onnx").write_bytes(b"changed")
    changed = later.run("genesis_deep.predict")
    assert changed.returncode == 2 and "is not the file that model.json describes" in changed.stderr


def test_a_refusal_is_one_plain_line(tmp_path: Path) -> None:
    done = Job(tmp_path / "job", {**SMALL, "target": "nowhere"}, plain_table(60)).run()
    assert done.returncode == 2
    assert done.stderr.strip().startswith("refused: nowhere: the table has no such column")


def test_rows_of_json_lines_become_columns_of_their_kind(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x", "c": [1.0, 2.0]}, {"a": None, "b": None, "c": [3.0, None]}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = read_rows(tmp_path / "rows.jsonl")
    assert table.to_pylist() == [{"a": 1.0, "b": "x", "c": [1.0, 2.0]}, {"a": None, "b": None, "c": [3.0, None]}]
