"""The measures of extraction, on pages made here."""

import gzip
import json
from pathlib import Path

import pytest

from qa.evaluation.extraction_measures import (
    Extracted,
    PageCase,
    extract_by_trafilatura,
    extract_here,
    measure_extraction,
    read_cases,
    score,
)
from tests.website import story

PARAGRAPHS = (
    "The harbor of Quillhaven froze on Tuesday, for the first time in eleven years.",
    "The ferry to Skarn stayed at its pier, and its captain played cards with the crew.",
)
PAGE = story("Ice in the harbor", *PARAGRAPHS).replace(
    "<article>",
    "<nav><a href='/'>Home</a> <a href='/weather'>Weather</a></nav><article>",
)


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ("a b c d e", "a b c d e", (1.0, 1.0)),
        ("a b c d e", "", (0.0, 0.0)),
        ("", "", (1.0, 1.0)),
        ("a b", "a, b!", (1.0, 1.0)),
        ("a b c d e f", "a b c d", (1.0, 1 / 3)),
        ("a b c d", "a b c d a b c d", (0.2, 1.0)),
    ],
)
def test_precision_and_recall_count_runs_of_four_words(
    truth: str, found: str, expected: tuple[float, float]
) -> None:
    assert score(truth, found) == pytest.approx(expected)


def test_the_figures_are_means_over_pages() -> None:
    cases = [PageCase("1", b"1", "a b c d"), PageCase("2", b"2", "a b c d")]
    found = {b"1": Extracted("a b c d", True, True), b"2": Extracted("", False, True)}
    figures = measure_extraction(cases, found.__getitem__)
    assert (figures.precision, figures.recall, figures.f1) == (0.5, 0.5, 0.5)
    assert (figures.dates, figures.authors) == (1, 2)


def test_pages_are_read_from_the_benchmarks_files_and_extracted(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "ice.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    truth = {"ice": {"articleBody": "\n".join(PARAGRAPHS)}, "missing": {"articleBody": "Snow."}}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (case,) = read_cases(tmp_path)
    for extract in (extract_here, extract_by_trafilatura):
        figures = measure_extraction([case], extract)
        assert figures.recall == 1
        assert figures.f1 > 0.9


def test_a_page_without_an_article_scores_nothing() -> None:
    case = PageCase("1", b"<nav></nav>", "The harbor froze on Tuesday night.")
    assert measure_extraction([case], extract_here).f1 == 0
