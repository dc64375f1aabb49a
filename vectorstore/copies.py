"""Keeps one of the passages that copies share: the earliest, or the newest that differs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.records import Story
from vectorstore.catalog.stories import wording_of
from vectorstore.text.resemblance import Wording, share_in
from vectorstore.text.words import WORD
from vectorstore.types import ArticleInfo, Filters, Passage, ScoredPassage, Span

SAME_PASSAGE = 0.7
"""A passage adds nothing if the passages kept from its story have this share of its word runs."""
SAME_SENTENCE = 0.4
"""An article has a version of a sentence if it has this share of its word runs."""
MOSTLY = 0.5
"""An article has a quote, slightly edited, if it has this share of its word runs."""
PASSAGES_REMEMBERED = 4_096
MOST_READ = 50
"""How many articles of a story are searched for a quote."""

_wording = lru_cache(PASSAGES_REMEMBERED)(Wording.of)


def one_of_each(
    catalog: Catalog,
    told: Sequence[ScoredPassage],
    stories: Mapping[str, Story],
    filters: Filters,
) -> list[ScoredPassage]:
    """Passages of articles with these stories, by article id, without those that another of their
    story makes redundant; in no order.

    The one kept gets the best of their scores. It comes from the earliest article that the filters
    let through, or from the newest of those that give a different number or name in it. If it is
    unknown which is newer, all of those are kept.
    """
    kept: list[ScoredPassage] = []
    for story in {each.cluster.id: each for each in stories.values()}.values():
        of_it = [each for each in told if stories[each.article.id] == story]
        kept += _kept_of(catalog, story, of_it, filters)
    return kept


def _kept_of(
    catalog: Catalog, story: Story, told: Sequence[ScoredPassage], filters: Filters
) -> list[ScoredPassage]:
    wordings: dict[str, Wording] = {}

    def wording(article_id: str) -> Wording:
        if article_id not in wordings:
            article = catalog.article_as_read(article_id)
            wordings[article_id] = Wording.of("") if article is None else wording_of(article)
        return wordings[article_id]

    versions: list[_Version] = []
    for each in sorted([*told, *_outermost(catalog, story, told, filters)], key=_by_date):
        version = _Version(replace(each, cluster=story.cluster), _wording(each.passage.text))
        nearest = max(versions, key=version.share_in, default=None)
        if nearest is None or version.share_in_all(versions) < SAME_PASSAGE:
            versions.append(version)
            continue
        best = max(nearest.found.score, each.score)
        if says_otherwise(each.passage, wording(nearest.first.id)):
            shown = nearest.found
            is_newer = _is_newer(each.article, nearest.first)
            if not is_newer and says_otherwise(shown.passage, wording(each.article.id)):
                versions.append(version)
                continue
            # Of two equally old, or of unknown age, the one that says more.
            if is_newer or shown.article.id == nearest.first.id:
                nearest.found, nearest.wording = version.found, version.wording
        nearest.found = replace(nearest.found, score=best)
    return [each.found for each in versions]


class _Version:
    """The passage kept of those that say the same, and the earliest article that says it."""

    def __init__(self, found: ScoredPassage, wording: Wording) -> None:
        self.found = found
        self.wording = wording
        self.first = found.article

    def share_in(self, other: "_Version") -> float:
        return share_in(self.wording.runs, other.wording.runs)

    def share_in_all(self, others: Iterable["_Version"]) -> float:
        return share_in(self.wording.runs, *(each.wording.runs for each in others))


def says_otherwise(passage: Passage, earlier: Wording) -> bool:
    """Whether a sentence of the passage has a number or name that the earlier article lacks,
    though that article has a version of the sentence."""
    for sentence in passage.sentences:
        wording = _wording(passage.sentence_text(sentence))
        if not len(wording.runs) or share_in(wording.runs, earlier.runs) < SAME_SENTENCE:
            continue
        if wording.numbers - earlier.numbers or wording.names - earlier.names:
            return True
    return False


def _outermost(
    catalog: Catalog, story: Story, told: Sequence[ScoredPassage], filters: Filters
) -> Iterator[ScoredPassage]:
    """Passages of the earliest and the newest article of the story that the filters let through, if
    the search has found only copies of them."""
    allowed = [each for each in story.articles if filters.let_through(each)]
    dated = [each for each in allowed if each.published is not None]
    known = {each.passage.id for each in told}
    wordings = [_wording(each.passage.text) for each in told]
    for info in {each.id: each for each in (*allowed[:1], *dated[-1:])}.values():
        for passage in catalog.passages_of(info.id):
            if passage.id in known:
                continue
            runs = _wording(passage.text).runs
            alike = [
                each
                for each, wording in zip(told, wordings, strict=True)
                if max(share_in(runs, wording.runs), share_in(wording.runs, runs)) >= SAME_PASSAGE
            ]
            if alike:
                best = max(alike, key=lambda each: each.score)
                yield replace(best, passage=passage, article=info)


def _is_newer(one: ArticleInfo, other: ArticleInfo) -> bool:
    return None not in (one.published, other.published) and _day(one) > _day(other)


def _day(article: ArticleInfo) -> date:
    return article.published or date.max


def _by_date(found: ScoredPassage) -> tuple[date, str, int]:
    return _day(found.article), found.article.id, found.passage.start


@dataclass(frozen=True, slots=True)
class QuoteElsewhere:
    """An article of the same story that says what a quote says. `span` is where it has the
    exact words, ignoring case, spacing and punctuation; None if they are slightly edited."""

    article: ArticleInfo
    span: Span | None


def quote_elsewhere(catalog: Catalog, article_id: str, quote: str) -> tuple[QuoteElsewhere, ...]:
    """The other articles of an article's story that say what a quote from it says, earliest first;
    in a story of very many articles, only those among the first."""
    story = catalog.stories([article_id]).get(article_id)
    found = []
    for info in story.articles[: MOST_READ + 1] if story else ():
        article = None if info.id == article_id else catalog.article_as_read(info.id)
        if article is None:
            continue
        span = find_words(article.text, quote)
        if span is not None or _says_as_much(article.text, quote):
            found.append(QuoteElsewhere(article.info, span))
    return tuple(found)


def find_words(text: str, quote: str) -> Span | None:
    """Where the text has the words of the quote, ignoring case, spacing and punctuation.

    >>> find_words('He said: "The port is open".', "The port  is open.")
    Span(start=10, end=26)
    """
    start = text.find(quote)
    if start >= 0:
        return Span(start, start + len(quote))
    words = WORD.findall(quote)
    if not words:
        return None
    pattern = r"(?<!\w)" + r"[\W_]+".join(map(re.escape, words)) + r"(?!\w)"
    match = re.search(pattern, text, re.IGNORECASE)
    return None if match is None else Span(*match.span())


def _says_as_much(text: str, quote: str) -> bool:
    one, other = Wording.of(quote), Wording.of(text)
    return (
        len(one.runs) > 0
        and share_in(one.runs, other.runs) >= MOSTLY
        and one.numbers <= other.numbers
        and one.names <= other.names
    )
