"""What Schemathesis is told about the platform under test: ids that exist, and where answers are counted."""

import atexit
import json
import os
import random

import schemathesis

with open(os.environ["GENESIS_WORLD"], encoding="utf-8") as file:
    WORLD = json.load(file)

COUNTS = {}
draw = random.Random(int(os.environ.get("GENESIS_SEED", "1")))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """RFC 9457 gives problems a media type of their own, which the document calls application/json."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            if not isinstance(operation, dict):
                continue
            for status, response in operation.get("responses", {}).items():
                content = response.get("content", {})
                if not status.startswith("2") and "application/json" in content:
                    content.setdefault("application/problem+json", content["application/json"])


def some(values):
    return draw.choice(values) if values else "none"


def known_path():
    return draw.choice(WORLD["paths"]).replace("NEW", f"new-{draw.randrange(10**9)}")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most calls are about things that exist: whatever is answered to them says more than 404 does."""
    if draw.random() < 0.2:
        return
    operation = case.operation.definition.raw.get("operationId")
    for name in case.path_parameters or {}:
        choices = WORLD["ids"].get(f"{operation}.{name}") or WORLD["ids"].get(name)
        if choices:
            case.path_parameters[name] = some(choices)
    if operation == "upload" and isinstance(case.query, dict) and "path" in case.query:
        case.query["path"] = known_path()
    body = case.body
    if not isinstance(body, dict):
        return
    for name in ("path", "target_path", "link_path"):
        if isinstance(body.get(name), str) or (name == "path" and name in body):
            body[name] = known_path()
    if operation in ("launchJob", "updateJob") and draw.random() < 0.6:
        for name in ("container", "launcher", "resources", "environment", "stdin_path", "stdout_path"):
            body.pop(name, None)
        for name in ("stderr_path", "directory", "pre_launch", "post_launch"):
            body.pop(name, None)
        body["attributes"] = {"account": WORLD["project"], "duration": draw.randrange(1, 3000)}
        body["executable"] = "/bin/true"
        if operation == "updateJob":
            for name in list(body):
                if name not in ("attributes", "executable"):
                    body.pop(name)


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw.get("operationId")
    counts = COUNTS.setdefault(operation, {})
    counts[str(response.status_code)] = counts.get(str(response.status_code), 0) + 1


@atexit.register
def write_counts():
    with open(os.environ["GENESIS_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(COUNTS, file)
