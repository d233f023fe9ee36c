"""Neural networks for tables, curves and spectra: ensembles with intervals, and training that resumes to the same bytes."""

import os

# threads that wait sleep: spinning ones make a shared machine many times slower; must be set before torch is loaded
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

VERSION = "1.1.0"
