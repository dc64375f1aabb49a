"""How well article text is extracted from web pages: F1 over four-word shingles.

Scores as the public article-extraction benchmark does
(https://github.com/scrapinghub/article-extraction-benchmark): precision and recall are means over
pages, and F1 is computed from them.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vectorstore.readers import parse_upload
from vectorstore.types import Article

SHINGLE = 4

Extract = Callable[[bytes], "Extracted"]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was found in a page."""

    text: str
    has_date: bool
    has_author: bool


@dataclass(frozen=True, slots=True)
class PageCase:
    """A page and the text of its article."""

    name: str
    html: bytes
    text: str


@dataclass(frozen=True, slots=True)
class ExtractionFigures:
    """Means over pages, and in how many of them a date and an author were found."""

    precision: float
    recall: float
    dates: int
    authors: int

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read_cases(folder: Path) -> Iterator[PageCase]:
    """The benchmark's pages: `html/ID.html.gz`, and `truth.json` from ID to `articleBody`."""
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    for name in sorted(truth):
        page = folder / "html" / f"{name}.html.gz"
        if page.exists():
            yield PageCase(name, gzip.decompress(page.read_bytes()), truth[name]["articleBody"])


def extract_here(html: bytes) -> Extracted:
    """The way pages are ingested."""
    found = next(parse_upload("page.html", html), None)
    if not isinstance(found, Article):
        return Extracted("", False, False)
    info = found.info
    return Extracted(found.text, info.published is not None, info.author is not None)


def extract_by_trafilatura(html: bytes) -> Extracted:
    """With trafilatura's own defaults."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    found = bare_extraction(html, with_metadata=True)
    if not isinstance(found, Document):
        return Extracted("", False, False)
    return Extracted(found.text or "", bool(found.date), bool(found.author))


def measure_extraction(cases: Sequence[PageCase], extract: Extract) -> ExtractionFigures:
    found = [extract(case.html) for case in cases]
    scores = [score(case.text, each.text) for case, each in zip(cases, found, strict=True)]
    return ExtractionFigures(
        precision=sum(precision for precision, _ in scores) / len(scores),
        recall=sum(recall for _, recall in scores) / len(scores),
        dates=sum(each.has_date for each in found),
        authors=sum(each.has_author for each in found),
    )


def score(truth: str, found: str) -> tuple[float, float]:
    """Precision and recall of the shingles of `found`.

    >>> score("a b c d e", "a b c d x")
    (0.5, 0.5)
    """
    true, other = shingles(truth), shingles(found)
    both = (true & other).total()
    precision = both / other.total() if other else float(not true)
    recall = both / true.total() if true else float(not other)
    return precision, recall


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Each run of four words; all of the words if there are fewer."""
    words = re.findall(r"\w+", text)
    if not words:
        return Counter()
    runs = range(max(1, len(words) - SHINGLE + 1))
    return Counter(tuple(words[start : start + SHINGLE]) for start in runs)
