"""API keys: made, kept as hashes, found and revoked."""

import json
import os
import stat
from pathlib import Path

import pytest

from qa.keys import (
    KeyFile,
    KeyProblem,
    KeyRing,
    keys_from_setting,
    read_local_key,
    remove_local_key,
    write_local_key,
)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def test_a_key_is_found_by_its_secret_alone(file: KeyFile) -> None:
    secret = file.add("page", "read")
    ring = KeyRing((), file)
    key = ring.find(secret)
    assert key is not None
    assert (key.name, key.scope) == ("page", "read")
    for wrong in (secret[:-1], secret + "x", key.digest, key.id, "", "ü\ud800"):
        assert ring.find(wrong) is None


def test_no_two_secrets_are_alike_and_none_is_kept(file: KeyFile) -> None:
    secrets = {file.add(f"key {n}", "change") for n in range(20)}
    assert len(secrets) == 20
    kept = file.path.read_text()
    assert not any(secret in kept for secret in secrets)
    assert all(len(each["digest"]) == 64 for each in json.loads(kept))


@pytest.mark.skipif(os.name == "nt", reason="there are no such permissions")
def test_only_the_owner_may_read_the_file(file: KeyFile) -> None:
    file.add("page", "read")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_revoked_key_is_found_no_longer_also_by_who_has_the_file_open(file: KeyFile) -> None:
    ring = KeyRing((), file)
    secret = file.add("page", "read")
    assert ring.find(secret)
    KeyFile(file.path).revoke("page")
    assert ring.find(secret) is None
    assert ring.is_empty
    assert ring.was_used


def test_a_key_can_be_revoked_by_its_id_and_its_name_given_again(file: KeyFile) -> None:
    first = file.add("page", "read")
    file.revoke(file.keys()[0].id)
    second = file.add("page", "change")
    assert KeyRing((), file).find(first) is None
    assert KeyRing((), file).find(second)


def test_what_cannot_be_done_is_said(file: KeyFile) -> None:
    with pytest.raises(KeyProblem, match="no key 'page'"):
        file.revoke("page")
    file.add("page", "read")
    with pytest.raises(KeyProblem, match="already"):
        file.add("page", "read")
    file.path.write_text("{")
    with pytest.raises(KeyProblem, match="cannot be read"):
        KeyFile(file.path).keys()


def test_a_scope_to_change_is_one_to_read(file: KeyFile) -> None:
    file.add("reader", "read")
    file.add("editor", "change")
    reader, editor = file.keys()
    assert (reader.may("read"), reader.may("change")) == (True, False)
    assert (editor.may("read"), editor.may("change")) == (True, True)


def test_keys_of_the_setting() -> None:
    first, second = keys_from_setting(f"{'a' * 24}, {'b' * 24}:read,")
    assert (first.scope, second.scope) == ("change", "read")
    with pytest.raises(KeyProblem, match="24 characters"):
        keys_from_setting("short")
    with pytest.raises(KeyProblem, match="Key 1"):
        keys_from_setting(f"{'a' * 24}:all")


def test_the_local_key_is_there_while_the_service_runs(tmp_path: Path) -> None:
    assert read_local_key(tmp_path) is None
    key = write_local_key(tmp_path)
    secret = read_local_key(tmp_path)
    assert secret is not None
    assert KeyRing((key,), KeyFile(tmp_path / "none")).find(secret) == key
    remove_local_key(tmp_path)
    assert read_local_key(tmp_path) is None
