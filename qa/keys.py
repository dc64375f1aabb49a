"""API keys: shown once when created, stored as hashes, compared in constant time."""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from vectorstore.errors import UserError

Scope = Literal["read", "change"]
"""What a key allows: asking and reading articles, or changing them as well."""

SHORTEST_SECRET = 24
LOCAL_KEY = "local-key"
LOCAL_NAME = "this machine"


class KeyProblem(UserError):
    """A key cannot be created, found or read; the message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as stored. `digest` is the SHA-256 of its secret, in hex: a secret of 32 random bytes
    needs neither salt nor a slow hash."""

    id: str
    name: str
    scope: Scope
    digest: str
    created: str
    revoked: bool = False
    collections: tuple[str, ...] | None = None
    """The only collections it is valid for; None: all of them, and the service as a whole."""

    @property
    def is_local(self) -> bool:
        """Whether it is the key of commands on this machine."""
        return self.name == LOCAL_NAME

    def may(self, scope: Scope) -> bool:
        return scope == "read" or self.scope == "change"

    def may_use(self, collection: str) -> bool:
        return self.collections is None or collection in self.collections


KEYS = TypeAdapter(tuple[Key, ...])


def new_key(name: str, scope: Scope) -> tuple[Key, str]:
    """A new key and its secret, which is not stored."""
    secret = f"qa_{secrets.token_urlsafe(32)}"
    return key_of(secret, name, scope), secret


def key_of(secret: str, name: str, scope: Scope) -> Key:
    """The key with this secret. Raises KeyProblem if that is too short to be safe."""
    if len(secret) < SHORTEST_SECRET:
        raise KeyProblem(
            f"A key has at least {SHORTEST_SECRET} characters. `qa keys add NAME` makes one."
        )
    digest = digest_of(secret)
    return Key(digest[:8], name, scope, digest, datetime.now(UTC).date().isoformat())


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def keys_from_setting(value: str) -> tuple[Key, ...]:
    """The keys in QA_API_KEYS: comma-separated secrets; `SECRET:read` may only read.

    Raises KeyProblem.
    """
    keys = []
    for number, entry in enumerate(filter(None, map(str.strip, value.split(","))), start=1):
        secret, _, scope = entry.partition(":")
        if scope not in ("", "read", "change"):
            raise KeyProblem(f"Key {number} of QA_API_KEYS ends in neither :read nor :change.")
        name = f"QA_API_KEYS {number}"
        keys.append(key_of(secret, name, "read" if scope == "read" else "change"))
    return tuple(keys)


class KeyFile:
    """A file of keys, which other processes may change at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def keys(self) -> tuple[Key, ...]:
        """All keys, including revoked ones. Raises KeyProblem if the file cannot be read."""
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        if seen != self._seen:
            try:
                self._keys = KEYS.validate_json(self.path.read_bytes())
            except (OSError, ValidationError) as error:
                raise KeyProblem(
                    f"The keys in {self.path} cannot be read. Restore that file, or remove it and "
                    "make new keys with `qa keys add`."
                ) from error
            self._seen = seen
        return self._keys

    def add(self, name: str, scope: Scope, collections: Sequence[str] = ()) -> str:
        """Create a key and return its secret. It is for these collections, or for all if none is
        given.

        Raises KeyProblem if the name is taken.
        """
        if name == LOCAL_NAME:
            raise KeyProblem(f"{name!r} is the key of commands on this machine. Choose a name.")
        key, secret = new_key(name, scope)
        key = replace(key, collections=tuple(dict.fromkeys(collections)) or None)
        with self._changing():
            keys = self.keys()
            if any(each.name == name and not each.revoked for each in keys):
                raise KeyProblem(f"There is a key {name!r} already. Revoke it, or choose a name.")
            self._write((*keys, key))
        return secret

    def revoke(self, name: str) -> Key:
        """Revoke the key with this name or id. Raises KeyProblem if there is none."""
        with self._changing():
            keys = self.keys()
            found = next(
                (each for each in keys if name in (each.name, each.id) and not each.revoked), None
            )
            if found is None:
                raise KeyProblem(f"There is no key {name!r}. `qa keys list` lists them.")
            self._write([replace(each, revoked=True) if each is found else each for each in keys])
        return found

    def rename_collection(self, old: str, new: str | None) -> None:
        """Update keys for a collection to its new name. None: it was removed; they keep the other
        collections they name, and do not open a later one of that name."""
        with self._changing():
            keys = self.keys()
            renamed = [_with_collection_renamed(each, old, new) for each in keys]
            if renamed != list(keys):
                self._write(renamed)

    def _changing(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path.with_name(f"{self.path.name}.lock"))

    def _write(self, keys: Sequence[Key]) -> None:
        write_privately(self.path, KEYS.dump_json(tuple(keys), indent=2))


def _with_collection_renamed(key: Key, old: str, new: str | None) -> Key:
    if key.collections is None:
        return key
    names = (new if each == old else each for each in key.collections)
    return replace(key, collections=tuple(each for each in names if each is not None))


class KeyRing:
    """The keys that a service accepts: those in its settings, and those currently in a file."""

    def __init__(self, fixed: Sequence[Key], file: KeyFile) -> None:
        self._fixed = tuple(fixed)
        self._file = file

    @property
    def was_used(self) -> bool:
        """Whether there is any key, even a revoked one."""
        return bool(self._fixed or self._file.keys())

    @property
    def is_empty(self) -> bool:
        return not any(not each.revoked for each in (*self._fixed, *self._file.keys()))

    def with_key(self, key: Key) -> "KeyRing":
        return KeyRing((*self._fixed, key), self._file)

    def find(self, secret: str) -> Key | None:
        """The key with this secret, unless it is revoked. Takes equally long for any secret."""
        digest = digest_of(secret)
        found = None
        for each in (*self._fixed, *self._file.keys()):
            if hmac.compare_digest(each.digest, digest) and not each.revoked:
                found = each
        return found


def write_local_key(folder: Path) -> Key:
    """Create a key for this user's commands on this machine, which can read the index anyway: they
    find its secret in the index folder while the service runs."""
    key, secret = new_key(LOCAL_NAME, "change")
    write_privately(folder / LOCAL_KEY, secret.encode())
    return key


def read_local_key(folder: Path) -> str | None:
    """The secret that `write_local_key` left there; None if there is none, or it cannot be read."""
    try:
        return (folder / LOCAL_KEY).read_text("utf-8")
    except OSError:
        return None


def remove_local_key(folder: Path) -> None:
    (folder / LOCAL_KEY).unlink(missing_ok=True)


def write_privately(path: Path, content: bytes) -> None:
    """Write the content to the file atomically, readable only by its owner."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fsync(descriptor)
    Path(name).replace(path)
