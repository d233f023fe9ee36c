"""
What is done with pip, inside a sandbox: one step a call, with the standard library and the pip that Python brings.

Says one JSON object a line on standard output: {"say": text}, {"wheel": file name, "size": text}, or, as the last
one of a step that failed, {"error": kind, "about": text}. Nothing of an index's address is said.
"""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.parse

KINDS = (
    ("hash", re.compile(r"DO NOT MATCH THE HASHES")),
    ("full", re.compile(r"No space left on device|Errno 28|Disk quota exceeded")),
    (
        "network",
        re.compile(
            r"Temporary failure in name resolution|Name or service not known|NewConnectionError|ConnectTimeout|"
            r"ReadTimeout|Max retries exceeded|Connection (?:refused|reset|aborted|broken)|RemoteDisconnected|"
            r"Network is unreachable|IncompleteRead|SSLError|ProxyError|HTTP error 5\d\d|5\d\d Server Error"
        ),
    ),
    ("refused", re.compile(r"40[13] (?:Client )?Error|HTTP error 40[13]|status code 40[13]")),
    ("missing", re.compile(r"No matching distribution found|Could not find a version that satisfies")),
    ("unhashed", re.compile(r"Hashes are required|all requirements must have their versions pinned")),
    ("clash", re.compile(r"ResolutionImpossible|conflicting dependencies|Cannot install .* because")),
    ("platform", re.compile(r"is not a supported wheel on this platform|requires a different Python")),
    ("invalid", re.compile(r"Invalid requirement|Invalid constraint|InvalidVersion")),
)
WHEEL = re.compile(r"^\s*(?:Downloading|Using cached|Processing|Obtaining)\s+(\S+?\.whl)(?:\.metadata)?(?:\s+\(([0-9.]+ ?[kMG]?B)\))?")
COLLECT = re.compile(r"^\s*Collecting ([A-Za-z0-9._-]+)")
PINNED = re.compile(r"==\s*([A-Za-z0-9.!+_-]+)")
LONGEST_TAIL = 20


def say(**words):
    print(json.dumps(words), flush=True)


def fail(kind, about):
    say(error=kind, about=without_addresses(about)[:1500])
    sys.exit(1)


def without_addresses(text):
    return re.sub(r"\b(?:https?|file|git\+\w+)://\S+", "[address]", text)


def pip_wheel():
    """The pip that comes with Python, which runs from its wheel without being installed."""
    try:
        import ensurepip
    except ImportError:
        fail("no-pip", "the module ensurepip is missing")
    folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR")]
    for folder in folders:
        for wheel in sorted(glob.glob(os.path.join(folder, "pip-*.whl"))) if folder else []:
            return wheel
    fail("no-pip", "ensurepip has no wheel of pip")


def run_pip(python, arguments):
    """As `try_pip`, but ends this program with the reason where pip fails."""
    reason = try_pip(python, arguments)
    if reason is not None:
        fail(*reason)


def try_pip(python, arguments):
    """Runs pip and passes on what it fetches; None, or the kind of failure and what pip said of it."""
    environment = {
        **os.environ,
        "PIP_CONFIG_FILE": "/inputs/pip.conf",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, os.path.join(pip_wheel(), "pip"), *arguments]
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    tail, reasons = [], {}
    for line in child.stdout:
        line = line.rstrip()[:2000]
        wheel = WHEEL.match(line)
        if wheel:
            say(wheel=wheel.group(1).rsplit("/", 1)[-1], size=wheel.group(2) or "")
        for kind, pattern in KINDS:
            if pattern.search(line):
                reasons.setdefault(kind, line.strip())
        if line.strip() and not wheel and not COLLECT.match(line):
            tail = (tail + [line.strip()])[-LONGEST_TAIL:]
    if child.wait() == 0:
        return None
    for kind, _pattern in KINDS:
        if kind in reasons:
            # what a hash is wrong of comes in the lines after it
            return kind, "\n".join(tail) if kind in ("hash", "clash") else reasons[kind]
    return "other", "\n".join(tail[-8:])


def as_pip_writes(version):
    sys.path.insert(0, pip_wheel())
    from pip._vendor.packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def try_exact(python, arguments, lines):
    """
    As `try_pip`, for lines of a lock. Of 1.0 and 1.0+cpu, "==1.0" takes the second where both are, so "===" is asked for
    first, with the version as pip writes it; one that its wheel gives more zeros (1.0.0) is no such exact one.
    """
    exact = [PINNED.sub(lambda found: "===" + as_pip_writes(found.group(1)), line, count=1) for line in lines]
    reason = try_pip(python, [*arguments, "-r", written("exact", exact)])
    if reason is not None and reason[0] == "missing":
        reason = try_pip(python, [*arguments, "-r", written("lines", lines)])
    return reason


