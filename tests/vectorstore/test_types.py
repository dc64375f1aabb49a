"""The hashes that identify index content, and metadata that is passed on completely."""

from dataclasses import fields
from datetime import date

import pytest

from vectorstore.chunking import PassageSize, Tokens, split_article
from vectorstore.types import Article, ArticleInfo, Metadata, SkippedSpan

INFO = ArticleInfo(
    "a/b.txt",
    title="It's “Ünïcode” \\ 👩‍👧",
    published=date(2022, 4, 20),
    source="The Post",
    url="https://x.example/?a='b'",
)
TEXT = "One\r\nTwo \x00 'three'. \ud83d"


@pytest.mark.parametrize(
    ("article", "content_hash"),
    [
        (Article(INFO, TEXT), "3b024684c691984b594b582510560b356e55535d9a239bcbe9a32a3cf1a79500"),
        (
            Article(INFO, TEXT, (SkippedSpan(0, 3),)),
            "71da17d80e9151f53198806043c6f6767a7ad215a48dde71f9e022e821eabbda",
        ),
        (
            Article(INFO, TEXT, (SkippedSpan(0, 3, "metadata"), SkippedSpan(5, 9, "promotional"))),
            "1b6937b8207861e23292de731375f030c5a0e1f3353da176604810368c0d7373",
        ),
        (
            Article(ArticleInfo("a"), ""),
            "544103ee8618db83dd48146b74fedc68f336182a69b4205a4a3134faf5eab133",
        ),
    ],
)
def test_content_hashes_stay_what_they_were_in_the_first_version(
    article: Article, content_hash: str
) -> None:
    # Other values would make every article of every index look changed.
    assert article.content_hash == content_hash


def test_passage_ids_stay_what_they_were_in_the_first_version() -> None:
    # Other values would have every passage of every index embedded again.
    text = "One sentence here. Two follow.\n\nThen 'another'."
    words = Tokens(lambda texts: [len(each.split()) for each in texts], lambda text: [])
    (passage,) = split_article(Article(INFO, text, (SkippedSpan(0, 3),)), words, PassageSize())
    assert passage.id == "da862b48f7a5da0d4a28c4dfe9835725"


def test_an_article_that_keeps_everything_differs_from_one_that_does_not() -> None:
    assert Article(INFO, TEXT, keep_all=True).content_hash != Article(INFO, TEXT).content_hash


def test_metadata_is_passed_on_whole() -> None:
    assert set(INFO.metadata()) == {field.name for field in fields(Metadata)}
    assert ArticleInfo("a/b.txt", **INFO.metadata()) == INFO
