"""A receipt as Markdown, HTML and JSON-LD: whole, and harmless whatever the articles say."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from qa.receipts.exports import as_html, as_json_ld, as_markdown, exported, pieces
from qa.receipts.receipt import (
    AnsweredBy,
    NoReceipt,
    Receipt,
    ReceiptQuote,
    ReceiptSentence,
    read_receipt,
)
from qa.receipts.receipt_file import CannotSave, read_receipt_file, save_receipt

QUOTE = "Pilots earned <b>100</b> dollars,\nthe *board* said."
TEXT = "Pilots earned 100 dollars [1]. The board sank in 2020."
BY = AnsweredBy("0.1.0", "llm", "openai:m", "abc", "bundled", "all-MiniLM-L6-v2", 7)
RECEIPT = Receipt(
    id="f" * 32,
    made=datetime(2024, 5, 2, 10, 30, tzinfo=UTC),
    question="What did <script>pilots</script> earn?",
    standalone_question="What did pilots earn?",
    answered=True,
    text=TEXT,
    sentences=(
        ReceiptSentence(0, 30, TEXT[:30], (1,), "supported"),
        ReceiptSentence(31, 54, TEXT[31:54], (), "contradicted", "It met in 2020."),
    ),
    quotes=(
        ReceiptQuote(
            number=1, article_id="a/b.txt", start=8, end=58, quote=QUOTE, title="Pay [at] sea",
            source="The Ledger", published=date(2024, 5, 1), url="https://example.org/pay",
            article_hash="0" * 64,
        ),
    ),
    answered_by=BY,
)  # fmt: skip


def test_json_is_read_back_whole() -> None:
    assert read_receipt(exported(RECEIPT, "json")) == RECEIPT


def test_what_is_no_receipt_is_said() -> None:
    for given in (b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(NoReceipt, match="no receipt"):
            read_receipt(given)
    other = json.loads(exported(RECEIPT, "json")) | {"format": "article-qa receipt 9"}
    with pytest.raises(NoReceipt, match="receipt 9"):
        read_receipt(json.dumps(other))


def test_the_pieces_of_an_answer_are_all_of_it() -> None:
    assert "".join(text for text, _ in pieces(RECEIPT)) == TEXT


def test_markdown_has_a_footnote_for_each_quote_and_no_markup_of_articles() -> None:
    written = as_markdown(RECEIPT)
    assert "Pilots earned 100 dollars[^1]. " in written
    assert "\n[^1]: “Pilots earned" in written
    assert "(<https://example.org/pay#:~:text=" in written
    assert "*(contradicted: It met in 2020.)*" in written
    html = MarkdownIt("commonmark").render(written)
    assert "<script>" not in html
    assert "<b>" not in html
    assert "*board*" in html


def test_html_is_a_document_without_markup_of_articles() -> None:
    written = as_html(RECEIPT)
    assert '<a href="#quote-1">1</a>' in written
    assert '<li id="quote-1" value="1">' in written
    assert "<script" not in written
    assert "&lt;b&gt;100&lt;/b&gt;" in written
    assert "contradicted: It met in 2020." in written
    assert "http" not in written.replace("https://example.org/pay", "")


def test_json_ld_reviews_each_sentence() -> None:
    linked = as_json_ld(RECEIPT, "http://localhost/")
    question, first, second = linked["@graph"]
    assert question["acceptedAnswer"]["url"] == f"http://localhost/answers/{RECEIPT.id}"
    assert [each["reviewRating"]["ratingValue"] for each in (first, second)] == [5, 1]
    (citation,) = first["citation"]
    assert citation["text"] == QUOTE
    assert first["claimReviewed"] == "Pilots earned 100 dollars."
    assert first["url"].endswith("#sentence-1")
    assert 'id="sentence-1"' in as_html(RECEIPT)
    assert citation["identifier"] == "#char=8,58"
    assert "citation" not in second
    assert second["reviewBody"] == "It met in 2020."


@pytest.mark.parametrize("suffix", [".json", ".md", ".html", ".jsonld"])
def test_a_receipt_is_saved_in_the_format_of_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"answer{suffix}"
    save_receipt(RECEIPT, path)
    form: Any = {".md": "markdown"}.get(suffix, suffix[1:])
    assert path.read_bytes() == exported(RECEIPT, form)


def test_where_it_cannot_be_saved_or_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotSave, match=r"\.jsonld"):
        save_receipt(RECEIPT, tmp_path / "answer.pdf")
    with pytest.raises(CannotSave, match="cannot be written"):
        save_receipt(RECEIPT, tmp_path / "missing" / "answer.json")
    with pytest.raises(NoReceipt, match="cannot be read"):
        read_receipt_file(tmp_path / "missing.json")
