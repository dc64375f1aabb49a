"""A copy that has the expected words counts as the expected article; another article does not."""

from qa.evaluation.copy_credit import as_expected
from qa.evaluation.question_file import GoldSpan
from qa.types import PassageResult
from vectorstore.types import Cluster

TEXTS = {
    "expected": "Aldmere. The union had voted for a rise of 4.5 percent. It rained.",
    "copy": "By Ann Lee. The union had voted for a rise of 4.5 percent.",
    "changed": "The union had voted for a rise of 6 percent.",
    "other": "Prices had seen a rise of 4.5 percent.",
}
STORY = {"expected", "copy", "changed"}
WORDS = "4.5 percent"
GOLD = GoldSpan("expected", TEXTS["expected"].index(WORDS), 0, WORDS)
GOLD = GoldSpan("expected", GOLD.start, GOLD.start + len(WORDS), WORDS)


def copies_of(article_id: str) -> frozenset[str]:
    return frozenset(STORY - {article_id}) if article_id in STORY else frozenset()


def found(article_id: str, start: int = 0, end: int | None = None) -> PassageResult:
    text = TEXTS[article_id]
    end = len(text) if end is None else end
    cluster = Cluster("copy", 3)
    return PassageResult("p", article_id, start, end, text[start:end], 0.5, cluster=cluster)


def credited(one: PassageResult) -> PassageResult:
    (each,) = as_expected([one], [GOLD], copies_of, TEXTS.__getitem__)
    return each


def test_a_copy_with_the_expected_words_counts_as_the_expected_article() -> None:
    one = credited(found("copy"))
    assert one.article_id == "expected"
    assert one.start <= GOLD.start
    assert GOLD.end <= one.end


def test_only_the_part_of_a_copy_that_has_the_words_counts() -> None:
    assert credited(found("copy", 0, 11)).article_id == "copy"


def test_a_copy_with_other_words_and_another_story_count_as_themselves() -> None:
    for name in ("changed", "other"):
        assert credited(found(name)) == found(name)


def test_the_expected_article_stays_as_it_is() -> None:
    assert credited(found("expected")) == found("expected")
