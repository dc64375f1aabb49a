"""Whether torch is installed: an extra, because the bundled models run without it."""

from importlib.util import find_spec

from vectorstore.errors import UserError

PACKAGES = ("sentence_transformers", "torch", "transformers")


def torch_is_installed() -> bool:
    """Does not import it, which takes seconds."""
    return all(find_spec(each) is not None for each in PACKAGES)


def require_torch(model: str, refusal: type[UserError]) -> None:
    """Raises `refusal`, naming the extra to install, if torch is missing."""
    if not torch_is_installed():
        raise refusal(
            f"The model {model!r} runs on torch, which is not installed. Install it with "
            "`pip install 'article-qa[torch]'`, or use the bundled model, which needs none."
        )
