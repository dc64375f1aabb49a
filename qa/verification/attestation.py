"""How well attested a sentence is: how many independent articles support it."""

from collections.abc import Sequence

from qa.verification.claim_judge import SUPPORTED, ClaimJudge
from qa.verification.facts import Facts
from qa.verification.guards import conflicts
from qa.verification.source_sentences import SourceSentences
from vectorstore.types import ScoredPassage


def independent_articles(
    claim: str, cited: frozenset[str], passages: Sequence[ScoredPassage], judge: ClaimJudge
) -> int:
    """How many of the passages' articles support a claim; copies of one article count once.

    Those in `cited`, by id, are known to. For each other one, the sentence nearest to the claim is
    judged; any conflict, such as a missing number, date or name, rules it out.
    """
    stories: dict[str, list[ScoredPassage]] = {}
    for each in passages:
        stories.setdefault(_story(each), []).append(each)
    bearing = {_story(each) for each in passages if each.article.id in cited}
    sources = SourceSentences(passages)
    facts = Facts(claim)
    near = [
        found[0]
        for story, group in stories.items()
        if story not in bearing
        and (found := sources.nearest(claim, 1, among=group))
        and not any(conflicts(facts, (found[0],)))
    ]
    if not near:
        return len(bearing)
    opinions = judge.judge([(each.text, claim) for each in near])
    return len(bearing) + sum(
        float(row[SUPPORTED]) >= opinions.threshold for row in opinions.probabilities
    )


def _story(found: ScoredPassage) -> str:
    return found.cluster.id if found.cluster else found.article.id
