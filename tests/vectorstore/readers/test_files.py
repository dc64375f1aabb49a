"""Which files become articles, under which ids, and what is reported about the rest."""

import os
import unicodedata
from pathlib import Path

import pytest

from vectorstore.readers import Unreadable, count_candidates, read_articles
from vectorstore.types import Article


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content or f"The harbor of {path.stem} froze.", encoding="utf-8")
    return path


def ids(*paths: Path, follow_links: bool = False) -> list[str]:
    """The ids of the articles, and of what is no article its place and a few words of why."""
    return [
        found.id if isinstance(found, Article) else f"{Path(found.where).name}: {found.reason}"
        for found in read_articles(paths, follow_links=follow_links)
    ]


def unreadable(*paths: Path) -> Unreadable:
    (only,) = [found for found in read_articles(paths) if isinstance(found, Unreadable)]
    return only


def test_a_folder_is_read_in_order_of_names_with_its_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.html.txt", "c/d.TXT", "a.txt"):
        write(tmp_path / name)
    expected = ["a/b/c.html.txt", "a/z.md", "a.txt", "b.txt", "c/d.TXT"]
    assert ids(tmp_path) == expected
    assert count_candidates([tmp_path]) == len(expected)


def test_hidden_names_and_other_formats_are_passed_over_in_a_folder(tmp_path: Path) -> None:
    for name in ("a.txt", ".hidden.txt", ".git/b.txt", "c.png", "README"):
        write(tmp_path / name)
    assert ids(tmp_path) == ["a.txt"]


def test_an_index_inside_a_folder_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", "data/catalog.sqlite", "data/lock", "data/owner.json", "data/deep/b.txt"):
        write(tmp_path / name)
    assert ids(tmp_path) == ["a.txt"]


def test_a_file_named_directly_is_known_by_its_name_even_if_hidden(tmp_path: Path) -> None:
    assert ids(write(tmp_path / "deep" / "a.txt"), write(tmp_path / ".b.txt")) == [
        "a.txt",
        ".b.txt",
    ]


def test_an_unknown_format_named_directly_is_refused(tmp_path: Path) -> None:
    assert "Supported are .csv" in unreadable(write(tmp_path / "a.png")).reason


def test_a_path_to_nothing_is_named(tmp_path: Path) -> None:
    assert unreadable(tmp_path / "none").where == str(tmp_path / "none")
    assert "no such file" in unreadable(tmp_path / "none.txt").reason


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    inner = write(tmp_path / "a" / "b.txt")
    assert ids(tmp_path, tmp_path / "a", inner) == ["a/b.txt"]
    assert ids(inner, tmp_path) == ["b.txt"]


def test_links_are_followed_and_a_loop_is_named(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.txt")
    write(tmp_path / "out" / "b.txt")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "out").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "same.txt").symlink_to(tmp_path / "in" / "a.txt")
    assert ids(tmp_path / "in", follow_links=True) == [
        "a.txt",
        "loop: It is a link back to a folder that contains it, and is ignored.",
        "out/b.txt",
    ]


def test_a_link_to_itself_costs_only_itself(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "b").symlink_to("b")
    first, second = ids(tmp_path)
    assert first == "a.txt"
    assert second.startswith("b: It could not be read: ")


def test_a_link_out_of_the_given_folder_is_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret" / "key.txt")
    write(tmp_path / "in" / "a.txt")
    write(tmp_path / "in" / "deep" / "b.txt")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "file.txt").symlink_to(tmp_path / "secret" / "key.txt")
    (tmp_path / "in" / "inside").symlink_to(tmp_path / "in" / "deep")
    leads_out = (
        "It is a link that leads out of the folder, and is ignored. Follow such links with "
        "--follow-links."
    )
    assert ids(tmp_path / "in") == [
        "a.txt", "deep/b.txt", f"file.txt: {leads_out}", f"folder: {leads_out}",
    ]  # fmt: skip


def test_a_link_that_is_given_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.txt")
    (tmp_path / "given").symlink_to(tmp_path / "real")
    assert ids(tmp_path / "given") == ["a.txt"]


def test_a_link_to_nothing_or_to_itself_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "b.txt")
    write(tmp_path / "c.txt")
    first, second, last = ids(tmp_path)
    assert first.startswith("a.txt: There is no such file")
    assert second.startswith("b.txt: It could not be read")
    assert last == "c.txt"


def test_a_pipe_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    assert ids(tmp_path) == [
        "a.txt: It is not a regular file, but a pipe, a socket or a device.",
        "b.txt",
    ]
    assert "pipe" in unreadable(tmp_path / "a.txt").reason


