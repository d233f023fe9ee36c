"""
Says, as one JSON object, what this Python is and whether environments can be made with it, and where its user has told
pip to look for packages. Runs outside of a sandbox: it is the operator's own Python, and imports nothing but its own
standard library and the pip in it.
"""

import glob
import json
import os
import platform
import sys
import sysconfig

LOOKED_AT = (
    ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert")
    + ("proxy", "timeout", "default-timeout", "retries", "constraint")
)


def pip_wheel():
    import ensurepip

    folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR")]
    found = [one for folder in folders if folder for one in sorted(glob.glob(os.path.join(folder, "pip-*.whl")))]
    if not found:
        raise ImportError("ensurepip has no wheel of pip")
    return found[0]


def pip_settings():
    """The settings of the user in pip's own order: variables first, then files, those of a command before the general."""
    sys.path.insert(0, pip_wheel())
    from pip._internal.configuration import Configuration

    configuration = Configuration(isolated=False)
    configuration.load()
    known = dict(configuration.items())
    chosen = {}
    for section in ("global", "download", "install", ":env:"):
        for name in LOOKED_AT:
            if f"{section}.{name}" in known:
                chosen[name] = str(known[f"{section}.{name}"])
    return chosen


def main():
    missing, settings = [], {}
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            missing.append(module)
    trouble = None
    if not missing:
        try:
            settings = pip_settings()
        except Exception as error:  # whatever pip finds wrong with its files, the operator has to see
            trouble = f"{type(error).__name__}: {error}"
    libc = " ".join(platform.libc_ver()).strip()
    print(
        json.dumps(
            {
                "version": platform.python_version(),
                "implementation": sys.implementation.name,
                "platform": f"{sysconfig.get_platform()} {libc}".strip(),
                "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
                "prefix": os.path.realpath(sys.base_prefix),
                "missing": missing,
                "trouble": trouble,
                "pip": settings,
                "proxies": {
                    name: os.environ[name]
                    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
                    if name in os.environ
                },
            }
        )
    )


main()
