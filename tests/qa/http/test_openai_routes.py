"""/v1/responses, /v1/completions and /v1/embeddings, through the official client."""

from typing import Any

import numpy as np
import openai
import pytest

from tests.openai_server import Fail, Say
from tests.qa.http.openai_front import Fronting, user
from tests.qa.llm_service import ARTICLES, QUESTION, TRUE
from tests.vectorstore.hashing import HashingEmbedder

TEXTS = {article.id: article.text for article in ARTICLES}
WHOLE = f"{TRUE} BlockFi was admitted in May 1999."


def test_a_response_has_its_text_annotations_and_usage(front: Fronting) -> None:
    it = front()
    response = it.any_client.responses.create(model="article-qa", input=QUESTION)
    assert response.output_text == WHOLE
    assert response.status == "completed"
    (message,) = response.output
    (part,) = message.content
    (annotation,) = part.annotations
    assert response.output_text[annotation.start_index : annotation.end_index] == TRUE
    assert annotation.title == "A lobby loses a member"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (900, 40)
    (citation,) = response.model_extra["citations"]
    assert TEXTS["lobby"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_streamed_response_is_what_it_would_be_whole(front: Fronting) -> None:
    it = front()
    whole = it.any_client.responses.create(model="article-qa", input=QUESTION)
    with it.any_client.responses.stream(model="article-qa", input=QUESTION) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == whole.output_text
    deltas = [each.delta for each in events if each.type == "response.output_text.delta"]
    assert "".join(deltas) == WHOLE
    added = [
        each.annotation.model_dump()
        for each in events
        if each.type == "response.output_text.annotation.added"
    ]
    assert added == [each.model_dump() for each in whole.output[0].content[0].annotations]
    assert [each.sequence_number for each in events] == list(range(len(events)))
    kinds = [each.type for each in events]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")


def test_a_conversation_is_sent_as_input(front: Fronting) -> None:
    condensed = "When did Coinbase leave the Blockchain Association?"
    it = front(Say(condensed), Say("Coinbase, a founding member, left the group within days [1]."))
    response = it.any_client.responses.create(
        model="article-qa",
        instructions="Be brief.",
        input=[
            {"role": "user", "content": "Is Coinbase in the Blockchain Association?"},
            {"role": "assistant", "content": "Coinbase was a founding member."},
            {"role": "user", "content": [{"type": "input_text", "text": "When did it leave?"}]},
        ],
    )
    assert "left the group within days [1]" in response.output_text
    (notice,) = response.model_extra["notices"]
    assert notice.startswith("System messages are ignored")


def test_a_response_that_is_cut_off_is_incomplete(front: Fronting) -> None:
    response = front().any_client.responses.create(
        model="article-qa", input=QUESTION, max_output_tokens=3
    )
    assert response.output_text == "Binance."
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"conversation": "conv_1"}, "leave conversation out"),
        ({"background": True}, "leave background out"),
        ({"tool_choice": "required"}, "calls no tools"),
        ({"text": {"format": {"type": "json_object"}}}, r"leave text\.format out"),
        ({"input": "q" * 2_001}, "at most 2,000 characters"),
    ],
)
def test_what_a_response_cannot_do_is_refused(
    front: Fronting, option: dict[str, Any], told: str
) -> None:
    it = front()
    with pytest.raises(openai.BadRequestError, match=told):
        it.any_client.responses.create(**{"model": "article-qa", "input": QUESTION, **option})
    assert it.model.requests == []


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_response_is_gone_on_from(front: Fronting, is_streamed: bool) -> None:
    it = front(Say(TRUE), Say("When did Coinbase leave?"), Say(TRUE))
    create = it.any_client.responses.create
    first = create(model="article-qa", input=QUESTION)
    assert first.store is True
    second = create(
        model="article-qa",
        input="And who left?",
        previous_response_id=first.id,
        stream=is_streamed,
    )
    if is_streamed:
        second = list(second)[-1].response
    assert (second.status, second.previous_response_id) == ("completed", first.id)
    rewriting = it.model.requests[1]["messages"][-1]["content"]
    assert QUESTION in rewriting
    assert "And who left?" in rewriting
    create(model="article-qa", input="Why?", previous_response_id=second.id)
    assert "And who left?" in it.model.requests[3]["messages"][-1]["content"]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_response_that_could_not_be_stored_says_so(
    front: Fronting, monkeypatch: pytest.MonkeyPatch, is_streamed: bool
) -> None:
    it = front()

    def keep(*_: object) -> None:
        raise OSError("There is no room.")

    monkeypatch.setattr(it.answering.served.service.store.records, "keep", keep)
    response = it.any_client.responses.create(
        model="article-qa", input=QUESTION, stream=is_streamed
    )
    if is_streamed:
        response = list(response)[-1].response
    assert response.store is False


