"""Drives a facility with the AmSC client, as its users do: discover, submit, wait, fetch the output, clean up."""

import json
import os
import sys
import tempfile

from amscrot.client import Client
from amscrot.serviceclient.filesystem import FilesystemError

url, token, account, folder = sys.argv[1:5]
os.environ.setdefault("HOME", tempfile.mkdtemp())
done = []


def step(name, value):
    done.append({"step": name, "value": value})


client = Client()
facility = client.facility(url, token=token, name="genesis")
step("facility", facility.info().name)
resources = {one.name: one for one in facility.resources()}
step("resources", sorted(resources))
assert resources["local"].status == "up", resources["local"].status
store = resources["projects"]
files = facility._service_client.filesystem
files._interval = 0.2

files.mkdir(store.id, f"{folder}/sorting/deep", p=True)
files.upload_bytes(store.id, b"three\none\ntwo\n", f"{folder}/sorting/input.txt")
job = resources["local"].submit(
    executable="/usr/bin/sort",
    arguments=["input.txt"],
    directory=f"{folder}/sorting",
    stdout_path=f"{folder}/sorting/output.txt",
    stderr_path=f"{folder}/sorting/errors.txt",
    account=account,
    nodes=1,
    duration=60,
    name="sorting",
)
step("submitted", job.id)
job.wait(timeout=60, poll_interval=0.2, historical=True)
step("state", job.state)
assert job.state == "COMPLETED", (job.state, job.message)
with tempfile.TemporaryDirectory() as local:
    copied = files.download(store.id, f"{folder}/sorting/output.txt", f"{local}/output.txt")
    with open(copied, encoding="utf-8") as output:
        text = output.read()
assert text == "one\nthree\ntwo\n", text
step("output", text.split())
assert "output.txt" in str(files.ls(store.id, f"{folder}/sorting"))
assert files.stat(store.id, f"{folder}/sorting/output.txt")
assert len(str(files.checksum(store.id, f"{folder}/sorting/output.txt"))) >= 64
assert "one" in files.head(store.id, f"{folder}/sorting/output.txt", lines=1)
assert job.id in [one.id for one in resources["local"].jobs(historical=True)]
long = resources["local"].submit(executable="/bin/sleep", arguments=["600"], account=account)
long.cancel()
long.wait(timeout=60, poll_interval=0.2, historical=True)
step("cancelled", long.state)
assert long.state == "CANCELED", long.state
files.rm(store.id, f"{folder}/sorting")
try:
    files.stat(store.id, f"{folder}/sorting")
    raise AssertionError("the folder is still there")
except FilesystemError:
    step("cleaned up", True)
incidents = facility.incidents()
step("incidents", len(incidents))
print(json.dumps(done))
