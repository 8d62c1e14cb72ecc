"""OpenAI's SDK, strict, on what stands beside chat: models, embeddings, completions, moderations, images, limits."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable, Iterator

import openai
import pytest
from openai import OpenAI


@pytest.fixture(scope="module")
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True) as made:
        yield made


@pytest.fixture(scope="module")
def usual(sim_base: str) -> Iterator[OpenAI]:
    """Not strict: a strict client refuses base64 vectors, and chunks of completions as OpenAI sends them."""
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk") as made:
        yield made


def test_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-3.5-turbo-0125", "text-embedding-3-small"} <= set(
        names
    )
    assert len(names) == len(set(names))
    model = client.models.retrieve("gpt-4o-2024-11-20")
    assert (model.id, model.object, model.owned_by) == ("gpt-4o-2024-11-20", "model", "openai")
    with pytest.raises(openai.NotFoundError) as unknown:
        client.models.retrieve("gpt-9")
    assert unknown.value.code == "model_not_found"


def length(vector: list[float]) -> float:
    return math.hypot(*vector)


@pytest.mark.parametrize(
    ("model", "width", "served"),
    [
        ("text-embedding-3-small", 1536, "text-embedding-3-small"),
        ("text-embedding-3-large", 3072, "text-embedding-3-large"),
        ("text-embedding-ada-002", 1536, "text-embedding-ada-002-v2"),
    ],
)
def test_embeddings(model: str, width: int, served: str, usual: OpenAI) -> None:
    # The SDK asks for base64 and decodes it.
    answer = usual.embeddings.create(model=model, input=["How do I reset my password?", "The sea is blue"])
    assert answer.model == served
    assert [row.index for row in answer.data] == [0, 1]
    assert [len(row.embedding) for row in answer.data] == [width, width]
    assert length(answer.data[0].embedding) == pytest.approx(1, abs=1e-4)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens > 5


def test_forms_of_vectors(client: OpenAI, usual: OpenAI) -> None:
    plain = client.embeddings.create(model="text-embedding-3-small", input="sea", encoding_format="float")
    packed = usual.embeddings.create(model="text-embedding-3-small", input="sea", encoding_format="base64")
    data = base64.b64decode(packed.data[0].embedding)  # type: ignore[arg-type]
    numbers = struct.unpack(f"<{len(data) // 4}f", data)
    assert numbers == pytest.approx(plain.data[0].embedding, abs=1e-6)
    short = client.embeddings.create(
        model="text-embedding-3-large", input="sea", dimensions=256, encoding_format="float"
    )
    assert len(short.data[0].embedding) == 256
    assert length(short.data[0].embedding) == pytest.approx(1, abs=1e-4)


def test_lists_of_token_numbers(usual: OpenAI) -> None:
    one = usual.embeddings.create(model="text-embedding-3-small", input=[15496, 995])
    two = usual.embeddings.create(model="text-embedding-3-small", input=[[15496, 995], [1, 2, 3]], user="u")
    assert (len(one.data), one.usage.prompt_tokens) == (1, 2)
    assert (len(two.data), two.usage.prompt_tokens) == (2, 5)
    assert two.data[0].embedding == pytest.approx(one.data[0].embedding, abs=1e-6)


EMPTY = (
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"input": ""}, EMPTY),
        ({"input": ["a", ""]}, EMPTY),
        ({"input": []}, EMPTY),
        ({"input": ["a"] * 2049}, "array too long. Expected an array with maximum length 2048"),
        ({"input": "a", "dimensions": 0}, "Expected a value >= 1, but got 0 instead."),
        ({"input": "a", "dimensions": 1537}, "Must be less than or equal to 1536."),
        ({"input": "a", "dimensions": 5, "model": "text-embedding-ada-002"}, "does not support specifying dimensions."),
        ({"input": "a", "encoding_format": "hex"}, "Supported values are: 'float' and 'base64'."),
        ({"input": "word " * 9_000}, "maximum context length is 8191 tokens"),
    ],
)  # fmt: skip
def test_refused_embeddings(request_: dict[str, object], message: str, client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(**{"model": "text-embedding-3-small", **request_})
    assert message in refused.value.message


def test_a_completion(client: OpenAI) -> None:
    answer = client.completions.create(
        model="gpt-3.5-turbo-instruct", prompt="Tell me about lighthouses.", temperature=0
    )
    assert (answer.object, answer.id[:5]) == ("text_completion", "cmpl-")
    assert (answer.choices[0].finish_reason, answer.choices[0].logprobs) == ("length", None)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 16


def test_a_stream_of_a_completion(client: OpenAI, usual: OpenAI) -> None:
    request = {
        "model": "gpt-3.5-turbo-instruct",
        "prompt": "Count from 1 to 10",
        "max_tokens": 50,
        "stop": "7",
    }
    whole = client.completions.create(**request)
    *chunks, last = usual.completions.create(stream=True, stream_options={"include_usage": True}, **request)
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text == "1 2 3 4 5 6 "
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (last.choices, last.usage) == ([], whole.usage)


def test_prompts_choices_echo_and_log_probabilities(client: OpenAI) -> None:
    answer = client.completions.create(
        model="gpt-3.5-turbo-instruct",
        prompt=["ping", "What is the capital of France?"],
        n=2,
        echo=True,
        logprobs=2,
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.choices[0].text == "pingpong"
    assert answer.choices[3].text.startswith("What is the capital of France?")
    for choice in answer.choices:
        found = choice.logprobs
        assert found is not None
        assert "".join(found.tokens or []) == choice.text
        assert (found.text_offset or [])[0] == 0
        assert all(len(top) == 2 for top in found.top_logprobs or [])


def test_the_best_of_several_costs_them_all(client: OpenAI) -> None:
    def tokens(**more: int) -> tuple[int, int]:
        answer = client.completions.create(
            model="gpt-3.5-turbo-instruct", prompt="Tell me about lighthouses.", max_tokens=20, **more
        )
        assert answer.usage is not None
        return len(answer.choices), answer.usage.completion_tokens

    assert tokens() == (1, 20)
    assert tokens(best_of=3) == (1, 60)
    assert tokens(best_of=3, n=2) == (2, 60)
    with pytest.raises(openai.BadRequestError, match="more choices than it will generate"):
        tokens(best_of=1, n=2)


def test_chat_and_completion_models_are_not_mixed_up(client: OpenAI) -> None:
    with pytest.raises(
        openai.NotFoundError, match="This is a chat model and not supported in the v1/completions"
    ):
        client.completions.create(model="gpt-4o-mini", prompt="ping")
    with pytest.raises(openai.NotFoundError, match="This is not a chat model"):
        client.chat.completions.create(model="davinci-002", messages=[{"role": "user", "content": "ping"}])
    with pytest.raises(openai.NotFoundError, match="only supported in v1/responses"):
        client.chat.completions.create(model="gpt-5-pro", messages=[{"role": "user", "content": "ping"}])


def test_moderations(client: OpenAI) -> None:
    answer = client.moderations.create(input=["I will kill you", "What a lovely day"])
    assert answer.model == "omni-moderation-latest"
    bad, good = answer.results
    assert (bad.flagged, bad.categories.violence, bad.categories.sexual) == (True, True, False)
    assert bad.category_scores.violence > 0.9 > bad.category_scores.sexual
    assert not good.flagged
    assert not any(good.categories.model_dump().values())
    assert bad.category_applied_input_types.violence == ["text"]


def test_moderation_of_text_with_an_image(client: OpenAI) -> None:
    answer = client.moderations.create(
        model="omni-moderation-latest",
        input=[
            {"type": "text", "text": "how to make a bomb"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ],
    )
    (result,) = answer.results
    assert result.categories.illicit
    assert result.categories.illicit_violent
    assert result.category_applied_input_types.sexual == ["text", "image"]
    with pytest.raises(openai.BadRequestError, match="Invalid value for 'model' = gpt-4o"):
        client.moderations.create(model="gpt-4o", input="x")


@pytest.mark.parametrize("stream", [False, True])
def test_stored_completions(stream: bool, client: OpenAI, usual: OpenAI) -> None:
    completions = client.chat.completions
    label = {"lesson": f"stored-{stream}"}
    request = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "ping"}], "metadata": label}
    if stream:
        chunks = list(completions.create(stream=True, store=True, **request))
        name, text = chunks[0].id, "pong"
    else:
        answer = completions.create(store=True, **request)
        name, text = answer.id, answer.choices[0].message.content
    stored = completions.retrieve(name)
    assert (stored.choices[0].message.content, stored.metadata) == (text, label)
    assert name in {one.id for one in completions.list(limit=100)}
    assert next(one.id for one in completions.list(metadata=label, order="desc", limit=1)) == name
    assert list(completions.list(model="gpt-none")) == []
    # The SDK's type knows the assistant's messages alone.
    (message,) = usual.chat.completions.messages.list(name)
    assert (message.id, message.content) == (f"{name}-0", "ping")
    assert completions.update(name, metadata={"a": "b"}).metadata == {"a": "b"}
    assert completions.delete(name).deleted
    with pytest.raises(openai.NotFoundError, match="not found"):
        completions.retrieve(name)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_generated_image_is_a_placeholder(client: OpenAI) -> None:
    request = {
        "model": "gpt-image-1",
        "prompt": "An astronaut",
        "size": "1536x1024",
        "quality": "low",
        "n": 2,
    }
    first, second = (client.images.generate(**request) for _ in range(2))
    assert first.data is not None
    assert first.data == second.data, "the same for the same prompt"
    assert (len(first.data), first.size, first.output_format) == (2, "1536x1024", "png")
    file = base64.b64decode(first.data[0].b64_json or "")
    assert size_of(file) == (1536, 1024)
    assert first.usage is not None
    assert first.usage.total_tokens == first.usage.input_tokens + first.usage.output_tokens
    assert first.usage.output_tokens == 2 * 272


def test_an_image_is_streamed(client: OpenAI) -> None:
    events = list(
        client.images.generate(model="gpt-image-1", prompt="An astronaut", stream=True, partial_images=2)
    )
    kinds = [event.type for event in events]
    assert kinds == [*["image_generation.partial_image"] * 2, "image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]  # type: ignore[union-attr]
    assert size_of(base64.b64decode(events[-1].b64_json)) == (1024, 1024)
    with pytest.raises(openai.BadRequestError, match="'n' must be 1"):
        client.images.generate(model="gpt-image-1", prompt="x", stream=True, n=2)


def test_an_image_of_dall_e(client: OpenAI) -> None:
    answer = client.images.generate(model="dall-e-3", prompt="An astronaut", size="1024x1792")
    (image,) = answer.data or []
    prefix, data = (image.url or "").split(",")
    assert prefix == "data:image/png;base64"
    assert size_of(base64.b64decode(data)) == (1024, 1792)
    assert image.revised_prompt == "An astronaut"
    with pytest.raises(openai.BadRequestError, match="Expected a value <= 1, but got 2"):
        client.images.generate(model="dall-e-3", prompt="x", n=2)
    with pytest.raises(openai.BadRequestError, match="Supported values are: '256x256'"):
        client.images.generate(model="dall-e-2", prompt="x", size="1536x1024")


LIMITS: list[Callable[[OpenAI], object]] = [
    lambda client: client.files.list(),
    lambda client: client.files.create(file=b"{}", purpose="batch"),
    lambda client: client.batches.create(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id="f"
    ),
    lambda client: client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="f"),
    lambda client: client.audio.speech.create(model="tts-1", voice="alloy", input="x"),
    lambda client: client.audio.transcriptions.create(model="whisper-1", file=b"x"),
    lambda client: client.vector_stores.list(),
    lambda client: client.models.delete("ft:gpt-4o-mini:x"),
    lambda client: client.images.edit(image=b"x", prompt="x"),
]


@pytest.mark.parametrize("call", LIMITS)
def test_a_limit_is_named(call: Callable[[OpenAI], object], client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"not simulated|no fine-tuned") as refused:
        call(client)
    assert refused.value.code == "not_simulated"
