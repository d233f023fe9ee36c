"""Calls of MLflow's own client, one after the other, each with what it must return.

Writes one JSON object: for each call its name, whether its own check held, and its answer in a form that two servers can be
compared by (ids and times are replaced). Usage: client_calls.py TRACKING_URI REPORT
"""

import json
import math
import os
import re
import sys
import tempfile

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)

done = []
names = {}


def named(kind, value):
    """Replaces an id by a name that is the same on every server."""
    if value is None:
        return None
    if value not in names:
        names[value] = f"<{kind} {sum(1 for one in names.values() if one.startswith('<' + kind))}>"
    return names[value]


def plain(value):
    """An answer without what differs from server to server."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        for known in sorted(names, key=len, reverse=True):
            # Short ids, as the default server has them, only as steps of paths or alone.
            if len(known) > 8:
                value = value.replace(known, names[known])
            else:
                value = re.sub(rf"(?<=/){re.escape(known)}(?=/)", names[known], value)
        return value
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def call(name, check=lambda answer: True):
    """Carries out one call and keeps what came of it."""

    def carry_out(act):
        try:
            answer = act()
            failure = None
        except MlflowException as error:
            answer = {"error_code": error.error_code}
            failure = str(error)[:500]
        except Exception as error:  # noqa: BLE001 - told in the report
            answer = {"raised": type(error).__name__}
            failure = str(error)[:500]
        try:
            held = check(answer) is not False
        except Exception as error:  # noqa: BLE001 - told in the report
            held = False
            failure = f"{failure or ''} check: {type(error).__name__}: {error}"
        done.append({"name": name, "ok": held, "answer": plain(answer), "why": failure})
        return answer

    return carry_out


def experiment_of(one):
    return {
        "id": named("experiment", one.experiment_id),
        "name": one.name,
        "stage": one.lifecycle_stage,
        "tags": {key: value for key, value in one.tags.items() if not key.startswith("genesis.")},
    }


def run_of(one):
    tags = {k: v for k, v in one.data.tags.items() if not k.startswith("genesis.")}
    return {
        "id": named("run", one.info.run_id),
        "experiment": named("experiment", one.info.experiment_id),
        "name": one.info.run_name,
        "status": one.info.status,
        "stage": one.info.lifecycle_stage,
        "start": one.info.start_time,
        "end": one.info.end_time,
        "user": one.info.user_id,
        "metrics": dict(sorted(one.data.metrics.items())),
        "params": dict(sorted(one.data.params.items())),
        "tags": dict(sorted(tags.items())),
    }


def history_of(points):
    return sorted(([p.step, p.timestamp, str(p.value)] for p in points))


def version_of(one):
    return {
        "name": one.name,
        "version": str(one.version),
        "stage": one.current_stage,
        "description": one.description or "",
        "run": named("run", one.run_id) if one.run_id else None,
        "status": one.status,
        "tags": dict(one.tags),
        "aliases": sorted(one.aliases),
    }


def model_of(one):
    return {
        "name": one.name,
        "description": one.description or "",
        "tags": {k: v for k, v in one.tags.items() if not k.startswith("genesis.")},
        "aliases": {alias: str(v) for alias, v in sorted(one.aliases.items())},
        "latest": sorted(str(v.version) for v in one.latest_versions),
    }


def logged_of(one):
    return {
        "id": named("model", one.model_id),
        "name": one.name,
        "type": one.model_type,
        "status": str(one.status),
        "params": dict(one.params),
        "tags": {k: v for k, v in one.tags.items() if not k.startswith(("genesis.", "mlflow."))},
        "metrics": sorted([m.key, m.value, m.step] for m in (one.metrics or [])),
    }


def refused(code):
    return lambda answer: answer == {"error_code": code}


# Experiments
alpha = call("create_experiment", lambda a: isinstance(a, str) and a != "")(
    lambda: client.create_experiment("alpha", tags={"team": "sans"})
)
done[-1]["answer"] = named("experiment", alpha)
call("create_experiment: a name that is taken", refused("RESOURCE_ALREADY_EXISTS"))(
    lambda: client.create_experiment("alpha")
)
call("create_experiment: an empty name", refused("INVALID_PARAMETER_VALUE"))(lambda: client.create_experiment(""))
call("get_experiment", lambda a: a["name"] == "alpha" and a["tags"] == {"team": "sans"})(
    lambda: experiment_of(client.get_experiment(alpha))
)
call("get_experiment: unknown", refused("RESOURCE_DOES_NOT_EXIST"))(lambda: experiment_of(client.get_experiment("987654321")))
call("get_experiment_by_name", lambda a: a["name"] == "alpha")(
    lambda: experiment_of(client.get_experiment_by_name("alpha"))
)
call("get_experiment_by_name: unknown", lambda a: a is None)(lambda: client.get_experiment_by_name("no such"))
beta = client.create_experiment("beta/b%")
named("experiment", beta)
call("set_experiment_tag", lambda a: a == {"team": "sans", "stage": "one"})(
    lambda: (client.set_experiment_tag(alpha, "stage", "one"), experiment_of(client.get_experiment(alpha))["tags"])[1]
)
call("delete_experiment_tag", lambda a: a == {"team": "sans"})(
    lambda: (client.delete_experiment_tag(alpha, "stage"), experiment_of(client.get_experiment(alpha))["tags"])[1]
)
call("search_experiments: order by name", lambda a: a == ["alpha", "beta/b%"])(
    lambda: [e.name for e in client.search_experiments(order_by=["name ASC"]) if e.name != "Default"]
)
call("search_experiments: filter by name", lambda a: a == ["alpha"])(
    lambda: [e.name for e in client.search_experiments(filter_string="name LIKE 'alp%'")]
)
call("search_experiments: filter by tag", lambda a: a == ["alpha"])(
    lambda: [e.name for e in client.search_experiments(filter_string="tags.team = 'sans' AND name != 'x'")]
)
call("search_experiments: pages", lambda a: sorted(a[0] + a[1])[:2] == ["Default", "alpha"] or len(a[0]) == 1)(
    lambda: (
        lambda first: [
            [e.name for e in first],
            [e.name for e in client.search_experiments(max_results=1, page_token=first.token, order_by=["name DESC"])],
        ]
    )(client.search_experiments(max_results=1, order_by=["name DESC"]))
)
call("search_experiments: a filter that is none", refused("INVALID_PARAMETER_VALUE"))(
    lambda: [e.name for e in client.search_experiments(filter_string="name = 'a' OR name = 'b'")]
)
call("rename_experiment", lambda a: a == "beta")(
    lambda: (client.rename_experiment(beta, "beta"), client.get_experiment(beta).name)[1]
)
call("delete_experiment", lambda a: a == "deleted")(
    lambda: (client.delete_experiment(beta), client.get_experiment(beta).lifecycle_stage)[1]
)
call("search_experiments: deleted ones", lambda a: a == ["beta"])(
    lambda: [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
)
call("create_run: in a deleted experiment", refused("INVALID_PARAMETER_VALUE"))(
    lambda: run_of(client.create_run(beta))
)
call("restore_experiment", lambda a: a == "active")(
    lambda: (client.restore_experiment(beta), client.get_experiment(beta).lifecycle_stage)[1]
)

# Runs
one = call("create_run", lambda a: a.info.status == "RUNNING" and a.info.start_time == 1_000)(
    lambda: client.create_run(alpha, start_time=1_000, tags={"kind": "first", "mlflow.user": "me"}, run_name="one")
)
done[-1]["answer"] = plain(run_of(one))
first = one.info.run_id
second = client.create_run(alpha, start_time=2_000, run_name="two").info.run_id
third = client.create_run(alpha, start_time=3_000, run_name="three").info.run_id
for id in (second, third):
    named("run", id)
call("create_run: in an unknown experiment", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: run_of(client.create_run("987654321"))
)
call("get_run", lambda a: a["name"] == "one" and a["tags"]["kind"] == "first")(lambda: run_of(client.get_run(first)))
call("get_run: unknown", refused("RESOURCE_DOES_NOT_EXIST"))(lambda: run_of(client.get_run("0" * 32)))
call("log_param", lambda a: a == {"depth": "3"})(
    lambda: (client.log_param(first, "depth", 3), client.get_run(first).data.params)[1]
)
call("log_param: the same again", lambda a: a == {"depth": "3"})(
    lambda: (client.log_param(first, "depth", 3), client.get_run(first).data.params)[1]
)
call("log_param: another value", refused("INVALID_PARAMETER_VALUE"))(lambda: client.log_param(first, "depth", 4))
call("log_param: a key that leads elsewhere", refused("INVALID_PARAMETER_VALUE"))(
    lambda: client.log_param(first, "../x", 4)
)
call("log_metric", lambda a: a == 0.5)(
    lambda: (client.log_metric(first, "loss", 0.5, timestamp=10, step=1), client.get_run(first).data.metrics["loss"])[1]
)
call("log_metric: an earlier step changes nothing", lambda a: a == 0.5)(
    lambda: (client.log_metric(first, "loss", 0.9, timestamp=11, step=0), client.get_run(first).data.metrics["loss"])[1]
)
call("log_metric: NaN", lambda a: a == "nan")(
    lambda: (
        client.log_metric(first, "odd", float("nan"), timestamp=10, step=0),
        str(client.get_run(first).data.metrics["odd"]),
    )[1]
)
call("log_metric: infinite", lambda a: a > 1e300)(
    lambda: (
        client.log_metric(second, "big", float("inf"), timestamp=10, step=0),
        client.get_run(second).data.metrics["big"],
    )[1]
)
call("log_metric: negative step", lambda a: a == [[-5, 10, "1.0"]])(
    lambda: (
        client.log_metric(first, "back", 1.0, timestamp=10, step=-5),
        history_of(client.get_metric_history(first, "back")),
    )[1]
)
call("log_metric: no number, which the client itself refuses", lambda a: a == {"raised": "TypeError"})(lambda: client.log_metric(first, "loss", "high"))
points = [Metric("curve", i / 10, 100 + i, i) for i in range(50)]
call("log_batch", lambda a: a["metrics"]["curve"] == 4.9 and a["params"]["width"] == "8" and a["tags"]["batch"] == "b")(
    lambda: (
        client.log_batch(first, metrics=points, params=[Param("width", "8")], tags=[RunTag("batch", "b")]),
        run_of(client.get_run(first)),
    )[1]
)
call("log_batch: sent again", lambda a: len(a) == 50)(
    lambda: (client.log_batch(first, metrics=points), history_of(client.get_metric_history(first, "curve")))[1]
)
call("log_batch: more than 1000 metrics", lambda a: a == 1200)(
    lambda: (
        client.log_batch(first, metrics=[Metric("long", i, i, i) for i in range(1000)]),
        client.log_batch(first, metrics=[Metric("long", i, i, i) for i in range(1000, 1200)]),
        len(client.get_metric_history(first, "long")),
    )[2]
)
call("get_metric_history", lambda a: a == [[0, 11, "0.9"], [1, 10, "0.5"]])(
    lambda: history_of(client.get_metric_history(first, "loss"))
)
call("get_metric_history: unknown metric", lambda a: a == [])(
    lambda: history_of(client.get_metric_history(first, "nothing"))
)
call("set_tag", lambda a: a == "v")(lambda: (client.set_tag(first, "t", "v"), client.get_run(first).data.tags["t"])[1])
call("delete_tag", lambda a: a is False)(
    lambda: (client.delete_tag(first, "t"), "t" in client.get_run(first).data.tags)[1]
)
call("delete_tag: unknown", refused("RESOURCE_DOES_NOT_EXIST"))(lambda: client.delete_tag(first, "t"))
call("update_run", lambda a: a == ["FINISHED", "uno", "uno"])(
    lambda: (
        client.update_run(first, status="FINISHED", name="uno"),
        (lambda r: [r.info.status, r.info.run_name, r.data.tags["mlflow.runName"]])(client.get_run(first)),
    )[1]
)
call("set_terminated", lambda a: a == ["FAILED", 9_000])(
    lambda: (
        client.set_terminated(second, status="FAILED", end_time=9_000),
        (lambda r: [r.info.status, r.info.end_time])(client.get_run(second)),
    )[1]
)
client.log_metric(second, "loss", 0.25, timestamp=5, step=3)
client.log_param(second, "depth", "7")
client.set_tag(second, "kind", "second")

# Searches of runs


def found(filter_string="", **more):
    return [r.info.run_name for r in client.search_runs([alpha], filter_string, **more)]


call("search_runs", lambda a: a == ["three", "two", "uno"])(lambda: found())
call("search_runs: by metric", lambda a: a == ["two"])(lambda: found("metrics.loss < 0.3"))
call("search_runs: by parameter and metric", lambda a: a == ["uno"])(
    lambda: found("params.depth = '3' and metrics.loss >= 0.5")
)
call("search_runs: by tag", lambda a: a == ["two", "uno"])(lambda: found("tags.kind ILIKE '%S%'"))
call("search_runs: by state", lambda a: a == ["two"])(lambda: found("attributes.status = 'FAILED'"))
call("search_runs: by names in quotes", lambda a: a == ["uno"])(lambda: found("params.`depth` = \"3\""))
call("search_runs: by time", lambda a: a == ["three", "two"])(lambda: found("start_time > 1500"))
call("search_runs: by a list of ids", lambda a: a == ["three"])(lambda: found(f"attributes.run_id IN ('{third}')"))
call("search_runs: not in a list", lambda a: a == ["two", "uno"])(
    lambda: found(f"attributes.run_id NOT IN ('{third}')")
)
call("search_runs: by a tag of two words", lambda a: a == ["two"])(lambda: found("tags.mlflow.runName = 'two'"))
call("search_runs: without a tag", lambda a: a == ["three"])(lambda: found("tags.kind IS NULL"))
call("search_runs: with a parameter", lambda a: a == ["two", "uno"])(lambda: found("params.depth IS NOT NULL"))
call("search_runs: order by metric", lambda a: a == ["two", "uno", "three"])(
    lambda: found(order_by=["metrics.loss ASC"])
)
call("search_runs: order by parameter, descending", lambda a: a == ["two", "uno", "three"])(
    lambda: found(order_by=["params.depth DESC"])
)
call("search_runs: order by start", lambda a: a == ["uno", "two", "three"])(
    lambda: found(order_by=["attributes.start_time ASC"])
)


def by_pages():
    names_found, token = [], None
    while True:
        page = client.search_runs([alpha], max_results=1, page_token=token, order_by=["start_time ASC"])
        names_found += [r.info.run_name for r in page]
        token = page.token
        if not token:
            return names_found


call("search_runs: by pages", lambda a: a == ["uno", "two", "three"])(by_pages)
for bad in ("metrics.loss < 'a'", "params.depth > '3'", "nothing.x = 1", "metrics.loss <", "x; drop table run", "status = 5"):
    call(f"search_runs: refused {bad}", refused("INVALID_PARAMETER_VALUE"))(lambda: found(bad))
call("search_runs: no injection", lambda a: a == [])(lambda: found("tags.kind = 'x'' or 1=1 --'"))
call("search_runs: an unknown experiment", lambda a: a == [])(lambda: [r.info.run_name for r in client.search_runs(["987654321"])])
call("delete_run", lambda a: a == ["two", "uno"])(lambda: (client.delete_run(third), found())[1])
call("log_metric: on a deleted run", refused("INVALID_PARAMETER_VALUE"))(lambda: client.log_metric(third, "x", 1))
call("search_runs: deleted ones", lambda a: a == ["three"])(lambda: found(run_view_type=ViewType.DELETED_ONLY))
call("restore_run", lambda a: a == ["three", "two", "uno"])(lambda: (client.restore_run(third), found())[1])

# Inputs, outputs
sheet = Dataset("steels", "abc123", "local", '{"uri": "steels.csv"}', schema='{"cols": 3}', profile='{"rows": 10}')
call("log_inputs", lambda a: a == [["steels", "abc123", [["mlflow.data.context", "train"]]]])(
    lambda: (
        client.log_inputs(first, datasets=[DatasetInput(sheet, [InputTag("mlflow.data.context", "train")])]),
        [
            [d.dataset.name, d.dataset.digest, [[t.key, t.value] for t in d.tags]]
            for d in client.get_run(first).inputs.dataset_inputs
        ],
    )[1]
)
call("search_runs: by dataset", lambda a: a == ["uno"])(lambda: found("dataset.name = 'steels' and datasets.context = 'train'"))

# Artifacts
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "notes.txt")
    with open(path, "w", encoding="utf-8") as out:
        out.write("seen")
    os.makedirs(os.path.join(folder, "many", "deep"))
    for name in ("many/a.json", "many/deep/b c.bin"):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(b"\x00\x01{}")

    def listed(path=None):
        return sorted([f.path, f.is_dir, f.file_size] for f in client.list_artifacts(first, path))

    call("log_artifact", lambda a: a == [["notes.txt", False, 4]])(lambda: (client.log_artifact(first, path), listed())[1])
    call("log_artifact: in a folder", lambda a: a == [["docs/notes.txt", False, 4]])(
        lambda: (client.log_artifact(first, path, "docs"), listed("docs"))[1]
    )
    call("log_artifacts", lambda a: a == [["many/a.json", False, 4], ["many/deep", True, None]])(
        lambda: (client.log_artifacts(first, os.path.join(folder, "many"), "many"), listed("many"))[1]
    )
    call("list_artifacts: of a file", lambda a: a == [])(lambda: listed("notes.txt"))
    call("list_artifacts: of nothing", lambda a: a == [])(lambda: listed("nothing"))
    call("download_artifacts", lambda a: a == ["a.json", "deep/b c.bin"])(
        lambda: (
            lambda at: sorted(
                os.path.relpath(os.path.join(root, name), at) for root, _, files in os.walk(at) for name in files
            )
        )(client.download_artifacts(first, "many", tempfile.mkdtemp(dir=folder)))
    )
    call("log_text", lambda a: a == "hello")(
        lambda: (
            client.log_text(first, "hello", "texts/h.txt"),
            open(client.download_artifacts(first, "texts/h.txt", folder), encoding="utf-8").read(),
        )[1]
    )
    call("log_dict", lambda a: a == {"a": [1, 2]})(
        lambda: (
            client.log_dict(first, {"a": [1, 2]}, "d.json"),
            json.load(open(client.download_artifacts(first, "d.json", folder), encoding="utf-8")),
        )[1]
    )
    call("log_table", lambda a: a == [["x"], [[1], [2]]])(
        lambda: (
            client.log_table(first, {"x": [1, 2]}, "t.json"),
            (lambda t: [t["columns"], t["data"]])(
                json.load(open(client.download_artifacts(first, "t.json", folder), encoding="utf-8"))
            ),
        )[1]
    )
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(client.get_run(first).info.artifact_uri)
    call("delete_artifacts", lambda a: "many" not in a and "notes.txt" in a)(
        lambda: (repository.delete_artifacts("many"), [one[0] for one in listed()])[1]
    )

# Logged models
logged = call("create_logged_model", lambda a: a.status == "PENDING")(
    lambda: client.create_logged_model(
        alpha, name="net", source_run_id=first, model_type="regressor", params={"p": "1"}, tags={"t": "1"}
    )
)
done[-1]["answer"] = plain(logged_of(logged))
model_id = logged.model_id
call("log_model_params", lambda a: a["params"] == {"p": "1", "q": "2"})(
    lambda: (client.log_model_params(model_id, {"q": "2"}), logged_of(client.get_logged_model(model_id)))[1]
    if hasattr(client, "log_model_params")
    else (
        client._tracking_client.store.log_logged_model_params(model_id, [LoggedModelParameter("q", "2")]),
        logged_of(client.get_logged_model(model_id)),
    )[1]
)
call("set_logged_model_tags", lambda a: a["tags"] == {"t": "2", "u": "3"})(
    lambda: (client.set_logged_model_tags(model_id, {"t": "2", "u": "3"}), logged_of(client.get_logged_model(model_id)))[1]
)
call("delete_logged_model_tag", lambda a: a["tags"] == {"t": "2"})(
    lambda: (client.delete_logged_model_tag(model_id, "u"), logged_of(client.get_logged_model(model_id)))[1]
)
call("log_metric: of a logged model", lambda a: a["metrics"] == [["rmse", 0.75, 2]])(
    lambda: (
        client.log_metric(first, "rmse", 0.75, step=2, model_id=model_id),
        logged_of(client.get_logged_model(model_id)),
    )[1]
)
call("log_outputs", lambda a: a == [["<model 0>", 4]])(
    lambda: (
        client.log_outputs(first, [LoggedModelOutput(model_id, 4)]),
        [[named("model", m.model_id), m.step] for m in client.get_run(first).outputs.model_outputs],
    )[1]
)
call("log_inputs: a logged model", lambda a: a == ["<model 0>"])(
    lambda: (
        client.log_inputs(second, models=[LoggedModelInput(model_id)]),
        [named("model", m.model_id) for m in client.get_run(second).inputs.model_inputs],
    )[1]
)
call("finalize_logged_model", lambda a: a["status"] == "LoggedModelStatus.READY" or "READY" in a["status"])(
    lambda: logged_of(client.finalize_logged_model(model_id, "READY"))
)
call("search_logged_models", lambda a: a == ["net"])(
    lambda: [m.name for m in client.search_logged_models([alpha], "name = 'net' AND params.p = '1'")]
)
call("search_logged_models: by metric", lambda a: a == [])(
    lambda: [m.name for m in client.search_logged_models([alpha], "metrics.rmse > 1")]
)
call("search_logged_models: order", lambda a: a == ["net"])(
    lambda: [
        m.name
        for m in client.search_logged_models([alpha], order_by=[{"field_name": "metrics.rmse", "ascending": True}])
    ]
)
call("get_logged_model: unknown", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: logged_of(client.get_logged_model("m-" + "0" * 32))
)

# Registered models
call("create_registered_model", lambda a: a["tags"] == {"a": "b"} and a["description"] == "words")(
    lambda: model_of(client.create_registered_model("steel", tags={"a": "b"}, description="words"))
)
call("create_registered_model: a name that is taken", refused("RESOURCE_ALREADY_EXISTS"))(
    lambda: model_of(client.create_registered_model("steel"))
)
source = f"{client.get_run(first).info.artifact_uri}/docs"
call("create_model_version", lambda a: a["version"] == "1" and a["status"] == "READY")(
    lambda: version_of(client.create_model_version("steel", source, run_id=first, tags={"v": "1"}, description="one"))
)
call("create_model_version: the next", lambda a: a["version"] == "2")(
    lambda: version_of(client.create_model_version("steel", source, run_id=first))
)
call("create_model_version: of an unknown model", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: version_of(client.create_model_version("no such", source, run_id=first))
)
call("get_model_version", lambda a: a["tags"] == {"v": "1"})(lambda: version_of(client.get_model_version("steel", "1")))
call("get_model_version: unknown", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: version_of(client.get_model_version("steel", "9"))
)
call("get_model_version_download_uri", lambda a: a.endswith("/artifacts/docs"))(
    lambda: client.get_model_version_download_uri("steel", "1")
)
call("update_model_version", lambda a: a["description"] == "new")(
    lambda: (client.update_model_version("steel", "1", "new"), version_of(client.get_model_version("steel", "1")))[1]
)
call("set_model_version_tag", lambda a: a["tags"] == {"v": "1", "w": "2"})(
    lambda: (client.set_model_version_tag("steel", "1", "w", "2"), version_of(client.get_model_version("steel", "1")))[1]
)
call("delete_model_version_tag", lambda a: a["tags"] == {"v": "1"})(
    lambda: (client.delete_model_version_tag("steel", "1", "w"), version_of(client.get_model_version("steel", "1")))[1]
)
call("transition_model_version_stage", lambda a: a == ["Archived", "Production"])(
    lambda: (
        client.transition_model_version_stage("steel", "1", "Production"),
        client.transition_model_version_stage("steel", "2", "Production", archive_existing_versions=True),
        [client.get_model_version("steel", v).current_stage for v in ("1", "2")],
    )[2]
)
call("transition_model_version_stage: unknown stage", refused("INVALID_PARAMETER_VALUE"))(
    lambda: version_of(client.transition_model_version_stage("steel", "1", "Space"))
)
call("get_latest_versions", lambda a: a == ["2"])(
    lambda: [str(v.version) for v in client.get_latest_versions("steel", ["Production"])]
)
call("set_registered_model_alias", lambda a: a == {"best": "1"})(
    lambda: (client.set_registered_model_alias("steel", "best", "1"), model_of(client.get_registered_model("steel")))[1][
        "aliases"
    ]
)
call("get_model_version_by_alias", lambda a: a["version"] == "1" and a["aliases"] == ["best"])(
    lambda: version_of(client.get_model_version_by_alias("steel", "best"))
)
call("delete_registered_model_alias", lambda a: a == {})(
    lambda: (client.delete_registered_model_alias("steel", "best"), model_of(client.get_registered_model("steel")))[1][
        "aliases"
    ]
)
call("get_model_version_by_alias: unknown", refused("INVALID_PARAMETER_VALUE"))(
    lambda: version_of(client.get_model_version_by_alias("steel", "best"))
)
call("search_model_versions", lambda a: a == ["2", "1"])(
    lambda: [str(v.version) for v in client.search_model_versions("name = 'steel'", order_by=["version_number DESC"])]
)
call("search_model_versions: by run and tag", lambda a: a == ["1"])(
    lambda: [str(v.version) for v in client.search_model_versions(f"run_id = '{first}' and tags.v = '1'")]
)
call("search_registered_models", lambda a: a == ["steel"])(
    lambda: [m.name for m in client.search_registered_models("name LIKE 'st%' and tags.a = 'b'")]
)
call("set_registered_model_tag", lambda a: a["tags"] == {"a": "c"})(
    lambda: (client.set_registered_model_tag("steel", "a", "c"), model_of(client.get_registered_model("steel")))[1]
)
call("delete_registered_model_tag", lambda a: a["tags"] == {})(
    lambda: (client.delete_registered_model_tag("steel", "a"), model_of(client.get_registered_model("steel")))[1]
)
call("update_registered_model", lambda a: a["description"] == "changed")(
    lambda: model_of(client.update_registered_model("steel", "changed"))
)
call("rename_registered_model", lambda a: a["name"] == "iron" and a["latest"] == ["1", "2"])(
    lambda: (client.rename_registered_model("steel", "iron"), model_of(client.get_registered_model("iron")))[1]
)
call("get_registered_model: under the old name", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: model_of(client.get_registered_model("steel"))
)
call("delete_model_version", lambda a: a == ["2"])(
    lambda: (
        client.delete_model_version("iron", "1"),
        [str(v.version) for v in client.search_model_versions("name = 'iron'")],
    )[1]
)
call("delete_registered_model", lambda a: a == [])(
    lambda: (client.delete_registered_model("iron"), [m.name for m in client.search_registered_models()])[1]
)
call("delete_logged_model", refused("RESOURCE_DOES_NOT_EXIST"))(
    lambda: (client.delete_logged_model(model_id), logged_of(client.get_logged_model(model_id)))[1]
)

# What the fluent calls do with the experiment that nobody made
def fluent():
    with mlflow.start_run() as active:
        mlflow.log_metric("m", 1.0)
        return active.info.run_id


call("start_run: in the default experiment", lambda a: a == ["FINISHED", 1.0])(
    lambda: (lambda id: (lambda r: [r.info.status, r.data.metrics["m"]])(client.get_run(id)))(fluent())
)
call("set_experiment", lambda a: a == "made by name")(lambda: mlflow.set_experiment("made by name").name)
call("search_runs: as a table", lambda a: a == [3, True])(
    lambda: (lambda table: [len(table), "metrics.loss" in table.columns])(mlflow.search_runs([alpha]))
)

with open(sys.argv[2], "w", encoding="utf-8") as report:
    json.dump({"mlflow": mlflow.__version__, "calls": done}, report)
