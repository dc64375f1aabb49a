"""/v1: what any client of the OpenAI protocol relies on."""

import json

import httpx
import pytest

from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing
from tests.qa.http.shapes import Body, assert_problem

QUESTION = "When did Binance.US join the Blockchain Association?"
COMPLETIONS = "/v1/chat/completions"


def body(*messages: str, **more: object) -> Body:
    return {
        "model": "article-qa",
        "messages": [{"role": "user", "content": each} for each in messages],
        **more,
    }


def test_the_models_are_the_configured_answerers(http: httpx.Client) -> None:
    listed = http.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [each["id"] for each in listed["data"]] == [
        "article-qa",
        "article-qa-extractive",
        "article-qa-embedding",
    ]


def test_a_completion_has_the_text_and_citations_of_the_answer(http: httpx.Client) -> None:
    answer = http.post("/ask", json={"question": QUESTION}).json()
    completion = http.post(COMPLETIONS, json=body(QUESTION)).json()
    (choice,) = completion["choices"]
    assert completion["object"] == "chat.completion"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == answer["text"]
    assert choice["finish_reason"] == "stop"
    assert completion["citations"] == answer["citations"]


def test_a_streamed_completion_adds_up_to_the_whole(http: httpx.Client) -> None:
    whole = http.post(COMPLETIONS, json=body(QUESTION)).json()
    options = {"stream": True, "stream_options": {"include_usage": True}}
    streamed = http.post(COMPLETIONS, json=body(QUESTION, **options))
    *data, done = [each.removeprefix("data: ") for each in streamed.text.strip().split("\n\n")]
    assert done == "[DONE]"
    chunks = [json.loads(each) for each in data]
    assert {each["object"] for each in chunks} == {"chat.completion.chunk"}
    deltas = [each["choices"][0]["delta"] for each in chunks if each["choices"]]
    text = "".join(each.get("content", "") for each in deltas)
    assert text == whole["choices"][0]["message"]["content"]
    assert set(chunks[-1]["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        ({"model": "article-qa", "messages": []}, 422),
        (body(""), 400),
        (body("q" * 2_001), 400),
        (body("Who?", model="gpt-unheard-of"), 404),
        (body("Who?", model="article-qa-llm"), 404),
        (body("Who?", model="article-qa-embedding"), 404),
        ({"messages": [{"role": "assistant", "content": "I spoke last."}]}, 400),
    ],
)
def test_a_refusal_has_its_message_where_openai_clients_look(
    http: httpx.Client, request_body: Body, status: int
) -> None:
    response = http.post(COMPLETIONS, json=request_body)
    detail = assert_problem(response, status)
    assert response.json()["error"]["message"] == detail


@pytest.mark.parametrize("content", [r'"\ud800"', r'[{"type": "text", "text": "\ud800"}]'])
def test_half_a_surrogate_pair_is_refused_in_a_message(http: httpx.Client, content: str) -> None:
    response = http.post(
        COMPLETIONS,
        content=f'{{"messages": [{{"role": "user", "content": {content}}}]}}',
        headers={"Content-Type": "application/json"},
    )
    assert "surrogate" in assert_problem(response, 422)


def test_an_error_in_a_stream_is_sent_before_it_ends(serve: Serve) -> None:
    served = serve(Failing(RuntimeError("the password is swordfish")))
    streamed = served.http.post(COMPLETIONS, json=body("Who?", stream=True))
    *data, done = streamed.text.strip().split("\n\n")
    assert done == "data: [DONE]"
    assert "error" in json.loads(data[-1].removeprefix("data: "))
    assert "swordfish" not in streamed.text
