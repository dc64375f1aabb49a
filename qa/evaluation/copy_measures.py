"""How well copies of articles are recognised: precision and recall over pairs.

Copies are made from real articles, in the ways that stories are passed on, and mixed with texts
that share words but are not copies. What is measured is the catalog itself, as ingestion fills it.
"""

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, combinations, islice
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory

from vectorstore.catalog.catalog import Catalog
from vectorstore.catalog.database import Transaction
from vectorstore.catalog.records import IndexedArticle
from vectorstore.catalog.sqlite import SqliteDatabase
from vectorstore.catalog.stories import Stories
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Article, ArticleInfo

REWRITTEN = 0.2
SHORTEST_CUT, LONGEST_CUT = 0.4, 0.8
ARTICLES_PUBLISHED_AT_ONCE = 40
REPORTS = 60

NOTICE = (
    "Editor's note: The views in this piece are those of its writer alone. Write to us about it, "
    "and tell us where you live; letters may be edited for length and for clarity. Readers who "
    "subscribe before the end of the month get the weekend edition free for a year, with the "
    "magazine, the crossword and the guide to what is on in the city. Visit the shop on our "
    "website for prints of the pictures, or call the number on page two between nine and five."
)
REPORT = (
    "Shares in the city closed at {points:,} points on {day}, {way} {percent:.1f} percent from the "
    "day before. Volume was {shares:,} million shares. The mining index moved {mining:.1f} percent "
    "to {mines:,} points, and the index of banks stood at {banks:,}. Gold traded at ${gold:,} an "
    "ounce and oil at ${oil:.2f} a barrel. The dollar bought {late:.2f} euros late in the day, "
    "against {early:.2f} in the morning. Analysts said that investors were waiting for figures on "
    "jobs, which are published on the first Friday of the month, and for the next meeting of the "
    "central bank."
)
FIRST_REPORT = date(2022, 1, 3)

