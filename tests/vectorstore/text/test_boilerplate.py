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
    "Don’t miss the Harbor Forum, the must-attend shipping festival of the year, this June.",
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
    "This article was originally published on Harbor Note.",
    "This story first appeared in the Northern Gazette.",
    "© 2022 Harbor Note Ltd. All rights reserved.",
    "Become a member today and support independent journalism.",
    "Already a subscriber? Sign in to read on.",
    "Enjoying this story? Subscribe to read more like it.",
    "Save 30% off your first year: subscribe today.",
    "Try 3 free issues of Harbor Monthly: click here!",
    "Enter to win a weekend for two in our summer giveaway.",
    "Listen to our podcast wherever you get your podcasts.",
    "For more news from the coast, follow us on LinkedIn.",
    "Thank you for reading. To support our work, subscribe today.",
    "👉 Join us on Discord and tell us what you think",
    "Skip to main content",
]

PROSE = [
    "Users can sign up for the exchange until May.",
    "Sign up rates fell by a third in the spring, the exchange said.",
    "Subscribe buttons vanished from the site on Monday.",
    "Subscribers to the newsletter fell to 4,000.",
    "Customers were told to click here to confirm their accounts, prosecutors said.",
    "“Follow us on Twitter,” the mayor told the crowd.",
    "Follow the money, and it leads to a bank in Lima.",
    "Don't miss payments, regulators warned borrowers, or the rate will double.",
    "Watch batteries are made in two of the three plants.",
    "Watchmakers in Geneva have cut a tenth of their jobs.",
    "See-through masks will be handed out in schools from Monday.",
    "Read in full, the ruling runs to 212 pages.",
    "Reading scores rose in all but two districts.",
    "Share prices fell 4 percent in Tokyo.",
    "Shares of the company closed at $12.",
    "Join the army or leave the country: that is the choice many young men face.",
    "Register to vote by Oct. 3 in most counties.",
    "Buy orders outnumbered sell orders two to one.",
    "Support for the bill has fallen to 38 percent.",
    "Related charges against two former clerks were dropped.",
    "Related companies in Malta and Cyprus hold the rest.",
    "Advertisements for the token ran in three newspapers.",
    "The article was originally published in 1904 and never reprinted.",
    "Download speeds rose to 90 megabits a second.",
    "Get-out-the-vote drives will begin in September.",
    "Learn to swim before you learn to sail, fishermen in the bay like to say.",
    "Copyright law does not protect recipes, the court held.",
    "Subscribe to that view and the whole theory falls apart.",
    "Click fraud costs advertisers billions of dollars a year.",
    "She became a member of the board in August 2020.",
    "More than 1,000 ships pass the strait each month.",
    "Visit numbers at our national parks have doubled, the ministry reported.",
    "Find a job, keep it and save: the advice has not changed in a century.",
    "For more than a decade, visitors came by ferry.",
    "Do you remember the winter of 1963? The harbor froze for nine weeks.",
    "Follow-up tests will take place in June.",
    "The newsletter is free and goes to 20,000 readers.",
    "our website was down for most of the day",
    "He asked readers to sign up for our newsletter.",
    "Like Facebook before it, the company bought its rivals.",
    "A.",
    "?",
]


@pytest.mark.parametrize("line", PROMOTION)
def test_promotion_is_marked(line: str) -> None:
    assert is_promotional(line)


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_speaks_of_the_same_things_is_not_marked(line: str) -> None:
    assert not is_promotional(line)


def test_a_long_paragraph_is_never_marked() -> None:
    assert not is_promotional("Sign up for our newsletter. " * 20)


def test_less_evidence_is_needed_where_promotion_is_likely() -> None:
    line = "Don't miss Ledger Forum, three days of panels in Columbus."
    assert not is_promotional(line)
    assert is_promotional(line, likely=True)


@pytest.mark.parametrize("line", [line for line in PROSE if not line.startswith("Subscribe to")])
def test_prose_is_not_marked_even_where_promotion_is_likely(line: str) -> None:
    assert not is_promotional(line, likely=True)


def test_the_link_at_the_end_of_a_paragraph_is_marked_alone() -> None:
    text = "The harbor froze on Monday.  Watch the ice come in »"
    assert promotional_spans(text, paragraph_spans(text)) == (Span(29, 52),)
    assert Span(29, 52).of(text) == "Watch the ice come in »"


def test_french_quotation_marks_are_no_link() -> None:
    text = "Il a dit: « Watch the ice come in »"
    assert promotional_spans(text, paragraph_spans(text)) == ()


def test_only_the_promotional_paragraphs_of_a_text_are_marked() -> None:
    text = "The harbor froze.\n\nSign up for our newsletter.\n\nShips waited outside."
    assert [span.of(text) for span in promotional_spans(text, paragraph_spans(text))] == [
        "Sign up for our newsletter."
    ]


words = st.sampled_from([*PROMOTION, *PROSE, "\n", "\n\n", "\r\n", " ", "»", "👉", "\0", "\ud800"])


@given(st.lists(words | st.text(max_size=30)).map("".join))
@example("Watch " * 1000 + "»")
@example("(" * 400)
def test_marks_are_in_order_disjoint_and_inside_the_paragraphs(text: str) -> None:
    paragraphs = paragraph_spans(text)
    marked = promotional_spans(text, paragraphs, likely=paragraphs[0] if paragraphs else None)
    end = 0
    for span in marked:
        assert end <= span.start < span.end <= len(text)
        assert any(p.start <= span.start and span.end <= p.end for p in paragraphs)
        end = span.end
