"""The sentences for measuring the checker agree with the articles they paraphrase."""

import json
from pathlib import Path

import pytest

from vectorstore.readers import read_articles
from vectorstore.types import Article

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
ROWS = [json.loads(line) for line in (SEEDS / "checks.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {a.id: a for a in read_articles([SEEDS / "articles"]) if isinstance(a, Article)}


def test_every_quote_is_the_exact_words_of_its_article(articles: dict[str, Article]) -> None:
    for row in ROWS:
        text = articles[row["article_id"]].text
        if row["kind"] != "invented":
            assert text[row["start"] : row["end"]] == row["quote"], row["id"]


def test_no_sentence_is_copied_from_its_article(articles: dict[str, Article]) -> None:
    copied = [r["id"] for r in ROWS if r["sentence"] in articles[r["article_id"]].text]
    assert len(copied) <= len(ROWS) // 100, copied


def test_what_is_measured_was_not_fitted_on() -> None:
    fitted = {row["article_id"] for row in ROWS if row["part"] == "development"}
    measured = {row["article_id"] for row in ROWS if row["part"] == "test"}
    assert not fitted & measured


def test_ids_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
