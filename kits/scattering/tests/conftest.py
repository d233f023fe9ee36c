import os
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
# The package that kit.json names under `uses`, for the tests and for the jobs that they start.
PATHS = [str(KIT), str(KIT.parent / "deep")]
sys.path[:0] = PATHS
os.environ["PYTHONPATH"] = os.pathsep.join([*PATHS, *filter(None, [os.environ.get("PYTHONPATH")])])
