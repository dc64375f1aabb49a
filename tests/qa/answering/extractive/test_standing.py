"""What is so now and what was, where articles of different times give different answers."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import count

import pytest

from qa.answering.extractive.extractive_answerer import ExtractiveAnswerer
from qa.types import Reply
from vectorstore.text.sentences import split_sentences
from vectorstore.types import ArticleInfo, Passage, Reading, ScoredPassage, Span

OPINION = 6.0


def found(
    marked: str, published: str, *, read: Sequence[float], source: str = "Gazette", title: str = ""
) -> ScoredPassage:
    """A passage that the search likes; `read` are the readings of its sentences, and what stands in
    brackets are the words that the reader takes for the answer."""
    article_id = f"{source} {published} {next(_numbers)}"
    text = marked.translate(_NO_MARKS)
    marks = (
        Span(match.start() - 2 * number, match.end() - 2 * number - 2)
        for number, match in enumerate(_MARKED.finditer(marked))
    )
    sentences = tuple(split_sentences(text))
    assert len(sentences) == len(read)
    given = list(marks)
    words = tuple(
        next((e for e in given if each.start <= e.start < each.end), None) for each in sentences
    )
    info = ArticleInfo(
        article_id, title=title, published=date.fromisoformat(published), source=source
    )
    passage = Passage(f"{article_id}#0", article_id, 0, len(text), text, sentences)
    return ScoredPassage(passage, info, 0.9, prior=0.9, reading=Reading(tuple(read), words))


_MARKED = re.compile(r"\[[^\]]*\]")
_NO_MARKS = str.maketrans("", "", "[]")
_numbers = count()


def reply(question: str, *passages: ScoredPassage) -> Reply:
    answerer = ExtractiveAnswerer(lambda words: dict.fromkeys(words, 0.7))
    answer = answerer.reply(question, passages)
    texts = {each.article.id: each.passage.text for each in passages}
    for each in answer.citations:
        assert texts[each.article_id][each.start : each.end] == each.quote
    if answer.standing:
        quotes = {each.number: " ".join(each.quote.split()) for each in answer.citations}
        for value in (*answer.standing.current, *answer.standing.earlier):
            assert value.text in quotes[value.citation]
    return answer


MEMBERS = "How many members does the Alliance have?"
OLD = found("The Alliance has [38] members.", "2022-03-03", read=[OPINION])
NEW = found("The Alliance now has [41] members.", "2022-04-20", read=[OPINION - 1])


def test_the_newest_number_wins_and_the_change_is_told() -> None:
    answer = reply(MEMBERS, OLD, NEW)
    assert answer.text == (
        "41 members (20 April 2022) [1]; earlier: 38 members (3 March 2022) [2]."
    )
    assert answer.short_answer is not None
    assert answer.short_answer.text == "41 members"
    assert [each.published for each in answer.citations] == [date(2022, 4, 20), date(2022, 3, 3)]


def test_a_question_about_a_past_time_is_not_answered_with_the_newest_word() -> None:
    answer = reply("How many members did the Alliance have in March 2022?", OLD, NEW)
    assert answer.standing is None


def test_the_same_number_twice_is_no_change() -> None:
    again = found("The Alliance, with its [41] members, met.", "2022-05-02", read=[OPINION])
    assert reply(MEMBERS, NEW, again).standing is None


def test_two_sources_of_one_day_that_differ_are_shown_as_disagreeing() -> None:
    fire = found("[Eleven] workers were hurt in the fire.", "2025-03-19", read=[6], source="Wire")
    clinic = found("[Nineteen] workers were hurt in the fire.", "2025-03-19", read=[5])
    answer = reply("How many workers were hurt in the fire?", fire, clinic)
    assert answer.standing is not None
    assert answer.standing.disagrees
    assert answer.short_answer is None
    assert answer.text == (
        "Sources disagree: Eleven workers (19 March 2025) [1]; "
        "Nineteen workers (19 March 2025) [2]."
    )


def test_a_correction_is_newer_and_not_another_opinion() -> None:
    first = found("Turnout was [58 percent].", "2025-06-30", read=[6])
    corrected = found(
        "Turnout was [61 percent], not 58 percent.", "2025-07-01", read=[5], source="Wire"
    )
    answer = reply("What was the turnout?", first, corrected)
    assert answer.text == "61 percent (1 July 2025) [1]; earlier: 58 percent (30 June 2025) [2]."


def test_who_holds_an_office_is_the_one_named_last() -> None:
    before = found("[Walter Brask], the chairman of the Alliance, spoke.", "2025-03-03", read=[5])
    after = found("The Alliance elected [Rosa Tilling] as chairwoman.", "2025-06-10", read=[6])
    answer = reply("Who chairs the Alliance?", before, after)
    assert answer.text == (
        "Rosa Tilling (10 June 2025) [1]; earlier: Walter Brask (3 March 2025) [2]."
    )


def test_who_leaves_an_office_does_not_hold_it() -> None:
    leaves = found(
        "[Greta Holm] has resigned as the leader of the union. [Ivo Castell] was elected on "
        "Tuesday to succeed her.",
        "2025-06-19",
        read=[7, -2],
    )
    answer = reply("Who leads the union?", leaves)
    assert answer.text == (
        "Ivo Castell (19 June 2025) [1]; earlier: Greta Holm (19 June 2025) [2]."
    )


def test_a_year_that_was_moved() -> None:
    planned = found("The tunnel to Harrow opens in [2024].", "2022-04-02", read=[5])
    moved = found("The tunnel to Harrow now opens in [2026].", "2023-05-06", read=[5])
    answer = reply("When does the tunnel to Harrow open?", planned, moved)
    assert answer.text == "2026 (6 May 2023) [1]; earlier: 2024 (2 April 2022) [2]."


def test_a_date_that_was_moved() -> None:
    planned = found("The election is to be held on [15 June].", "2025-04-02", read=[5])
    moved = found("The election was moved to [29 June].", "2025-05-06", read=[5])
    answer = reply("When is the election?", planned, moved)
    assert answer.text == "29 June (6 May 2025) [1]; earlier: 15 June (2 April 2025) [2]."


@pytest.mark.parametrize(
    ("question", "other"),
    [
        (MEMBERS, "The Alliance has [44] hectares."),
        (MEMBERS, "The Union has [44] members."),
        ("How much does Fennway pay for a kilo?", "Both sold to Ostermann, which pays [66 cents]."),
    ],
)
def test_a_number_of_something_else_changes_nothing(question: str, other: str) -> None:
    one = found(
        "The Alliance has [38] members."
        if question == MEMBERS
        else "Fennway pays [62 cents] a kilo.",
        "2022-03-03",
        read=[OPINION],
    )
    another = found(other, "2022-05-05", read=[OPINION - 3])
    assert reply(question, one, another).standing is None


def test_what_happened_to_another_person_changes_nothing() -> None:
    before = found(
        "A judge sentenced Sam Bankman-Fried to [25 years] in prison.", "2024-03-29", read=[4]
    )
    after = found(
        "Sam Bankman-Fried, who is serving [25 years], has appealed. "
        "Caroline Ellison was sentenced to [two years].",
        "2024-10-08",
        read=[4, 5],
    )
    answer = reply("How long is Sam Bankman-Fried's sentence?", before, after)
    assert answer.standing is None
    assert "25 years" in answer.citations[0].quote


def test_what_was_so_is_labelled_where_a_question_asks_whether() -> None:
    before = found("Tram service remains suspended.", "2025-01-22", read=[4])
    now = found("Tram service resumed on Monday morning.", "2025-02-05", read=[5])
    answer = reply("Is there tram service?", before, now)
    assert answer.text == (
        "Tram service resumed on Monday morning [1]. "
        "Earlier (22 January 2025): Tram service remains suspended [2]."
    )
    for each in answer.sentences:
        assert answer.text[each.start : each.end] == each.text


def test_the_best_read_sentence_may_be_about_something_else() -> None:
    other = found("The Fair at Ardmore has a budget of [21 million euros].", "2025-11-20", read=[8])
    old = found("The Halden Institute has a budget of [42 million] crowns.", "2025-01-15", read=[7])
    new = found(
        "At the Halden Institute the budget is [39 million] crowns.", "2025-03-04", read=[6]
    )
    answer = reply("What is the budget of the Halden Institute?", other, old, new)
    assert answer.text == (
        "39 million crowns (4 March 2025) [1]; earlier: 42 million crowns (15 January 2025) [2]."
    )


def test_of_some_of_a_number_it_is_the_part_that_is_given() -> None:
    some = found("[Nine] of the 17 stolen objects were recovered.", "2025-08-21", read=[5])
    more = found(
        "By now [15] of the 17 stolen objects have been recovered.", "2025-11-12", read=[6]
    )
    answer = reply("How many of the stolen objects have been recovered?", some, more)
    assert answer.standing is not None
    assert [each.text for each in answer.standing.current] == ["15 of the 17 stolen"]
    assert [each.text for each in answer.standing.earlier] == ["Nine of the 17 stolen"]


def test_articles_of_two_stories_tell_of_two_things() -> None:
    one = found("In Ohio, [Steven Green] was the suspect, Ann Pratt said.", "2008-11-10", read=[6])
    other = found(
        "In Leeds, [Omar Haddad] is the suspect, as Jo Smith says.", "2008-09-19", read=[6]
    )
    assert reply("Who is the suspect?", one, other).standing is None


def test_of_what_happened_to_several_people_none_is_the_earlier_one() -> None:
    one = found("In Ohio, [Steven Green] was arrested by Ann Pratt.", "2008-11-10", read=[6])
    other = found("In Ohio, [Jesus Mendez] was arrested by Ann Pratt.", "2008-09-19", read=[6])
    assert reply("Who was arrested in Ohio?", one, other).standing is None
