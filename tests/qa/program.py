"""`qa` as a subprocess, with a cheap embedding model that tests can block.

If HOLD is a folder with two named pipes, `held` and `release`, embedding a text that contains the
word "hold" writes to the first and then waits for the second.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from qa import composition
from qa.cli import commands
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.types import Vectors


class Held(HashingEmbedder):
    def embed(self, texts: Sequence[str]) -> Vectors:
        folder = os.environ.get("HOLD")
        if folder is not None and any("hold" in text for text in texts):
            Path(folder, "held").write_text("held")
            Path(folder, "release").read_text()
        return super().embed(texts)


if __name__ == "__main__":
    setattr(composition, "embedder_for", lambda model: Held())  # noqa: B010
    commands.main()
