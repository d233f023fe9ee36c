"""Genesis from Python: find governed data, ask for it, and load what you may see.

    from genesis_client import Client

    genesis = Client()                       # address and token as the `genesis` command has them
    for hit in genesis.search("sans silica"):
        print(hit["id"], hit["name"])
    frame = genesis.load("ver_...", purpose="train")
"""

from ._errors import GenesisError
from .client import Client

__all__ = ["Client", "GenesisError"]
__version__ = "0.1.0"
