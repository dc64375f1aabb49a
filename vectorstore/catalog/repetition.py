"""Finds repeated paragraphs: those in at least three different stories.

They are boilerplate: a house notice, an invitation, a note about the author. Copies of a story from
several sources count as one story: they share most of their other paragraphs too.

The work per article does not grow with the collection. A paragraph is judged by at most
`MOST_COMPARED` of the articles that contain it, the first by id, and the comparison stops as soon
as they tell three different stories, which is after three articles for most notices. So the
articles with a notice are never all read or counted, and no counts have to be stored. The price: if
the first `MOST_COMPARED` are all copies of two stories, the paragraph does not count as repeated.
"""

from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

from vectorstore.catalog.database import Database, batches_of
from vectorstore.catalog.records import RepeatedParagraph
from vectorstore.catalog.rows import spans_from_json
from vectorstore.text.paragraphs import paragraph_fingerprint, paragraph_spans
from vectorstore.types import Article, Span

STORIES_THAT_MAKE_IT_REPEATED = 3
MOST_COMPARED = 100
# The paragraphs of one story are judged in turn, mostly against the same articles.
ARTICLES_REMEMBERED = 10 * MOST_COMPARED

# Whether enough articles contain the paragraph with this fingerprint to tell enough stories.
SHARED = (
    "(SELECT 1 FROM coming_paragraphs WHERE fingerprint = {}"
    f" LIMIT 1 OFFSET {STORIES_THAT_MAKE_IT_REPEATED - 1}) IS NOT NULL"
)


class Repetition:
    """What is repeated once everything staged is visible.

    It remembers its verdicts: publishing staged articles leaves them valid; after any other change,
    create another.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._verdicts: dict[str, bool] = {}
        self._paragraphs_of = lru_cache(ARTICLES_REMEMBERED)(self._read_paragraphs)

    def articles_to_split_again(self) -> list[str]:
        """Visible, unstaged articles with a paragraph that becomes repeated, or no longer is, once
        the staged articles are published."""
        staged = self._db.rows(
            "SELECT s.fingerprint FROM (SELECT DISTINCT fingerprint FROM staged_paragraphs) s"
            f" WHERE {SHARED.format('s.fingerprint')}"
        )
        return self.articles_out_of_step([row[0] for row in staged])

    def articles_out_of_step(self, fingerprints: Sequence[str]) -> list[str]:
        """Visible, unstaged articles whose passages include one of these paragraphs though it is
        repeated, or leave one out though it is not."""
        repeated = self._repeated_of(fingerprints)
        found: set[str] = set()
        for skipped, keys in ((0, repeated), (1, set(fingerprints) - repeated)):
            rows = self._db.rows_for(
                f"SELECT DISTINCT article FROM paragraphs WHERE skipped = {skipped}"
                " AND fingerprint IN ({keys}) AND article NOT IN (SELECT id FROM staged)",
                sorted(keys),
            )
            found.update(row[0] for row in rows)
        return sorted(found)

    def repeated_in(self, article: Article) -> tuple[RepeatedParagraph, ...]:
        """The article's repeated paragraphs, in order."""
        held = {
            fingerprint: spans_from_json(spans)
            for fingerprint, spans in self._db.rows(
                "SELECT fingerprint, spans FROM coming_paragraphs WHERE article = ?", (article.id,)
            )
        }
        if not all(held.values()):  # indexed before paragraph positions were stored
            held = {key: tuple(spans) for key, spans in paragraphs_to_recognise(article).items()}
        repeated = self._repeated_of(list(held))
        found = (RepeatedParagraph(key, span) for key in repeated for span in held[key])
        return tuple(sorted(found, key=lambda each: each.span))

    def _repeated_of(self, fingerprints: Sequence[str]) -> set[str]:
        unknown = [each for each in fingerprints if each not in self._verdicts]
        for marks, batch in batches_of(unknown):
            shared = self._db.rows(
                f"WITH asked (value) AS (VALUES {marks.replace('?', '(?)')})"
                f" SELECT value FROM asked WHERE {SHARED.format('value')}",
                batch,
            )
            self._verdicts.update(dict.fromkeys(batch, False))
            self._verdicts.update({each: self._in_many_stories(each) for (each,) in shared})
        return {each for each in fingerprints if self._verdicts[each]}

    def _in_many_stories(self, fingerprint: str) -> bool:
        articles = self._db.rows(
            "SELECT article FROM coming_paragraphs WHERE fingerprint = ? ORDER BY article LIMIT ?",
            (fingerprint, MOST_COMPARED),
        )
        beside = (self._paragraphs_of(article) - {fingerprint} for (article,) in articles)
        return count_stories(beside) >= STORIES_THAT_MAKE_IT_REPEATED

    def _read_paragraphs(self, article_id: str) -> frozenset[str]:
        rows = self._db.rows(
            "SELECT fingerprint FROM coming_paragraphs WHERE article = ?", (article_id,)
        )
        return frozenset(row[0] for row in rows)


def count_stories(articles: Iterable[Set[str]]) -> int:
    """The number of different stories among articles, each given as the set of its paragraphs;
    counting stops at `STORIES_THAT_MAKE_IT_REPEATED`.

    Two articles are copies of one story if they share half of the shorter one's paragraphs. An
    article without paragraphs is no story.

    >>> count_stories([{"a", "b", "notice"}, {"a", "b", "another notice"}, {"c"}, set()])
    2
    """
    stories: list[Set[str]] = []
    for each in articles:
        if each and not any(2 * len(each & told) >= min(len(each), len(told)) for told in stories):
            stories.append(each)
        if len(stories) == STORIES_THAT_MAKE_IT_REPEATED:
            break
    return len(stories)


def paragraphs_to_recognise(article: Article) -> dict[str, list[Span]]:
    """The ranges of the paragraphs that are long enough to be recognised, by fingerprint.

    Empty for an article with `keep_all`: its paragraphs do not count as repeated.
    """
    found: dict[str, list[Span]] = {}
    for span in () if article.keep_all else paragraph_spans(article.text):
        fingerprint = paragraph_fingerprint(span.of(article.text))
        if fingerprint is not None:
            found.setdefault(fingerprint, []).append(span)
    return found
