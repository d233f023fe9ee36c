"""The running platform that a test is started against, as the JSON of `GENESIS_TEST_WORLD` describes it."""

import json
import os
from typing import Any

from genesis_client import Client

world: dict[str, Any] = json.loads(os.environ["GENESIS_TEST_WORLD"])


def client(who: str) -> Client:
    return Client(world["url"], world["tokens"][who])
