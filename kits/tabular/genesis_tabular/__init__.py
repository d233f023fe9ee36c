"""Models from tables: search, nested cross-validation, conformal intervals, and a model that ONNX Runtime serves."""

VERSION = "1.0.1"
