"""Reads a bill of materials from standard input; ends with 1 where it is no valid CycloneDX 1.6, in strict mode."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
if problem is not None:
    print(problem, file=sys.stderr)
    sys.exit(1)
