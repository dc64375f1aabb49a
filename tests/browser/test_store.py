"""Chats in the browser's storage: when it is full, and when entries are broken."""

from tests.browser.modules import Modules

STORAGE = """
class Space {
    constructor(size) { this.size = size; this.entries = new Map(); }
    get length() { return this.entries.size; }
    key(index) { return [...this.entries.keys()][index] ?? null; }
    getItem(name) { return this.entries.get(name) ?? null; }
    removeItem(name) { this.entries.delete(name); }
    setItem(name, value) {
        let used = value.length;
        for (const [other, kept] of this.entries) if (other !== name) used += kept.length;
        if (used > this.size) throw new DOMException("full", "QuotaExceededError");
        this.entries.set(name, value);
    }
}
"""
A_CHAT = """const chat = (id, updated) => ({id, title: `Chat ${id}`, created: updated, updated,
    turns: [{id: "t", question: "x".repeat(300), filters: {from: "", to: "", sources: [],
    articles: []}, state: "failed", text: "", sentences: [], citations: [], answer: null,
    trouble: null}]});"""


def test_the_oldest_chats_make_room_when_the_browser_is_full(modules: Modules) -> None:
    said, kept = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const chats = new Chats(new Space(1700));
            const said = [..."abcd"].map((id, day) => chats.save(chat(id, `2022-0${{day}}`)));
            return [said, chats.list().map((each) => each.id)];
        }}""",
    )
    assert said == ["kept", "kept", "kept", "made room"]
    assert kept == ["d", "c", "b"]


def test_a_chat_that_no_room_can_be_made_for_is_not_kept_and_costs_no_other_a_crash(
    modules: Modules,
) -> None:
    said = modules.run(
        "chats.js",
        f"({{Chats}}) => {{ {STORAGE} {A_CHAT}"
        " return new Chats(new Space(10)).save(chat('a', '2022')); }",
    )
    assert said == "not kept"


def test_a_chat_that_finds_no_room_leaves_the_others_as_they_were(modules: Modules) -> None:
    said, kept = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const chats = new Chats(new Space(1700));
            for (const id of "abc") chats.save(chat(id, "2022"));
            const long = {{...chat("long", "2023"), title: "x".repeat(2000)}};
            return [chats.save(long), chats.list().map((each) => each.id).sort()];
        }}""",
    )
    assert said == "not kept"
    assert kept == ["a", "b", "c"]


def test_a_storage_that_refuses_costs_no_chat(modules: Modules) -> None:
    said, kept = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const space = new Space(9999);
            const chats = new Chats(space);
            chats.save(chat("a", "2022"));
            space.setItem = () => {{ throw new DOMException("refused", "SecurityError"); }};
            return [chats.save(chat("b", "2023")), chats.list().map((each) => each.id)];
        }}""",
    )
    assert said == "not kept"
    assert kept == ["a"]


def test_an_answer_is_stored_once(modules: Modules) -> None:
    stored = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const asked = chat("a", "2022");
            const answer = {{answered: true, text: "So.", sentences: [1], citations: [2],
                passages: [{{id: "p", text: "Long."}}]}};
            Object.assign(asked.turns[0], {{state: "done", text: "So.", sentences: [1],
                citations: [2], answer}});
            const chats = new Chats(new Space(9999));
            chats.save(asked);
            return chats.get("a").turns[0];
        }}""",
    )
    assert (stored["text"], stored["sentences"], stored["citations"]) == ("", [], [])
    assert stored["answer"]["text"] == "So."
    assert stored["answer"]["citations"] == [2]
    assert stored["answer"]["passages"] == [{"id": "p", "text": ""}]


def test_turns_of_two_tabs_are_kept_together(modules: Modules) -> None:
    turns = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const chats = new Chats(new Space(9999));
            const turn = (id, state) => ({{...chat("a", "").turns[0], id, asked: id, state}});
            const of = (...turns) => ({{...chat("a", "2022"), turns}});
            const here = of(turn("1", "asking"), turn("3", "failed"));
            const there = of(turn("1", "done"), turn("2", "stopped"), turn("3", "asking"));
            chats.save(there);
            chats.save(here, here.turns[1]);
            return chats.get("a").turns.map(({{id, state}}) => [id, state]);
        }}""",
    )
    assert turns == [["1", "done"], ["2", "stopped"], ["3", "failed"]]


def test_a_broken_entry_is_passed_over(modules: Modules) -> None:
    kept = modules.run(
        "chats.js",
        f"""({{Chats}}) => {{
            {STORAGE} {A_CHAT}
            const space = new Space(9999);
            const chats = new Chats(space);
            chats.save(chat("a", "2022"));
            space.setItem("article-qa.chat.broken", "{{");
            space.setItem("article-qa.chat.strange", "7");
            space.setItem("other", "x");
            return chats.list().map((each) => each.id);
        }}""",
    )
    assert kept == ["a"]


def test_a_chat_exports_as_markdown_in_which_quotations_stay_quotations(modules: Modules) -> None:
    chat = {
        "title": "Ferries",
        "turns": [
            {
                "question": "How *many* cars?",
                "filters": {"from": "2022-01-01", "to": "", "sources": ["Gazette"], "articles": []},
                "state": "done",
                "text": "",
                "sentences": [],
                "citations": [],
                "trouble": None,
                "answer": {
                    "text": "It carries 38 _cars_ [1]",
                    "answerer": "extractive",
                    "notice": None,
                    "citations": [
                        {
                            "number": 1,
                            "title": "The <b>ferry</b>",
                            "source": "Gazette",
                            "published": "2022-04-20",
                            "url": "https://a.example/x",
                            "quote": "It carries\n38 _cars_",
                        }
                    ],
                },
            }
        ],
    }
    exported = modules.run("chats.js", "({asMarkdown}, chat) => asMarkdown(chat)", chat)
    assert exported == (
        "# Ferries\n\n"
        "## How \\*many\\* cars?\n\n"
        "*Only from 1 January 2022 · Gazette*\n\n"
        "It carries 38 \\_cars\\_ [1]\n\n"
        "### Sources\n\n"
        "1. The \\<b\\>ferry\\</b\\> · Gazette, 20 April 2022 · https://a.example/x  \n"
        "   > It carries 38 \\_cars\\_\n"
    )
