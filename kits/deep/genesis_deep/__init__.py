"""Neural networks for tables, curves and spectra: ensembles with intervals, and training that resumes to the same bytes."""

VERSION = "1.0.0"
