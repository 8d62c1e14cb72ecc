"""OpenAI's SDK against Azure OpenAI: deployments, versions, the filter's results, and the paths of its v1 API."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel

VERSION = "2024-10-21"
CATEGORIES = {"hate", "self_harm", "sexual", "violence"}


@pytest.fixture(scope="module")
def client(sim_base: str) -> Iterator[AzureOpenAI]:
    with AzureOpenAI(
        azure_endpoint=sim_base, api_key="sim-sdk", api_version=VERSION, _strict_response_validation=True
    ) as made:
        yield made


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_an_answer_has_the_filters_results(client: AzureOpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=user("ping"))
    assert (answer.model, answer.choices[0].message.content) == ("gpt-4o-mini-2024-07-18", "pong")
    (prompt,) = answer.prompt_filter_results
    assert prompt["prompt_index"] == 0
    assert set(prompt["content_filter_results"]) == CATEGORIES | {"jailbreak"}
    results = answer.choices[0].content_filter_results
    assert results == {name: {"filtered": False, "severity": "safe"} for name in CATEGORIES}


def test_a_stream_begins_with_the_filter_s_results_of_the_prompt(sim_base: str) -> None:
    # The first chunk of Azure has no object, which a strict client would refuse.
    client = AzureOpenAI(azure_endpoint=sim_base, api_key="sim-sdk", api_version=VERSION)
    with client:
        options = {"include_usage": True}
        first, role, *middle, end, last = client.chat.completions.create(
            model="gpt-4o", messages=user("ping"), stream=True, stream_options=options
        )
    assert (first.choices, first.id, first.model) == ([], "", "")
    assert set(first.prompt_filter_results[0]["content_filter_results"]) >= CATEGORIES
    assert (role.choices[0].delta.role, role.choices[0].content_filter_results) == ("assistant", {})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in middle) == "pong"
    assert all(set(chunk.choices[0].content_filter_results) == CATEGORIES for chunk in middle)
    assert end.choices[0].finish_reason == "stop"
    assert last.usage is not None


def test_a_deployment_of_the_client_goes_before_the_model(sim_base: str) -> None:
    with AzureOpenAI(
        azure_endpoint=sim_base, azure_deployment="gpt-4o", api_key="sim-sdk", api_version=VERSION
    ) as client:
        answer = client.chat.completions.create(model="<ignored>", messages=user("ping"))
    assert answer.model == "gpt-4o-2024-11-20"


def test_an_entra_id_token_is_a_key_too(sim_base: str) -> None:
    with AzureOpenAI(
        azure_endpoint=sim_base, azure_ad_token_provider=lambda: "token", api_version=VERSION
    ) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=user("ping"))
    assert answer.choices[0].message.content == "pong"


async def test_the_async_client(sim_base: str) -> None:
    async with AsyncAzureOpenAI(
        azure_endpoint=sim_base, api_key="sim-sdk", api_version="2025-04-01-preview"
    ) as client:
        stream = await client.chat.completions.create(model="gpt-4o", messages=user("ping"), stream=True)
        text = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    assert "".join(text) == "pong"


class Place(BaseModel):
    city: str


def test_an_answer_is_parsed(client: AzureOpenAI) -> None:
    answer = client.chat.completions.parse(
        model="gpt-4o", messages=user("What is the capital of France?"), response_format=Place
    )
    assert isinstance(answer.choices[0].message.parsed, Place)


def test_embeddings_and_models(client: AzureOpenAI) -> None:
    answer = client.embeddings.create(
        model="text-embedding-3-small", input=["one", "two"], encoding_format="float"
    )
    assert [len(row.embedding) for row in answer.data] == [1536, 1536]
    names = {model.id for model in client.models.list()}
    assert {"gpt-4o-mini", "text-embedding-3-small"} <= names
    assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"


def test_completions_and_images(client: AzureOpenAI) -> None:
    answer = client.completions.create(model="gpt-35-turbo-instruct", prompt="ping")
    assert answer.choices[0].text == "pong"
    image = client.images.generate(model="dall-e-3", prompt="An astronaut")
    assert (image.data or [])[0].url


def test_the_v1_api_takes_openais_own_client(sim_base: str) -> None:
    with OpenAI(
        base_url=f"{sim_base}/openai/v1", api_key="sim-sdk", _strict_response_validation=True
    ) as client:
        answer = client.chat.completions.create(model="gpt-4.1-mini", messages=user("ping"))
        names = {model.id for model in client.models.list()}
    assert answer.model == "gpt-4.1-mini-2025-04-14"
    assert "gpt-4.1-mini" in names


def test_without_a_version_the_resource_is_not_found(sim_base: str) -> None:
    with (
        OpenAI(base_url=f"{sim_base}/openai/deployments/gpt-4o", api_key="sim-sdk") as client,
        pytest.raises(openai.NotFoundError) as error,
    ):
        client.chat.completions.create(model="gpt-4o", messages=user("ping"))
    assert error.value.body == {"code": "404", "message": "Resource not found"}


def test_errors_of_the_gateway_and_of_the_model(client: AzureOpenAI, sim_base: str) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-9", messages=user("ping"))
    assert unknown.value.code == "DeploymentNotFound"
    with pytest.raises(openai.BadRequestError) as hot:
        client.chat.completions.create(model="gpt-4o", messages=user("ping"), temperature=5)
    assert (hot.value.code, hot.value.param) == ("decimal_above_max_value", "temperature")
    wrong = AzureOpenAI(azure_endpoint=sim_base, api_key="wrong-key", api_version=VERSION, max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError) as denied:
        wrong.chat.completions.create(model="gpt-4o", messages=user("ping"))
    assert denied.value.code == "401"
    with pytest.raises(openai.NotFoundError, match="Speech is not simulated"):
        client.audio.speech.create(model="tts-1", voice="alloy", input="hello")
