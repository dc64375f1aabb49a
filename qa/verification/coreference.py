"""Coreference: who "he" is, and which company "the company" is."""

import re

from qa.verification.claims.entities import Entity, EntityForms, is_person
from qa.verification.claims.parsed_claim import ParsedClaim
from qa.verification.claims.tokens import content_stems
from qa.verification.source_sentences import SourceSentence, SourceSentences
from vectorstore.text.patterns import preceding

_PLACED = re.compile(r"\b(?:in|at|from|near)\s(?:the\s)?$")
_OF = re.compile(r"\b(?:of|in|at)\s(?:the\s)?$")
_PRONOUN = re.compile(r"\W*(?:he|she|it|they|his|her|its|their)\b", re.IGNORECASE)
_OPENS_WITH_ANAPHOR = re.compile(
    r"\W*(?:he|she|it|they|his|her|its|their|this|that|the\s[a-z]+)\b", re.IGNORECASE
)
_IT = re.compile(r"\b(?:it|its|itself|they|their)\b", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|she|his|her|him)\b", re.IGNORECASE)
_ASIDE = re.compile(r",\s([^,]+)(?:,|$)")


def stands_for(
    sources: SourceSentences,
    claim: ParsedClaim,
    entity: Entity,
    sentence: SourceSentence,
    first: SourceSentence,
) -> bool:
    """Whether `first` may refer to `entity`, which the earlier `sentence` mentions."""
    return (
        sentence.span < first.span
        and _may_refer(claim, entity, first)
        and (not _is_about(claim, entity, first) or _nearest_named(sources, first, entity))
    )


def named_by_title(
    sources: SourceSentences, claim: ParsedClaim, entity: Entity, first: SourceSentence
) -> bool:
    """Whether `first` may refer to an entity in the article's title, with no other in between."""
    return (
        EntityForms(first.found.article.title).has(entity)
        and _may_refer(claim, entity, first)
        and _nearest_named(sources, first, entity)
    )


def _may_refer(claim: ParsedClaim, entity: Entity, first: SourceSentence) -> bool:
    """Whether `first` may leave `entity` unnamed, instead of saying the same about another one."""
    if not first.reading.refers_back or preceding(_PLACED, claim.text, entity.start):
        return False
    own = [n for n in first.reading.names if not claim.all_names.has(n)]
    if any(_rivals(claim, entity, first.reading, other) for other in own):
        return False
    theirs = first.reading.subject
    return claim.subject != entity or theirs is None or claim.all_names.has(theirs)


def _is_about(claim: ParsedClaim, entity: Entity, first: SourceSentence) -> bool:
    """Whether `first` would refer to the entity in its opening: "It", "The company"."""
    return claim.subject == entity or bool(_OPENS_WITH_ANAPHOR.match(first.reading.text))


def misread_subject(sources: SourceSentences, subject: Entity, first: SourceSentence) -> bool:
    """Whether `first` opens with a pronoun and names the subject only later, so means another."""
    entities = [n for n in first.reading.names if EntityForms(n.text).has(subject)]
    return (
        bool(entities)
        and bool(_PRONOUN.match(first.reading.text))
        and first.reading.subject is None
        and not _nearest_named(sources, first, subject)
    )


def _nearest_named(sources: SourceSentences, first: SourceSentence, entity: Entity) -> bool:
    """Whether `entity` is the nearest antecedent for `first` in the sentences before it.

    The title counts as the first sentence.
    """
    of_person, of_thing = (p.search(first.reading.text) for p in (_HE, _IT))
    for sentence in sources.before(first):
        subject = sentence.reading.subject
        if subject is None or _alike(subject, entity):
            if sources.has_name(sentence, entity):
                return True
            continue
        if of_person and not of_thing and not is_person(subject):
            continue
        if of_thing and not of_person and is_person(subject) and len(subject.words) > 1:
            continue
        return False
    return EntityForms(first.found.article.title).has(entity)


def _rivals(claim: ParsedClaim, entity: Entity, source: ParsedClaim, other: Entity) -> bool:
    """Whether the source says about `other` what the claim says about `entity`."""
    for role in claim.parts:
        for theirs in source.parts:
            if role.verb == theirs.verb and (
                (role.agent == entity and theirs.agent == other)
                or (role.patient == entity and theirs.patient == other)
            ):
                return True
    asides = [_ASIDE.match(r.text, n.end) for r, n in ((claim, entity), (source, other))]
    if asides[0] and asides[1]:
        return bool(set(content_stems(asides[0][1])) & set(content_stems(asides[1][1])))
    after = [
        content_stems(r.text[n.end : n.end + 60])[:1] for r, n in ((claim, entity), (source, other))
    ]
    return bool(after[0]) and after[0] == after[1] and not preceding(_OF, source.text, other.start)


def _alike(one: Entity, other: Entity) -> bool:
    return EntityForms(one.text).has(other) or EntityForms(other.text).has(one)
