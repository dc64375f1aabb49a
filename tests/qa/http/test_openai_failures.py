"""Refusals, failures and disconnects through the official OpenAI client."""

import openai
import pytest
from openai import OpenAI
from openai.types.chat import (
    ChatCompletionChunk,
)

from tests.openai_server import Hang
from tests.qa.http.conftest import Serve
from tests.qa.http.openai_front import ASKED, Fronting, text_of, user
from tests.qa.http.scripted import Failing
from tests.qa.llm_service import TRUE
from vectorstore.errors import UserError

SECONDS = 20.0


def test_refusals_raise_the_clients_own_errors_with_our_message(front: Fronting) -> None:
    it = front()
    with pytest.raises(openai.NotFoundError) as unknown:
        it.ask(model="gpt-unheard-of")
    assert "There is no model 'gpt-unheard-of' here. There are: article-qa," in str(unknown.value)
    with pytest.raises(openai.BadRequestError, match=r"at most 2,000 characters\."):
        it.ask(user("q" * 2_001))
    with pytest.raises(openai.BadRequestError, match=r"last message must be the user's question"):
        it.ask({"role": "system", "content": "Be brief."})
    with pytest.raises(openai.UnprocessableEntityError, match=r"The request cannot be used\."):
        it.ask(*[user("again")] * 10_001)
    assert it.model.requests == []


def test_a_missing_answerer_is_refused_before_a_stream_begins(serve: Serve) -> None:
    served = serve(Failing(RuntimeError("never asked")))
    with (
        OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client,
        pytest.raises(openai.NotFoundError, match="There is no model 'article-qa-llm' here"),
    ):
        client.chat.completions.create(model="article-qa-llm", messages=[ASKED], stream=True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("the password is swordfish"), "Something failed inside the service."),
        (UserError("The disk is full. Make room."), "The disk is full. Make room."),
    ],
)
def test_an_error_in_a_stream_raises_after_the_text_before_it(
    serve: Serve, error: Exception, said: str
) -> None:
    served = serve(Failing(error))
    heard: list[ChatCompletionChunk] = []
    with (
        OpenAI(base_url=f"{served.url}/v1", api_key="any", max_retries=0) as client,
        client.chat.completions.create(model="article-qa", messages=[ASKED], stream=True) as stream,
        pytest.raises(openai.APIError) as failed,
    ):
        heard.extend(stream)
    assert failed.value.message.startswith(said)
    assert "swordfish" not in repr(failed.value)
    assert text_of(heard) == "The cat "


def test_a_disconnect_from_a_stream_cancels_the_call_of_the_model(front: Fronting) -> None:
    it = front(Hang(f"{TRUE} And then"))
    with it.client.chat.completions.create(
        model="article-qa", messages=[ASKED], stream=True
    ) as stream:
        next(chunk for chunk in stream if text_of([chunk]))
        assert not it.model.hung_up.is_set()
    assert it.model.hung_up.wait(SECONDS), "the model still writes"


def test_a_disconnect_without_a_stream_cancels_it_too(front: Fronting) -> None:
    it = front(Hang(f"{TRUE} And then"))
    with pytest.raises(openai.APITimeoutError):
        it.client.with_options(timeout=1.0).chat.completions.create(
            model="article-qa", messages=[ASKED]
        )
    assert it.model.hung_up.wait(SECONDS), "the model still writes"
