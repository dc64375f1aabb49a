"""The file in the index folder that stores what is followed."""

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from qa.following.followed import Followed
from vectorstore.errors import UserError

FOLLOWED = TypeAdapter(tuple[Followed, ...])


class FollowedFileError(UserError):
    """What is followed cannot be loaded or saved; the message says why and what to do."""


class FollowedFile:
    """`followed.json` in the folder of an index. The process that has the index open owns it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "followed.json"

    def load(self) -> tuple[Followed, ...]:
        """Raises FollowedFileError."""
        try:
            return FOLLOWED.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        except (ValidationError, ValueError) as error:
            raise FollowedFileError(
                f"{self._path}, which keeps what is followed, is damaged. Restore it from a backup,"
                " or remove it and follow again with `qa follow`."
            ) from error
        except OSError as error:
            raise FollowedFileError(f"{self._path} cannot be read: {error.strerror}.") from error

    def save(self, followed: tuple[Followed, ...]) -> None:
        """Save all of it, or keep what was there before. Raises FollowedFileError."""
        new = self._path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(to_json(followed, indent=1))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            raise FollowedFileError(f"{self._path} cannot be written: {error.strerror}.") from error
