"""Holds documents against libraries that others have written: mlcroissant, roc-validator and prov.

Reads a JSON list of {"kind", "path", "rows"} from the file that the first argument names; the second names the JSON-LD
context of RO-Crate 1.2. Writes a JSON list of lists of problems, in the same order. The only address that is answered
besides those on this machine is that of the context.
"""

import io
import json
import logging
import sys
import urllib.request
from urllib.error import URLError
from urllib.parse import urlsplit

import requests

CONTEXT = "https://w3id.org/ro/crate/1.2/context"
wanted_file, context_file = sys.argv[1:3]
with open(context_file, "rb") as file:
    context_bytes = file.read()

network_open = urllib.request.OpenerDirector.open
network_send = requests.Session.send


def is_local(url):
    return urlsplit(url).hostname in ("127.0.0.1", "localhost")


def open_url(self, request, data=None, timeout=None):
    url = request if isinstance(request, str) else request.full_url
    if url == CONTEXT:
        answer = io.BytesIO(context_bytes)
        headers = {"Content-Type": "application/ld+json"}
        response = urllib.response.addinfourl(answer, _headers(headers), url, 200)
        response.msg = "OK"
        return response
    if is_local(url):
        return network_open(self, request, data, timeout)
    raise URLError(f"{url} is not asked in this check")


def _headers(fields):
    from email.message import Message

    message = Message()
    for key, value in fields.items():
        message[key] = value
    return message


def send(self, request, **options):
    if request.url == CONTEXT:
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = io.BytesIO(context_bytes)
        response.request = request
        return response
    if is_local(request.url):
        return network_send(self, request, **options)
    raise requests.ConnectionError(f"{request.url} is not asked in this check")


urllib.request.OpenerDirector.open = open_url
requests.Session.send = send

import mlcroissant  # noqa: E402
from prov.model import ProvDocument  # noqa: E402
from rocrate_validator import services  # noqa: E402
from rocrate_validator.models import Severity, ValidationSettings  # noqa: E402

logging.disable(logging.CRITICAL)


def croissant(path, rows):
    """`rows`: read the table of the document, and find so many rows."""
    dataset = mlcroissant.Dataset(path)
    problems = sorted(dataset.metadata.ctx.issues.errors)
    if not problems and rows is not None:
        (record_set,) = dataset.metadata.record_sets
        found = sum(1 for _ in dataset.records(record_set.uuid))
        if found != rows:
            problems.append(f"{found} rows were read, expected {rows}")
    return problems


def ro_crate(path, _rows):
    settings = ValidationSettings(
        rocrate_uri=path,
        profile_identifier="ro-crate-1.2",
        requirement_severity=Severity.REQUIRED,
        metadata_only=True,
        packaging_mode="detached",
        disable_remote_crate_download=True,
        no_cache=True,
    )
    result = services.validate(settings)
    return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]


def prov(path, _rows):
    document = ProvDocument.deserialize(path, format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    if document != again:
        return ["it is another document after a round trip"]
    with open(path, encoding="utf-8") as given:
        fields = json.load(given)
    kinds = [key for key in fields if key != "prefix"]
    stated = sum(len(fields[kind]) for kind in kinds)
    kept = len(list(document.get_records()))
    return [] if stated == kept else [f"{stated} statements went in, {kept} came out"]


checks = {"croissant": croissant, "ro-crate": ro_crate, "prov": prov}


def problems_of(item):
    try:
        return checks[item["kind"]](item["path"], item.get("rows"))
    except Exception as error:  # a validator that throws rejects the document
        return [f"{type(error).__name__}: {error}"]


with open(wanted_file, encoding="utf-8") as file:
    items = json.load(file)
answers = [problems_of(item) for item in items]
sys.stdout.write("\n" + json.dumps(answers) + "\n")
