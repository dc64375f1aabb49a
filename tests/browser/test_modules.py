"""The pure modules of the page, with difficult text."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.browser.modules import Modules

WEB = Path(__file__).parents[2] / "qa" / "web"

settings.register_profile("browser", deadline=None, max_examples=60)

NASTY = st.text(
    st.one_of(
        st.sampled_from("ab .,-*_`[]()!#1\n\r\t"),
        st.sampled_from("👩🏽‍🍳🏴🍜é\u0301\u200d\u202e\u2066\u0000ש中"),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


@st.composite
def a_text_and_a_range(draw: st.DrawFn) -> tuple[str, int, int]:
    text = draw(NASTY)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    return text, start, end


@settings(settings.get_profile("browser"))
@given(case=a_text_and_a_range())
def test_a_range_of_code_points_is_the_same_words_in_the_page(
    modules: Modules, case: tuple[str, int, int]
) -> None:
    text, start, end = case
    script = "({Offsets, countPoints}, [t, a, b]) => [new Offsets(t).slice(a, b), countPoints(t)]"
    assert modules.run("offsets.js", script, [text, start, end]) == [text[start:end], len(text)]


@settings(settings.get_profile("browser"))
@given(
    length=st.integers(1, 30),
    ranges=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5),
)
def test_pieces_cover_a_text_once_and_know_which_ranges_they_lie_in(
    modules: Modules, length: int, ranges: list[tuple[int, int]]
) -> None:
    given_ranges = [
        {"start": min(pair), "end": max(pair), "value": index} for index, pair in enumerate(ranges)
    ]
    found = modules.run(
        "offsets.js", "({pieces}, [length, ranges]) => pieces(0, length, ranges)",
        [length, given_ranges],
    )  # fmt: skip
    seen = [set[int]() for _ in range(length)]
    covered: list[int] = []
    for piece in found:
        for at in range(piece["start"], piece["end"]):
            covered.append(at)
            seen[at] = set(piece["values"])
    assert covered == list(range(length))
    for at, values in enumerate(seen):
        assert values == {
            each["value"] for each in given_ranges if each["start"] <= at < each["end"]
        }


@settings(settings.get_profile("browser"))
@given(case=a_text_and_a_range())
def test_an_article_is_shown_character_for_character_with_exactly_the_quote_marked(
    modules: Modules, case: tuple[str, int, int]
) -> None:
    text, start, end = case
    shown, marked = modules.run(
        "article.js",
        """({showText}, [text, start, end]) => {
            const parent = document.createElement("div");
            const skipped = [[0, Math.min(1, text.length)]];
            const article = {text, skipped, skipped_reasons: ["promotional"]};
            showText(parent, article, [{start, end, mark: "current"}]);
            const marks = [...parent.querySelectorAll("mark.current")];
            return [parent.textContent, marks.map((mark) => mark.textContent).join("")];
        }""",
        [text, start, end],
    )
    assert shown == text
    # Blank lines part paragraphs, and no mark reaches over them.
    assert "".join(marked.split()) == "".join(text[start:end].split())


def test_what_is_not_searched_says_why_once_beside_the_text(modules: Modules) -> None:
    text, notes = modules.run(
        "article.js",
        """({showText}) => {
            const parent = document.createElement("div");
            const text = "date 2022-04-20 🍜 Sign up for our letter.\\n\\nThe harbor froze.";
            const article = {
                text,
                skipped: [[0, 15], [16, 41], [43, 46]],
                skipped_reasons: ["metadata", "promotional", null],
            };
            showText(parent, article, [{start: 20, end: 24, mark: "passage"}]);
            const notes = [...parent.querySelectorAll("[data-note]")];
            return [parent.textContent === text,
                notes.map((each) => [each.textContent, each.dataset.note])];
        }""",
    )
    assert text
    assert notes == [
        ["date 2022-04-20", "not searched: metadata"],
        ["p for our letter.", "not searched: promotional"],
        ["The", "not searched"],
    ]


def test_ten_megabytes_without_a_paragraph_are_shown_and_marked(modules: Modules) -> None:
    same, marked, parts = modules.run(
        "article.js",
        """({showText}) => {
            const text = "Wörter 🍜 und ".repeat(700_000) + "🍜".repeat(30_000);
            const article = {text, skipped: [], skipped_reasons: []};
            const parent = document.createElement("div");
            const start = 700_000 * 13 - 6;
            showText(parent, article, [{start, end: start + 8, mark: "current"}]);
            const marks = [...parent.querySelectorAll("mark")].map((mark) => mark.textContent);
            return [parent.textContent === text, marks.join(""), parent.children.length];
        }""",
    )
    assert same
    assert marked == "🍜 und 🍜🍜"
    assert parts > 900


def test_a_quote_over_two_paragraphs_is_marked_in_both(modules: Modules) -> None:
    marks = modules.run(
        "article.js",
        """({showText}) => {
            const parent = document.createElement("div");
            const text = "One 🍜 two.\\r\\n\\r\\nThree.";
            const article = {text, skipped: [], skipped_reasons: []};
            showText(parent, article, [{start: 4, end: 19, mark: "current"}]);
            return [...parent.querySelectorAll("mark")].map((mark) => mark.textContent);
        }""",
    )
    assert marks == ["🍜 two.", "Three"]


@settings(settings.get_profile("browser"))
@given(text=NASTY)
def test_words_keep_every_character_and_lay_out_none_that_turns_the_reading_direction(
    modules: Modules, text: str
) -> None:
    kept, laid_out = modules.run(
        "bidi.js",
        """({words}, text) => {
            const parent = document.createElement("p");
            parent.append(...words(text));
            const shown = parent.cloneNode(true);
            for (const hidden of shown.querySelectorAll("[hidden]")) hidden.remove();
            return [parent.textContent, shown.textContent];
        }""",
        text,
    )
    assert kept == text
    assert not set(laid_out) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@settings(settings.get_profile("browser"))
@given(
    events=st.lists(
        st.tuples(st.sampled_from(["token", "answer", "message"]), NASTY), min_size=1, max_size=5
    ),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_events_are_read_however_the_stream_is_cut(
    modules: Modules, events: list[tuple[str, str]], newline: str, cuts: list[int]
) -> None:
    wire = "\ufeff: a comment" + newline
    for name, data in events:
        lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        wire += f"event: {name}{newline}"
        wire += "".join(f"data: {line}{newline}" for line in lines) + newline
    borders = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    pieces = [wire[a:b] for a, b in pairwise(borders)]
    found = modules.run(
        "sse.js",
        """({EventParser}, pieces) => {
            const parser = new EventParser();
            return [...pieces, "\\n"].flatMap((piece) => parser.feed(piece));
        }""",
        pieces,
    )
    expected = [(name, data.replace("\r\n", "\n").replace("\r", "\n")) for name, data in events]
    assert [(event["event"], event["data"]) for event in found] == expected


PARSE = """({parse}, [text, links]) => parse(text, new Set(links)).map((block) => ({
    kind: block.kind,
    items: block.items.map((leaves) => leaves.map((leaf) => ({...leaf,
        text: text.slice(leaf.start, leaf.end)}))),
}))"""


def outline(blocks: list[dict[str, Any]]) -> list[str]:
    """`kind: leaf|leaf / leaf`, with s, e and c for strong, emphasised and code."""
    lines = []
    for block in blocks:
        items = []
        for leaves in block["items"]:
            parts = []
            for leaf in leaves:
                marks = "".join(
                    sign
                    for sign, name in (("s", "strong"), ("e", "em"), ("c", "code"))
                    if leaf[name]
                )
                where = f"@{leaf['href']}" if leaf["href"] else ""
                parts.append(f"{marks}<{leaf['text']}>{where}" if marks or where else leaf["text"])
            items.append("|".join(parts))
        lines.append(f"{block['kind']}: " + " / ".join(items))
    return lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo\nthree.", ["p: One.", "p: Two\nthree."]),
        ("It is so [1][2], and [3, 4].", ["p: It is so|, and|."]),
        ("- a\n- b\n\n- c\nText", ["ul: a / b / c\nText"]),
        ("1. a\n2. b", ["ol: a / b"]),
        ("# Head\nText", ["heading: s<Head>", "p: Text"]),
        ("**bold** and *so* and `co*d*e`", ["p: s<bold>| and |e<so>| and |c<co*d*e>"]),
        ("**both *in* one**", ["p: s<both >|se<in>|s< one>"]),
        ("2 * 3 * 4 and snake_case_name", ["p: 2 * 3 * 4 and snake_case_name"]),
        ("an *open end", ["p: an *open end"]),
        ("```\n<b> [1]\n*x*\n```\nafter", ["pre: <b> [1]\n*x*", "p: after"]),
        ("<img src=x onerror=alert(1)>", ["p: <img src=x onerror=alert(1)>"]),
        ("![a picture](https://evil.example/i.png)", ["p: a picture"]),
        ("[here](https://evil.example/)", ["p: here"]),
        ("[here](https://good.example/a)", ["p: <here>@https://good.example/a"]),
        ("![no](https://good.example/a)", ["p: no"]),
        ("[x](javascript:alert(1))", ["p: [x](javascript:alert(1))"]),
        ("[1](https://evil.example/)", ["p: 1"]),
    ],
)
def test_the_formatter_knows_paragraphs_lists_emphasis_code_and_cited_links(
    modules: Modules, text: str, expected: list[str]
) -> None:
    assert (
        outline(modules.run("formatter.js", PARSE, [text, ["https://good.example/a"]])) == expected
    )


@settings(settings.get_profile("browser"))
@given(text=NASTY)
def test_the_formatter_invents_repeats_and_reorders_nothing(modules: Modules, text: str) -> None:
    blocks = modules.run("formatter.js", PARSE, [text, []])
    leaves = [leaf for block in blocks for item in block["items"] for leaf in item]
    position = 0
    for leaf in leaves:
        assert position <= leaf["start"] <= leaf["end"]
        assert leaf["href"] is None
        position = leaf["end"]
    letters = [each for each in text if each.isalpha() or each in "👩🍜🏴"]
    shown = "".join(leaf["text"] for leaf in leaves)
    # What a link leads to is not part of the text; letters are lost nowhere else.
    if "](" not in text and "```" not in text:
        assert [each for each in shown if each.isalpha() or each in "👩🍜🏴"] == letters


@pytest.mark.parametrize(
    ("url", "quote", "expected"),
    [
        ("javascript:alert(1)", "words", None),
        ("data:text/html,hello", "words", None),
        ("not an address", "words", None),
        (None, "words", None),
        ("https://a.example/b", "", "https://a.example/b"),
        (
            "https://a.example/b?c=d#main",
            "a well-kept, dry cellar & more",
            "https://a.example/b?c=d#main:~:text=a%20well%2Dkept%2C%20dry%20cellar%20%26%20more",
        ),
        (
            "http://a.example/",
            "one two three four five six seven eight nine ten eleven",
            "http://a.example/#:~:text=one%20two%20three%20four%20five,seven%20eight%20nine%20ten%20eleven",
        ),
    ],
)
def test_the_link_to_the_original_leads_to_the_quoted_words_or_is_none(
    modules: Modules, url: str | None, quote: str, expected: str | None
) -> None:
    script = "({originalLink}, [url, quote]) => originalLink(url, quote)"
    assert modules.run("original.js", script, [url, quote]) == expected


def test_the_link_to_the_original_of_a_pdf_leads_to_the_page(modules: Modules) -> None:
    script = "({originalLink}, [url, page]) => originalLink(url, 'a quote', page)"
    linked = modules.run("original.js", script, ["https://example.org/a.pdf#top", 3])
    assert linked == "https://example.org/a.pdf#page=3"


def test_a_dateline_of_a_citation_has_its_page(modules: Modules) -> None:
    script = "({dateline}, citation) => dateline(citation)"
    citation = {"source": "Courier", "published": "2023-05-04", "page": 12}
    assert modules.run("dates.js", script, citation) == "Courier, 4 May 2023, page 12"


def test_the_source_in_a_dateline_does_not_turn_the_date_around(modules: Modules) -> None:
    script = """({datelineElement}, article) => {
        const parent = document.createElement("p");
        parent.append(datelineElement(article));
        document.body.append(parent);
        const dated = parent.firstChild.lastChild;
        const range = document.createRange();
        const left = (start) => {
            range.setStart(dated, start);
            range.setEnd(dated, start + 1);
            return range.getBoundingClientRect().left;
        };
        const source = parent.firstChild.firstChild.getBoundingClientRect();
        const found = [parent.textContent, source.right <= left(2), left(2) < left(5)];
        parent.remove();
        return found;
    }"""
    article = {"source": "\u05e9\u05dc\u05d5\u05dd", "published": "2022-04-20"}
    text = "\u05e9\u05dc\u05d5\u05dd, 20 April 2022"
    assert modules.run("dates.js", script, article) == [text, True, True]


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        (
            403,
            "It may read only.",
            "It may read only. Ask whoever runs the service for a key that may change articles.",
        ),
        (
            401,
            "This service needs a key. Send it as `Authorization: Bearer KEY`.",
            "This service needs a key. Enter one, then try again.",
        ),
        (0, "", "The answer broke off before it was complete. Try again."),
        (
            409,
            "It was restored meanwhile.",
            "It was restored meanwhile. Change what you sent, then try again.",
        ),
    ],
)
def test_a_failure_says_what_to_do_about_it(
    modules: Modules, status: int, detail: str, said: str
) -> None:
    script = """({Failure, explain}, [status, detail]) => {
        const {what, next} = explain(new Failure(status, detail));
        return `${what} ${next}`;
    }"""
    assert modules.run("errors.js", script, [status, detail]) == said


@settings(settings.get_profile("browser"))
@given(question=NASTY.filter(lambda text: text.strip() != ""), sources=st.lists(NASTY, max_size=3))
def test_a_permalink_holds_the_question_and_its_filters(
    modules: Modules, question: str, sources: list[str]
) -> None:
    filters = {
        "from": "2022-04-01",
        "to": "",
        "asOf": "2022-05-31",
        "sources": sources,
        "articles": [{"id": "a/b?c#d", "title": "a/b?c#d"}],
    }
    route = modules.run(
        "routes.js",
        "({readRoute, askAddress}, [q, filters]) => readRoute(askAddress(q, filters))",
        [question, filters],
    )
    assert route in (
        {"page": "ask", "question": question, "filters": filters},
        # Characters that only JavaScript takes for white space leave no question.
        {"page": "new"},
    )


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, 0), ("", 0), ("7", 7), ("soon", 0), ("-1", 0)]
)
def test_a_retry_after_header_is_seconds(
    modules: Modules, header: str | None, seconds: int
) -> None:
    script = "({secondsToWait}, header) => secondsToWait(header)"
    assert modules.run("errors.js", script, header) == seconds


def test_every_module_only_makes_nodes_and_no_style_or_script_is_inline() -> None:
    parsing = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
    )
    for path in sorted(WEB.glob("*.js")):
        code = path.read_text("utf-8")
        assert [name for name in parsing if name in code] == [], path.name
        assert 'setAttribute("style"' not in code, path.name
    page = (WEB / "index.html").read_text("utf-8")
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son\w+\s*=", page)
    assert not re.search(r"(?:src|href)=\"(?!web/|#)", page)
