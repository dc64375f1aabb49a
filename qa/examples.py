"""Questions to begin with, drawn from the articles themselves."""

from collections import Counter
from collections.abc import Sequence

from qa.mentions import subjects_in
from vectorstore.types import ArticleInfo

MONTHS = (
    "January February March April May June July August September October November December"
).split()


def example_questions(articles: Sequence[tuple[ArticleInfo, str]], most: int) -> tuple[str, ...]:
    """A question about each of `most` articles, spread over all, given with how they begin.

    A question names what its article's first sentences are about, and each names something else.
    Articles that show no such name are passed over.

    >>> from datetime import date
    >>> lead = "FTX filed for bankruptcy. Creditors of FTX met in Delaware."
    >>> example_questions([(ArticleInfo("a", "FTX falls", date(2022, 11, 12)), lead)], most=1)
    ('What happened with FTX in November 2022?',)
    """
    known = Counter(name for _, text in articles for name in set(subjects_in(text)))
    step = max(1, len(articles) // most) if most else 1
    order = [index for start in range(step) for index in range(start, len(articles), step)]
    asked: dict[str, str] = {}
    # First what several articles know; then, in a small collection, whatever there is.
    for least_known in (2, 1):
        for index in order:
            info, text = articles[index]
            name = _subject(subjects_in(f"{info.title}.\n{text}"), known)
            if len(asked) < most and name and known[name] >= least_known and name not in asked:
                asked[name] = _question(name, info)
    return tuple(asked.values())


def _subject(names: Sequence[str], known: Counter[str]) -> str | None:
    """The name that most articles know; of equals the first."""
    return max(names, key=lambda name: known[name], default=None)


def _question(name: str, info: ArticleInfo) -> str:
    if info.published is None:
        return f"What do the articles say about {name}?"
    return f"What happened with {name} in {MONTHS[info.published.month - 1]} {info.published.year}?"
