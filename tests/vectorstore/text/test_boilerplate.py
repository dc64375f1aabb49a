from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vectorstore.text.boilerplate import is_promotional, promotional_spans
from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.types import Span

PROMOTION = [
    "Sign up for our newsletter.",
    "Sign up for The Harbor Note, our free weekly newsletter on shipping.",
    "Subscribe to our daily briefing and never miss a story.",
    "Subscribe to The Tide for a morning digest of every ruling that matters.",
    "**Subscribe now** to get unlimited access for $1 a week.",
    "[Subscribe to our newsletter](https://news.example/letter)",
    "Follow us on Twitter",
    "Follow @harbornote on Instagram for more pictures from the docks.",
    "Like us on Facebook and join the conversation.",
    "Join our Telegram channel",
    "Click here to download our app.",
    "Download our app from the App Store or Google Play.",
    "Get the best of our reporting delivered to your inbox every Friday.",
    "Advertisement",
    "ADVERTISEMENT",
    "Story continues below advertisement",
    "Share this article",
    "Read more: Why the harbor froze over",
    "Read more",
    "Related: Three ships that never came back",
    "See also: A short history of the lighthouse",
    "Related articles",
    "Watch the harbor master explain the delay »",
    "See photos of the storm damage",
    "Share your thoughts in the comments below.",
    "What do you make of the new bridge? Tell us in the comments.",
    "Do you have a favorite lighthouse? Let us know on Facebook.",
    "© 2022 Harbor Note Ltd. All rights reserved.",
    "Become a member today and support independent journalism.",
    "Already a subscriber? Sign in to read on.",
    "Enjoying this story? Subscribe to read more like it.",
    "Enter to win a weekend for two in our summer giveaway.",
    "Listen to our podcast wherever you get your podcasts.",
    "For more news from the coast, follow us on LinkedIn.",
    "Thank you for reading. To support our work, subscribe today.",
    "👉 Join us on Discord and tell us what you think",
    "Skip to main content",
]

# Sentences of news that begin as promotion does, one per line.
PROSE = (Path(__file__).parent / "prose_like_promotion.txt").read_text("utf-8").splitlines()

REPORTED = [
    "the mayor told voters",
    "Ms. Lee said",
    "the posters urge",
    "he wrote",
    "as one put it",
]

EVENT = "Don't miss Ledger Forum, three days of panels in Columbus."


@pytest.mark.parametrize("line", PROMOTION)
def test_promotion_is_marked(line: str) -> None:
    assert is_promotional(line)


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_sounds_like_promotion_is_not_marked(line: str) -> None:
    assert not is_promotional(line)
    assert marked(f"{line}\n\nThe harbor froze.", after_date=True) == []


@pytest.mark.parametrize("line", ["A.", "?", "", "📧", "**", "[]()"])
def test_what_says_nothing_is_not_marked(line: str) -> None:
    assert not is_promotional(line)


def test_a_long_paragraph_is_never_marked() -> None:
    assert not is_promotional("Sign up for our newsletter. " * 20)


def marked(text: str, *, after_date: bool = False) -> list[str]:
    spans = promotional_spans(text, paragraph_spans(text), after_date=after_date)
    return [span.of(text) for span in spans]


def test_an_event_is_promotion_only_in_the_first_paragraph_after_a_date() -> None:
    text = f"{EVENT}\n\nThe harbor froze."
    assert marked(text) == []
    assert marked(text, after_date=True) == [EVENT]
    assert marked(f"The harbor froze.\n\n{EVENT}", after_date=True) == []


@pytest.mark.parametrize("rest", ["The forum opens on Monday.", "Nobody misses Ledger's week."])
def test_an_event_that_its_article_is_about_is_not_promotion(rest: str) -> None:
    assert marked(f"{EVENT}\n\n{rest}", after_date=True) == []


@pytest.mark.parametrize(
    "line",
    [
        "Don’t miss the Harbor Forum, the must-attend shipping festival of the year, this June.",
        "Don't miss The Gazette's Tide 2031, two days of talks in Lima, Peru, this June 9-12.",
        "Don't miss Ledger Forum: the recordings of all three days are now on sale.",
        "Join us for Statehouse Night, an evening with the people who write bank law, on April 27.",
    ],
)
def test_an_event_is_known_by_its_kind_or_its_year(line: str) -> None:
    assert marked(f"{line}\n\nIce came late to the bay, The Gazette said.", after_date=True) == [
        line
    ]


def test_the_link_at_the_end_of_a_paragraph_is_marked_alone() -> None:
    text = "The harbor froze on Monday.  Watch the ice come in »"
    assert promotional_spans(text, paragraph_spans(text)) == (Span(29, 52),)
    assert Span(29, 52).of(text) == "Watch the ice come in »"


def test_french_quotation_marks_are_no_link() -> None:
    assert marked("Il a dit: « Watch the ice come in »") == []


def test_only_the_promotional_paragraphs_of_a_text_are_marked() -> None:
    text = "The harbor froze.\n\nSign up for our newsletter.\n\nShips waited outside."
    assert marked(text) == ["Sign up for our newsletter."]


words = st.sampled_from(
    [*PROMOTION, *PROSE, EVENT, "\n", "\n\n", "\r\n", " ", "»", "👉", "\0", "\ud800"]
)


@given(st.lists(words | st.text(max_size=30)).map("".join), st.booleans())
@example("Watch " * 1000 + "»", True)
@example("(" * 400, True)
@example("[a](" * 100, True)
def test_marks_are_in_order_disjoint_and_inside_the_paragraphs(text: str, after_date: bool) -> None:
    paragraphs = paragraph_spans(text)
    end = 0
    for span in promotional_spans(text, paragraphs, after_date=after_date):
        assert end <= span.start < span.end <= len(text)
        assert any(p.start <= span.start and span.end <= p.end for p in paragraphs)
        end = span.end


@given(st.sampled_from(PROMOTION), st.sampled_from(REPORTED))
def test_an_invitation_that_somebody_is_reported_to_make_is_prose(line: str, report: str) -> None:
    assert not is_promotional(f"{line.rstrip('.!')}, {report}.")