MakeCopy = Callable[[str, random.Random, Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class CopyFigures:
    """Counts of pairs: put in one story, rightly so, and all that are copies of one article."""

    found: int
    right: int
    copies: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.copies if self.copies else 1.0


def cut(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Only the beginning: 40% to 80% of the sentences."""
    sentences = _sentences(text)
    kept = max(1, round(len(sentences) * rng.uniform(SHORTEST_CUT, LONGEST_CUT)))
    return " ".join(sentences[:kept])


def reordered(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """The paragraphs in another order."""
    paragraphs = re.split(r"\n\s*\n", text)
    rng.shuffle(paragraphs)
    return "\n\n".join(paragraphs)


def changed_figure(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """With one number changed."""
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text + " The number rose to 17 later."
    one = rng.choice(numbers)
    return f"{text[: one.start()]}{int(one.group()) + rng.randint(1, 9)}{text[one.end() :]}"


def other_headline(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Under a headline and byline of its own."""
    headline = " ".join(rng.choices(words, k=9)).capitalize()
    byline = f"By {rng.choice(words).capitalize()} {rng.choice(words).capitalize()}, staff writer"
    return f"{headline}\n\n{byline}\n\n{text}"


def rewritten_words(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """With one word in five replaced, anywhere."""
    return _with_other_words(text, REWRITTEN, rng, words)


def rewritten_sentences(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """With every word replaced in one sentence in five."""
    return " ".join(
        " ".join(rng.choices(words, k=len(each.split()))).capitalize() + "."
        if rng.random() < REWRITTEN
        else each
        for each in _sentences(text)
    )


def cut_and_edited(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Cut, under another headline, with a changed figure."""
    shorter = changed_figure(cut(text, rng, words), rng, words)
    return other_headline(shorter, rng, words)


WAYS: Mapping[str, MakeCopy] = {
    "cut": cut,
    "reordered": reordered,
    "changed figure": changed_figure,
    "other headline": other_headline,
    "20% of words": rewritten_words,
    "20% of sentences": rewritten_sentences,
    "cut and edited": cut_and_edited,
}


def copies_of(
    articles: Sequence[Article], ways: Mapping[str, MakeCopy], rng: random.Random
) -> dict[str, list[Article]]:
    """Each article and its copies, one made in each way, by the article's id."""
    words = _words(articles)
    made = {}
    for article in articles:
        copies = [
            _renamed(article, f"{article.id} ({name})", copy(article.text, rng, words))
            for name, copy in ways.items()
        ]
        made[article.id] = [article, *copies]
    return made


def lookalikes(
    articles: Sequence[Article], quoted: Sequence[Article], rng: random.Random
) -> Iterator[Article]:
    """Texts that share passages or a template with others but are copies of none: articles that
    quote one of `quoted` at length, with a notice, and a stock exchange's daily reports."""
    for article in articles:
        sentences = _sentences(rng.choice(quoted).text)
        most = max(1, len(_sentences(article.text)) // 4)
        first = rng.randrange(max(1, len(sentences) - most))
        quote = " ".join(sentences[first : first + most])
        yield replace(article, text=f"{article.text}\n\n“{quote}”\n\n{NOTICE}")
    for number in range(REPORTS):
        day = FIRST_REPORT + timedelta(days=number)
        yield Article(ArticleInfo(f"report {number}"), _report(day, rng))


def measure_copies(
    groups: Iterable[Sequence[Article]], others: Iterable[Article] = ()
) -> CopyFigures:
    """The figures for a catalog of `groups`, each an article and its copies, and of `others`,
    which are copies of nothing."""
    groups = [list(each) for each in groups]
    articles = [*chain.from_iterable(groups), *others]
    group_of = {each.id: number for number, group in enumerate(groups) for each in group}
    together = stories_of(articles)
    right = sum(
        one in group_of and group_of[one] == group_of.get(other)
        for story in together
        for one, other in combinations(story, 2)
    )
    return CopyFigures(
        found=sum(comb(len(story), 2) for story in together),
        right=right,
        copies=sum(comb(len(group), 2) for group in groups),
    )


def stories_of(articles: Sequence[Article]) -> list[list[str]]:
    """The article ids of each story with more than one, as a new catalog groups them."""
    with (
        TemporaryDirectory() as folder,
        closing(SqliteDatabase(Path(folder, "catalog"))) as database,
    ):
        catalog = Catalog(database)
        publish(catalog, articles)
        found: dict[str, list[str]] = {}
        for article_id, story in catalog.stories([each.id for each in articles]).items():
            found.setdefault(story.cluster.id, []).append(article_id)
    return list(found.values())


def publish(catalog: Catalog, articles: Iterable[Article]) -> None:
    """Put articles into a catalog, without passages."""
    remaining = iter(articles)
    while batch := list(islice(remaining, ARTICLES_PUBLISHED_AT_ONCE)):
        catalog.publish([IndexedArticle(each, ()) for each in batch], {})


def time_to_find_copies(articles: Iterable[Article]) -> tuple[float, float]:
    """How long a new catalog takes to find the copies among these articles: wall-clock seconds and
    CPU seconds."""
    spent = cpu = 0.0

    class Timed(Stories):
        def put(self, db: Transaction, put: Iterable[Article]) -> None:
            nonlocal spent, cpu
            begun, cpu_begun = time.perf_counter(), time.process_time()
            super().put(db, put)
            spent += time.perf_counter() - begun
            cpu += time.process_time() - cpu_begun

    with (
        TemporaryDirectory() as folder,
        closing(SqliteDatabase(Path(folder, "catalog"))) as database,
    ):
        publish(Catalog(database, Timed()), articles)
    return spent, cpu


def synthesised(articles: Sequence[Article], count: int, rng: random.Random) -> Iterator[Article]:
    """`count` articles, each made of sentences from several articles; one in ten is a copy of the
    one before, with one word in twenty changed."""
    sentences = [each for article in articles for each in _sentences(article.text)]
    lengths = [len(_sentences(article.text)) for article in articles]
    words = _words(articles)
    text = ""
    for number in range(count):
        if number % 10 == 9:
            text = _with_other_words(text, 0.05, rng, words)
        else:
            chosen = rng.choices(sentences, k=rng.choice(lengths))
            text = _with_other_words(" ".join(chosen), 0.5, rng, words)
        yield Article(ArticleInfo(f"article {number}"), text)


def _with_other_words(text: str, share: float, rng: random.Random, words: Sequence[str]) -> str:
    return re.sub(
        r"[^\W\d_]+",
        lambda found: rng.choice(words) if rng.random() < share else found.group(),
        text,
    )


def _words(articles: Iterable[Article]) -> list[str]:
    return sorted({w.lower() for each in articles for w in re.findall(r"[^\W\d_]+", each.text)})


def _sentences(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text)]


def _renamed(article: Article, article_id: str, text: str) -> Article:
    return Article(replace(article.info, id=article_id), text)


def _report(day: date, rng: random.Random) -> str:
    return REPORT.format(
        day=f"{day:%A}",
        way=rng.choice(("up", "down")),
        points=rng.randint(9_000, 13_000),
        percent=rng.uniform(0.1, 3),
        shares=rng.randint(200, 900),
        mining=rng.uniform(0.1, 3),
        mines=rng.randint(3_000, 5_000),
        banks=rng.randint(1_000, 2_000),
        gold=rng.randint(1_700, 2_000),
        oil=rng.uniform(60, 120),
        late=rng.uniform(0.8, 0.99),
        early=rng.uniform(0.8, 0.99),
    )
