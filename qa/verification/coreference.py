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
    lines: SourceSentences,
    claim: ParsedClaim,
    name: Entity,
    line: SourceSentence,
    first: SourceSentence,
) -> bool:
    """Whether something in `first` may refer back to `name`, said in `line` before it."""
    return (
        line.span < first.span
        and _may_refer(claim, name, first)
        and (not _is_about(claim, name, first) or _nearest_named(lines, first, name))
    )


def named_by_title(
    lines: SourceSentences, claim: ParsedClaim, name: Entity, first: SourceSentence
) -> bool:
    """Whether `first` may refer to a name in the article's title, none standing between."""
    return (
        EntityForms(first.found.article.title).has(name)
        and _may_refer(claim, name, first)
        and _nearest_named(lines, first, name)
    )


def _may_refer(claim: ParsedClaim, name: Entity, first: SourceSentence) -> bool:
    """Whether `first` says less than the claim, and not something of another in its place."""
    if not first.reading.refers_back or preceding(_PLACED, claim.text, name.start):
        return False
    own = [n for n in first.reading.names if not claim.all_names.has(n)]
    if any(_rivals(claim, name, first.reading, other) for other in own):
        return False
    theirs = first.reading.subject
    return claim.subject != name or theirs is None or claim.all_names.has(theirs)


def _is_about(claim: ParsedClaim, name: Entity, first: SourceSentence) -> bool:
    """Whether the name would have to be what `first` opens with: "It", "The company"."""
    return claim.subject == name or bool(_OPENS_WITH_ANAPHOR.match(first.reading.text))


def misread_subject(lines: SourceSentences, subject: Entity, first: SourceSentence) -> bool:
    """Whether `first` opens with "He" and names the subject only later: he is another."""
    names = [n for n in first.reading.names if EntityForms(n.text).has(subject)]
    return (
        bool(names)
        and bool(_PRONOUN.match(first.reading.text))
        and first.reading.subject is None
        and not _nearest_named(lines, first, subject)
    )


def _nearest_named(lines: SourceSentences, first: SourceSentence, name: Entity) -> bool:
    """Whether `name` is the nearest that may be meant in `first`, from the lines before it.

    The title counts as the first line.
    """
    of_person, of_thing = (p.search(first.reading.text) for p in (_HE, _IT))
    for line in lines.before(first):
        subject = line.reading.subject
        if subject is None or _alike(subject, name):
            if lines.has_name(line, name):
                return True
            continue
        if of_person and not of_thing and not is_person(subject):
            continue
        if of_thing and not of_person and is_person(subject) and len(subject.words) > 1:
            continue
        return False
    return EntityForms(first.found.article.title).has(name)


def _rivals(claim: ParsedClaim, name: Entity, source: ParsedClaim, other: Entity) -> bool:
    """Whether the source says of `other` what the claim says of `name`."""
    for part in claim.parts:
        for theirs in source.parts:
            if part.verb == theirs.verb and (
                (part.agent == name and theirs.agent == other)
                or (part.patient == name and theirs.patient == other)
            ):
                return True
    asides = [_ASIDE.match(r.text, n.end) for r, n in ((claim, name), (source, other))]
    if asides[0] and asides[1]:
        return bool(set(content_stems(asides[0][1])) & set(content_stems(asides[1][1])))
    after = [
        content_stems(r.text[n.end : n.end + 60])[:1] for r, n in ((claim, name), (source, other))
    ]
    return bool(after[0]) and after[0] == after[1] and not preceding(_OF, source.text, other.start)


def _alike(one: Entity, other: Entity) -> bool:
    return EntityForms(one.text).has(other) or EntityForms(other.text).has(one)