def test_a_file_that_vanishes_or_turns_into_a_pipe_is_named(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        write(tmp_path / name)
    found = read_articles([tmp_path / name for name in ("a.txt", "b.txt", "c.txt", "d.txt")])
    next(found)
    (tmp_path / "b.txt").unlink()
    (tmp_path / "c.txt").unlink()
    os.mkfifo(tmp_path / "c.txt")
    gone, pipe, last = found
    assert isinstance(gone, Unreadable)
    assert "no such file" in gone.reason
    assert isinstance(pipe, Unreadable)
    assert "pipe" in pipe.reason
    assert isinstance(last, Article)


def test_a_file_removed_just_before_it_is_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    opened = os.open

    def remove_then_open(path: Path, flags: int) -> int:
        if path.name == "a.txt":
            path.unlink()
        return opened(path, flags)

    monkeypatch.setattr(os, "open", remove_then_open)
    first, last = ids(tmp_path)
    assert first.startswith("a.txt: There is no such file")
    assert last == "b.txt"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b.txt").chmod(0)
    write(tmp_path / "c" / "d.txt").parent.chmod(0)
    write(tmp_path / "e.txt")
    try:
        first, second, last = ids(tmp_path)
    finally:
        (tmp_path / "c").chmod(0o700)
    assert first.startswith("b.txt: There is no permission")
    assert second.startswith("c: There is no permission")
    assert last == "e.txt"


def test_a_refused_permission_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    write(tmp_path / "a.txt")
    monkeypatch.setattr(os, "open", refuse)
    assert "no permission" in unreadable(tmp_path).reason


def test_a_file_over_the_limit_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x" * 1001)
    write(tmp_path / "b.txt", "x" * 1000)
    first, second = read_articles([tmp_path], max_bytes=1000)
    assert isinstance(first, Unreadable)
    assert "longer than 1,000 bytes" in first.reason
    assert isinstance(second, Article)


def test_a_page_of_more_than_20_mb_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.html", " " * 20_000_001)
    assert "longer than 20 MB" in unreadable(tmp_path).reason


def test_a_line_over_the_limit_is_named_in_a_file_that_may_be_longer(tmp_path: Path) -> None:
    lines = (
        ['{"text": "Ice."}'] * 30 + ['{"text": "%s"}' % ("x" * 300)] + ['{"text": "Snow."}'] * 30
    )
    write(tmp_path / "a.jsonl", "\n".join(lines))
    found = list(read_articles([tmp_path], max_bytes=200))
    assert [each.where for each in found if isinstance(each, Unreadable)] == [
        f"{tmp_path / 'a.jsonl'}, line 31"
    ]
    assert len(found) == 61


def test_an_id_can_be_taken_once_and_both_places_are_named(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", '{"id": "1", "text": "Ice."}\n{"id": "1", "text": "Snow."}\n')
    write(tmp_path / "b.md", "---\nid: 1\n---\nRain.\n")
    first, second, third = read_articles([tmp_path])
    assert isinstance(first, Article)
    for other, where in ((second, "a.jsonl, line 2"), (third, "b.md")):
        assert isinstance(other, Unreadable)
        assert other.where.endswith(where)
        assert "'1' is taken" in other.reason
        assert "a.jsonl, line 1" in other.reason


def test_the_same_article_again_is_nothing_new(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", '{"id": "1", "text": "Ice."}\n' * 2)
    assert ids(tmp_path) == ["1"]


def test_files_of_one_name_in_two_folders_given_cannot_both_go_in(tmp_path: Path) -> None:
    write(tmp_path / "north" / "a.txt", "Ice.")
    write(tmp_path / "south" / "a.txt", "Snow.")
    first, second = read_articles([tmp_path / "north", tmp_path / "south"])
    assert isinstance(first, Article)
    assert isinstance(second, Unreadable)
    assert str(tmp_path / "north" / "a.txt") in second.reason


def test_a_name_is_the_same_id_however_its_accents_are_composed(tmp_path: Path) -> None:
    write(tmp_path / "one" / unicodedata.normalize("NFD", "café.txt"), "Ice.")
    write(tmp_path / "two" / unicodedata.normalize("NFC", "café.txt"), "Ice.")
    assert ids(tmp_path / "one") == ids(tmp_path / "two") == ["café.txt"]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_not_unicode_can_be_stored_and_shown(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        path.write_text("", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert unreadable(tmp_path).where == f"{tmp_path}/caf\\xe9.txt"
    path.write_text("Ice.", encoding="utf-8")
    assert ids(tmp_path) == ["caf\\xe9.txt"]


def test_files_are_closed_when_reading_stops_early(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", '{"text": "Ice."}\n{"text": "Snow."}\n')
    found = read_articles([tmp_path])
    next(found)
    found.close()  # type: ignore[attr-defined]
