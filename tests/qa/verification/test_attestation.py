"""How many independent articles bear a sentence out."""

from dataclasses import replace

from qa.verification.attestation import independent_articles
from qa.verification.claim_judge import EntailmentJudge, WordOverlap
from tests.qa.passages import passage_of
from vectorstore.types import Cluster

JUDGE = EntailmentJudge(WordOverlap())
CLAIM = "Tram service in Marlow resumed on 3 February 2025."
FIRST = passage_of(CLAIM, "first")
AGAIN = passage_of("In Marlow, tram service resumed on 3 February 2025.", "again")
OTHER = passage_of("Tram service in Marlow remains suspended.", "other")


def test_the_cited_article_and_each_other_that_says_it_count() -> None:
    cited = frozenset({"first"})
    assert independent_articles(CLAIM, cited, [FIRST], JUDGE) == 1
    assert independent_articles(CLAIM, cited, [FIRST, AGAIN, OTHER], JUDGE) == 2


def test_copies_of_one_article_count_once() -> None:
    copies = [replace(each, cluster=Cluster("first", 2)) for each in (FIRST, AGAIN)]
    assert independent_articles(CLAIM, frozenset({"first"}), copies, JUDGE) == 1


def test_an_article_with_another_number_does_not_count() -> None:
    other = passage_of("Tram service in Marlow resumed on 5 February 2025.", "other")
    assert independent_articles(CLAIM, frozenset({"first"}), [FIRST, other], JUDGE) == 1
