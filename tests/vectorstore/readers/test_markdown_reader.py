"""Markdown: front matter, headings, and blocks that are not prose."""

import time
from datetime import date

import pytest

from tests.vectorstore.readers.reading import article, skipped
from vectorstore.readers import parse_upload

NOTE = """\
---
title: "Ice: a history"
date: 2022-04-20 10:00:00 +0000
author: [Ann Lee, Bo Sand]
source: {name: Harbor Note}
canonical: https://note.example/ice
---
# Another *heading*

![A ship](ship.png)

[Home](/) | [World](/world)

The harbor [froze](/why) on Monday.

<!-- a note to the editor -->
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_markdown_says_its_metadata_in_front(end: str) -> None:
    content = NOTE.replace("\n", end)
    note = article("note.md", content)
    assert note.text == content
    assert note.id == note.info.url == "https://note.example/ice"
    assert note.info.title == "Ice: a history"
    assert note.info.published == date(2022, 4, 20)
    assert note.info.author == "Ann Lee, Bo Sand"
    assert note.info.source == "Harbor Note"
    assert [words.strip() for words in skipped(note)] == [
        content[: content.index("# Another")].strip(),
        "![A ship](ship.png)",
        "[Home](/) | [World](/world)",
        "<!-- a note to the editor -->",
    ]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Ships.\n\n# Ice in *Lima*\n\nProse.", "Ice in Lima"),
        ("Ice\n===\n\nProse.", "Ice"),
        ("```sh\n# no heading\n```\n\n## Ice\n\nProse.", "Ice"),
        ("The harbor froze. Ships waited.", "The harbor froze."),
    ],
)
def test_a_heading_is_the_title_of_markdown(content: str, title: str) -> None:
    if title == "The harbor froze.":
        content = content.replace("harbor", "harbor of Lima, in Peru,")
        title = title.replace("harbor", "harbor of Lima, in Peru,")
    assert article("a.md", content).info.title == title


def test_front_matter_that_is_not_yaml_says_nothing_and_is_no_prose() -> None:
    found = article("a.md", "---\ntitle: [Ice\nauthor: Ann\n---\n# The bay\n\nIt froze.\n")
    assert found.info.title == "The bay"
    assert skipped(found) == ["---\ntitle: [Ice\nauthor: Ann\n---\n"]


def test_prose_between_two_rules_is_prose() -> None:
    content = "---\nIt was a dark and stormy night.\n---\nThe wind howled.\n"
    assert article("a.md", content).skipped == ()


def test_front_matter_with_surprising_values_is_read_as_it_is_written() -> None:
    found = article("a.md", "---\ntitle: Yes\ndate: 2022-02-30\nid: 007\n---\nIt froze.\n")
    assert (found.id, found.info.title, found.info.published) == ("007", "Yes", None)


def test_an_address_that_is_not_on_the_web_is_no_url() -> None:
    found = article("a.md", "---\nurl: javascript:alert(1)\nlink: /ice\n---\nIt froze.\n")
    assert (found.id, found.info.url) == ("a.md", None)


@pytest.mark.parametrize("unit", ["<!--", "<script>", "<!-- a\n", "- a\n", "# a\n\n", "[a](", "\n"])
def test_hostile_markdown_is_read_in_linear_time(unit: str) -> None:
    text = (unit * (400_000 // len(unit)))[:400_000]
    began = time.process_time()
    list(parse_upload("a.md", text.encode()))
    assert time.process_time() - began < 30  # 4 seconds at most; it was minutes


def test_an_unclosed_comment_in_markdown_hides_nothing() -> None:
    assert skipped(article("a.md", "<!-- begins here\n\nThe harbor froze.\n")) == []
