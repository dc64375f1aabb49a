"""A quote is found again wherever it went, and what changed in it is shown."""

from hypothesis import given
from hypothesis import strategies as st

from qa.receipts.quote_status import VerifiedQuote, changed_place, verify_quote
from qa.receipts.receipt import ReceiptQuote, hash_of

TEXT = (
    "The harbour was built in 1911. Each pilot earned 100 dollars on Monday, the board said. "
    "Nobody was hurt.\n\nThe board meets again in June, when the accounts are due."
)
QUOTE = "Each pilot earned 100 dollars on Monday, the board said."
START = TEXT.index(QUOTE)


def quoted(quote: str = QUOTE, text: str = TEXT) -> ReceiptQuote:
    start = text.index(quote)
    return ReceiptQuote(
        number=1, article_id="a", start=start, end=start + len(quote), quote=quote,
        article_hash=hash_of(text),
    )  # fmt: skip


def status_in(text: str | None) -> VerifiedQuote:
    return verify_quote(quoted(), text)


def test_a_quote_whose_article_is_as_it_was_is_exact() -> None:
    found = status_in(TEXT)
    assert (found.status, found.start, found.end) == ("exact", START, START + len(QUOTE))
    assert found.article_changed is False


def test_a_quote_stays_exact_where_only_the_rest_has_changed() -> None:
    found = status_in(TEXT.replace("June", "July"))
    assert (found.status, found.article_changed) == ("exact", True)


def test_a_quote_that_moved_has_its_new_range() -> None:
    text = "Correction: see below. 🚢\n\n" + TEXT
    found = status_in(text)
    assert found.status == "moved"
    assert found.start is not None
    assert text[found.start : found.end] == QUOTE


def test_of_several_places_the_nearest_counts() -> None:
    padding = "x" * 500
    text = f"{QUOTE} {padding} {QUOTE} {padding} {QUOTE}"
    quote = ReceiptQuote(number=1, article_id="a", start=560, end=560 + len(QUOTE), quote=QUOTE)
    assert verify_quote(quote, text).start == text.index(QUOTE, 100)


def test_a_corrected_figure_is_a_change_that_is_shown() -> None:
    text = TEXT.replace("100 dollars", "120 dollars")
    found = status_in(text)
    assert found.status == "changed"
    assert [(each.kind, each.text) for each in found.diff if each.kind != "kept"] == [
        ("deleted", "100"),
        ("inserted", "120"),
    ]
    assert text[found.start : found.end] == QUOTE.replace("100", "120")


def test_a_rewritten_sentence_is_removed_rather_than_changed() -> None:
    text = TEXT.replace(QUOTE, "Wages on the waterfront remained a matter of dispute.")
    assert status_in(text).status == "removed"


def test_an_article_that_is_gone_or_empty_has_no_quotes() -> None:
    for text in (None, ""):
        found = status_in(text)
        assert (found.status, found.start, found.end) == ("removed", None, None)
    assert status_in(None).article_changed is None


WORDS = st.lists(st.sampled_from("the board pilot earned 100 120 dollars . , June 🚢 é".split()))


@given(old=WORDS, new=WORDS, before=st.text(max_size=40))
def test_a_diff_leads_from_the_quote_to_what_stands_there(
    old: list[str], new: list[str], before: str
) -> None:
    quote, text = " ".join(old), before + "\n\n" + " ".join(new)
    found = changed_place(quote, text)
    if found is not None:
        start, end, diff = found
        was = "".join(each.text for each in diff if each.kind != "inserted")
        now = "".join(each.text for each in diff if each.kind != "deleted")
        assert (was, now) == (quote, text[start:end])


@given(text=st.text(max_size=200), data=st.data())
def test_words_of_a_text_are_always_found_in_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    before = data.draw(st.text(max_size=20))
    if start < end:
        quote = ReceiptQuote(number=1, article_id="a", start=start, end=end, quote=text[start:end])
        assert verify_quote(quote, text).status == "exact"
        moved = verify_quote(quote, before + text)
        assert moved.status in ("exact", "moved")
        assert (before + text)[moved.start : moved.end] == quote.quote
