"""Models that are loaded on first use, and used by one thread at a time."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from vectorstore.embedding import BUILDING_A_MODEL
from vectorstore.errors import UserError

Model = TypeVar("Model")


class LazyModel(Generic[Model]):
    """Torch uses every core for a batch, so threads take turns."""

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._turn = threading.Lock()
        self._model: Model | None = None

    @contextmanager
    def in_turn(self) -> Iterator[Model]:
        """The model, for this thread alone. Raises what loading it raises; the next use retries."""
        with self._turn:
            if self._model is None:
                self._model = self._load()
            yield self._model


def load_named(
    setting: str, load: Callable[[bool], Model], refusal: Callable[[str], UserError]
) -> Model:
    """What `load` returns for a folder or a name on the hub; it is passed whether this is a folder.

    Raises what `refusal` makes of the reason, if there is no such model.
    """
    is_folder = Path(setting).is_dir()
    if is_folder:
        # Otherwise the library would ask the hub for newer files.
        os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is untyped here
    try:
        with BUILDING_A_MODEL:
            return load(is_folder)
    except (OSError, ValueError) as error:
        raise refusal(str(error).splitlines()[0]) from error
