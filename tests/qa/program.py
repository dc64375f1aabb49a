"""`qa` as a subprocess, with a cheap embedding model that tests can block.

If HOLD is a folder with two named pipes, `held` and `release`, embedding a text that contains the
word "hold" writes to the first and then waits for the second.
"""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from qa import composition
from qa.cli import commands
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore import embedding
from vectorstore.bundled_model import BUNDLED_MODEL
from vectorstore.types import Vectors


class Held(HashingEmbedder):
    def embed(self, texts: Sequence[str]) -> Vectors:
        folder = os.environ.get("HOLD")
        if folder is not None and any("hold" in text for text in texts):
            Path(folder, "held").write_text("held")
            Path(folder, "release").read_text()
        return super().embed(texts)


def embedder_for(model: str) -> Held:
    return Held() if model == BUNDLED_MODEL else Held(model, dimension=48)


if __name__ == "__main__":
    # What a shell starts in the background ignores it, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    setattr(composition, "embedder_for", embedder_for)  # noqa: B010
    setattr(embedding, "embedder_for", embedder_for)  # noqa: B010
    commands.main()