def download(target, *indexes):
    """
    Fetches what the lock names. Builds with a local version (1.0+cpu) are on no PyPI: where they are not found as pip is
    set up, they alone are looked for in these indexes too.
    """
    # what is under way may be larger than a sandbox's own folder, which is held in memory
    os.environ["TMPDIR"] = os.path.join(target, ".under-way")
    os.mkdir(os.environ["TMPDIR"])
    where = ["download", "--require-hashes", "--only-binary=:all:", "--no-deps", "--progress-bar=off", "-d", target]
    with open("/inputs/requirements.txt", encoding="utf-8") as file:
        lines = file.readlines()
    builds = [line for line in lines if re.match(r"\S+==[^\s;]+\+", line)]
    usual = [line for line in lines if line not in builds]
    if usual:
        reason = try_exact(sys.executable, where, usual)
        if reason is not None:
            fail(*reason)
    if builds:
        wanted = ["-r", written("builds", builds)]
        reason = try_pip(sys.executable, [*where, *wanted])
        if reason is not None and reason[0] == "missing" and indexes:
            say(say="not where pip is set to look; trying the index that the kit names")
            more = [f"--extra-index-url={index}" for index in indexes]
            second = try_pip(sys.executable, [*where, *more, "--retries=2", *wanted])
            # what is to be told of an index that is away is what was missing before
            reason = reason if second is not None and second[0] in ("network", "refused") else second
        if reason is not None:
            fail(*reason)
    shutil.rmtree(os.environ["TMPDIR"])


def written(name, lines):
    path = f"/tmp/{name}.txt"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return path


def install(wheels, target):
    say(say="making a virtual environment")
    try:
        import venv
    except ImportError:
        fail("no-venv", "the module venv is missing")
    # links, so that the base interpreter stays the one that was found; without pip, which no job needs
    venv.EnvBuilder(symlinks=True, with_pip=False).create(target)
    with open("/inputs/requirements.txt", encoding="utf-8") as file:
        lines = file.readlines()
    if not lines:
        return
    python = os.path.join(target, "bin", "python")
    where = ["--no-index", f"--find-links={wheels}", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    reason = try_exact(python, ["install", *where, "--no-warn-script-location"], lines)
    if reason is not None:
        fail(*reason)
    check(python)


def check(python):
    """A lock that lacks something is told; some packages ask for more than they need, so it is no error."""
    found = subprocess.run(
        [python, os.path.join(pip_wheel(), "pip"), "check", "--disable-pip-version-check"], capture_output=True, text=True
    )
    if found.returncode != 0:
        for line in found.stdout.splitlines()[:20]:
            say(say=f"pip check: {without_addresses(line)[:300]}")


def read_project(path):
    """The requirements of a pyproject.toml, which is read and not built."""
    try:
        import tomllib
    except ImportError:
        fail("old-python", "reading pyproject.toml needs Python 3.11 or newer")
    sys.path.insert(0, pip_wheel())
    from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        with open(path, "rb") as file:
            project = tomllib.load(file).get("project")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail("project", f"it is not TOML: {error}")
    if not isinstance(project, dict):
        fail("project", "it has no table [project]")
    if "dependencies" in (project.get("dynamic") or []):
        fail("project", "its dependencies are dynamic, which only building it would tell: list them in [project]")
    wanted = project.get("dependencies", [])
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        fail("project", "project.dependencies: expected a list of texts")
    needs = project.get("requires-python")
    if needs is not None:
        here = ".".join(map(str, sys.version_info[:3]))
        try:
            if here not in SpecifierSet(str(needs)):
                fail("project", f"requires-python is {needs}, and this is Python {here}")
        except InvalidSpecifier as error:
            fail("project", f"requires-python: {error}")
    return wanted


def read_requirements(path):
    with open(path, encoding="utf-8") as file:
        joined = re.sub(r"\\\r?\n", " ", file.read())
    lines = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def refuse_what_builds(wanted):
    """Only names with versions: addresses, folders and options would be built, or lead elsewhere."""
    sys.path.insert(0, pip_wheel())
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

    for line in wanted:
        if line.startswith("-"):
            fail("option", line.split()[0])
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            fail("invalid", f"{line}: {error}".splitlines()[0])
        if requirement.url is not None:
            fail("address", requirement.name)


def resolve(kind, target):
    wanted = (read_project if kind == "project" else read_requirements)("/inputs/wanted")
    refuse_what_builds(wanted)
    if not wanted:
        return write_lock(target, [])
    with open("/tmp/wanted.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(wanted) + "\n")
    where = ["--only-binary=:all:", "--ignore-installed", "--progress-bar=off"]
    run_pip(sys.executable, ["install", "--dry-run", *where, "--report", "/tmp/report.json", "-r", "/tmp/wanted.txt"])
    with open("/tmp/report.json", encoding="utf-8") as file:
        write_lock(target, json.load(file)["install"])


def sha256_of(source):
    """Of what pip chose. Before 23.1 it says none of a file in a folder."""
    said = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    address = urllib.parse.urlsplit(source["url"])
    if said is not None or address.scheme != "file":
        return said
    digest = hashlib.sha256()
    with open(urllib.parse.unquote(address.path), "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def write_lock(target, chosen):
    lines = []
    for one in chosen:
        about, source = one["metadata"], one["download_info"]
        digest = sha256_of(source)
        if digest is None:
            fail("other", f"pip does not say the SHA-256 of {about['name']}")
        lines.append(f"{about['name'].lower()}=={about['version']} --hash=sha256:{digest}")
    with open(target, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in sorted(lines)))


def main():
    os.umask(0o022)
    step, *arguments = sys.argv[1:]
    {"download": download, "install": install, "resolve": resolve}[step](*arguments)


main()
