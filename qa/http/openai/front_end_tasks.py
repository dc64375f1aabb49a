"""What front-ends ask for in the background: a title for a chat, tags, follow-up questions.

Open WebUI and its forks send such a prompt as a separate chat, which begins with `### Task:` and
names the JSON object that it wants. No article has the answer. A chat is titled with its first
question; nothing else is made up.
"""

import json
import re

TASK = "### Task:"
LONGEST_TITLE = 60
EMPTY: dict[str, object] = {
    "tags": [],
    "follow_ups": [],
    "queries": [],
    "prompt": "",
    "text": "",
}

_WANTED = re.compile(r'\{\s*"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_FIRST_QUESTION = re.compile(
    r"<chat_history>\s*USER:\s*(.+?)\s*(?:\n(?:ASSISTANT|USER):|</chat_history>|\Z)", re.DOTALL
)


def task_reply(prompt: str) -> str | None:
    """The JSON object that a front-end asks for; None if `prompt` is not such a task.

    >>> task_reply('### Task:\\nSuggest tags.\\n### Output:\\nJSON format: { "tags": ["a"] }')
    '{"tags": []}'
    >>> task_reply("Which tags does the task have?") is None
    True
    """
    if not prompt.lstrip().startswith(TASK):
        return None
    wanted = _WANTED.search(prompt)
    if wanted is None:
        return None
    name = wanted[1]
    value = _title(prompt) if name == "title" else EMPTY[name]
    return json.dumps({name: value}, ensure_ascii=False)


def _title(prompt: str) -> str:
    """The first question of the chat, truncated between words."""
    found = _FIRST_QUESTION.search(prompt)
    question = " ".join(found[1].split()) if found else ""
    if len(question) <= LONGEST_TITLE:
        return question
    return question[:LONGEST_TITLE].rpartition(" ")[0].rstrip(",;:") + "…"
