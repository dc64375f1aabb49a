"""Reports when something changes in a folder."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

MILLISECONDS_TO_SETTLE = 400


class FolderWatch:
    """Calls `on_change` with each watched folder that changes, from a thread of its own."""

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._changing = threading.Lock()

    def watch(self, folders: Sequence[str]) -> None:
        """Watch these folders from now on, and no others."""
        there = [folder for folder in folders if Path(folder).is_dir()]
        with self._changing:
            self._end()
            if there and not self._closed:
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(there, self._stop), name="folder-watch", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """Stop watching, for good."""
        with self._changing:
            self._closed = True
            self._end()

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, folders: Sequence[str], stop: threading.Event) -> None:
        from watchfiles import watch

        try:
            for changes in watch(
                *folders,
                stop_event=stop,
                step=100,
                debounce=4 * MILLISECONDS_TO_SETTLE,
                rust_timeout=MILLISECONDS_TO_SETTLE,
                raise_interrupt=False,
            ):
                paths = [Path(path) for _, path in changes]
                for folder in folders:
                    if any(path.is_relative_to(folder) for path in paths):
                        self._on_change(folder)
        except OSError:
            # For example, too many are watched: they are looked at when they are due instead.
            logger.exception("Folders cannot be watched.")