def test_only_what_is_stored_is_gone_on_from(front: Fronting) -> None:
    it = front()
    create = it.any_client.responses.create
    unstored = create(model="article-qa", input=QUESTION, store=False)
    assert unstored.store is False
    for unknown in (unstored.id, "resp_1", "nothing"):
        with pytest.raises(openai.NotFoundError, match="No response is kept under"):
            create(model="article-qa", input="And then?", previous_response_id=unknown)


def test_a_prompt_is_completed_with_its_answer(front: Fronting) -> None:
    it = front()
    completion = it.any_client.completions.create(
        model="article-qa", prompt=[QUESTION], max_tokens=900
    )
    assert completion.choices[0].text == WHOLE
    assert completion.usage.total_tokens == 940
    chunks = list(
        it.any_client.completions.create(model="article-qa", prompt=QUESTION, stream=True)
    )
    assert "".join(choice.text for each in chunks for choice in each.choices) == WHOLE
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].model_extra["citations"] == completion.model_extra["citations"]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"prompt": ["one?", "two?"]}, "one prompt at a time"),
        ({"prompt": [1, 2, 3]}, "one prompt at a time"),
        ({"echo": True}, "leave echo and suffix out"),
        ({"best_of": 2}, "leave best_of out"),
    ],
)
def test_what_a_completion_cannot_do_is_refused(
    front: Fronting, option: dict[str, Any], told: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=told):
        front().client.completions.create(**{"model": "article-qa", "prompt": QUESTION, **option})


def test_embeddings_are_those_of_the_index(front: Fronting) -> None:
    it = front()
    texts = ["A whale was seen.", "The senate passed the bill."]
    made = it.client.embeddings.create(model="article-qa-embedding", input=texts)
    expected = HashingEmbedder().embed(texts)
    assert np.allclose([each.embedding for each in made.data], expected, atol=1e-6)
    plain = it.client.embeddings.create(
        model="article-qa-embedding", input=texts[0], encoding_format="float"
    )
    assert np.allclose(plain.data[0].embedding, expected[0], atol=1e-6)
    assert plain.usage.total_tokens == HashingEmbedder().count_tokens(texts[:1])[0]


@pytest.mark.parametrize(
    ("option", "status", "told"),
    [
        ({"input": [[1, 2, 3]]}, 400, "not tokens"),
        ({"input": [""]}, 400, "1 to 20,000 characters"),
        ({"input": ["a" * 20_000] * 26}, 400, "500,000 characters in all"),
        ({"dimensions": 8}, 400, "32 dimensions"),
        ({"model": "article-qa"}, 404, "only answers questions"),
    ],
)
def test_what_cannot_be_embedded_is_refused(
    front: Fronting, option: dict[str, Any], status: int, told: str
) -> None:
    request = {"model": "article-qa-embedding", "input": "A whale.", **option}
    with pytest.raises(openai.APIStatusError, match=told) as refused:
        front().client.embeddings.create(**request)
    assert refused.value.status_code == status


def test_the_embedding_model_answers_nothing(front: Fronting) -> None:
    it = front()
    with pytest.raises(openai.NotFoundError, match="only makes embeddings"):
        it.ask(user("Who?"), model="article-qa-embedding")


def test_a_failure_in_a_streamed_response_is_said(front: Fronting) -> None:
    it = front(Fail(500))
    events = list(it.any_client.responses.create(model="article-qa", input=QUESTION, stream=True))
    assert events[-1].type == "response.completed"
    (notice,) = events[-1].response.model_extra["notices"]
    assert "chat model" in notice
