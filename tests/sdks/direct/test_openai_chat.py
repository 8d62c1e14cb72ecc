"""OpenAI's SDK, strict, on chat completions: whole, streamed, counted, with images and log probabilities."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk

QUESTION = "What is the capital of France?"
LONG = "Tell me about lighthouses."


@pytest.fixture(scope="module")
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True) as made:
        yield made


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def png(width: int, height: int) -> str:
    """A data URL with a white image of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\xff" * math.ceil(width / 8)) * height)
    file = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(file).decode()


def test_every_field_of_a_whole_answer(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=user(QUESTION), metadata={"a": "b"})
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert (answer.service_tier, answer.metadata) == ("default", {"a": "b"})
    assert answer.system_fingerprint is not None
    (choice,) = answer.choices
    assert (choice.finish_reason, choice.logprobs) == ("stop", None)
    assert "Paris" in (choice.message.content or "")
    assert (choice.message.refusal, choice.message.annotations) == (None, [])
    usage = answer.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details is not None
    assert usage.completion_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert usage.completion_tokens_details.reasoning_tokens == 0
    assert answer.model_extra == {}, "no field that the SDK does not know"


def test_a_stream_has_its_role_its_end_and_its_usage(client: OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=user(QUESTION),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.to_dict(), strict=True)
        assert chunk.model_extra == {}
    first, *middle, end, last = chunks
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert (end.choices[0].finish_reason, end.choices[0].delta.to_dict()) == ("stop", {})
    assert last.choices == []
    assert last.usage is not None
    text = "".join(chunk.choices[0].delta.content or "" for chunk in middle)
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=user(QUESTION))
    assert text == whole.choices[0].message.content
    assert last.usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert {chunk.id for chunk in chunks} == {last.id}
    assert all(chunk.obfuscation for chunk in middle)


def test_a_stream_without_padding(client: OpenAI) -> None:
    options = {"include_obfuscation": False}
    stream = client.chat.completions.create(
        model="gpt-4o", messages=user("ping"), stream=True, stream_options=options
    )
    assert [chunk.obfuscation for chunk in stream] == [None, None, None]


async def test_the_async_client_streams(sim_base: str) -> None:
    async with AsyncOpenAI(
        base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True
    ) as client:
        stream = await client.chat.completions.create(
            model="gpt-5.5", messages=user("Say this is a test"), stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
    assert text


def test_the_raw_response_has_the_id_of_the_request(client: OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="gpt-4", messages=user("ping"))
    assert raw.http_response.headers["x-simulated"] == "bank"
    assert raw.request_id
    assert raw.http_response.headers["openai-version"] == "2020-10-01"
    assert raw.parse().model == "gpt-4-0613"


def test_a_streamed_response_is_read_line_by_line(client: OpenAI) -> None:
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o-mini", messages=user("ping"), stream=True
    ) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("gpt-3.5-turbo-0125", "gpt-3.5-turbo-0125"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-2024-11-20", "gpt-4o-2024-11-20"),
        ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"),
        ("gpt-5", "gpt-5-2025-08-07"),
        ("gpt-5.6-luna", "gpt-5.6-luna"),
        ("o3-mini", "o3-mini-2025-01-31"),
    ],
)
def test_the_dated_name_of_the_model(asked: str, served: str, client: OpenAI) -> None:
    answer = client.chat.completions.create(model=asked, messages=user("ping"))
    assert answer.model == served


def test_the_usage_is_that_of_all_choices(client: OpenAI) -> None:
    def ask(n: int, model: str = "gpt-4o-mini") -> openai.types.chat.ChatCompletion:
        return client.chat.completions.create(model=model, messages=user(LONG), n=n)

    one, three = ask(1).usage, ask(3)
    assert one is not None
    assert three.usage is not None
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in three.choices}) == 3
    assert three.usage.prompt_tokens == one.prompt_tokens
    assert three.usage.completion_tokens > 2 * one.completion_tokens


def test_a_stream_of_several_choices(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=user(LONG), n=2)
    texts = ["", ""]
    ends = []
    for chunk in client.chat.completions.create(
        model="gpt-4o-mini", messages=user(LONG), n=2, stream=True, stream_options={"include_usage": True}
    ):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            ends += [choice.index] if choice.finish_reason else []
        usage = chunk.usage
    assert texts == [choice.message.content for choice in whole.choices]
    assert sorted(ends) == [0, 1]
    assert usage == whole.usage


def test_limits_stop_sequences_and_seeds(client: OpenAI) -> None:
    create = client.chat.completions.create
    cut = create(model="gpt-4o-mini", messages=user(LONG), max_tokens=5)
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 5
    stopped = create(model="gpt-4o-mini", messages=user("Count from 1 to 10"), stop=["5", "7"])
    assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == ("1, 2, 3, 4, ", "stop")
    texts = [
        create(model="gpt-4o-mini", messages=user(LONG), seed=seed).choices[0].message.content
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities(stream: bool, client: OpenAI) -> None:
    request = {"model": "gpt-4o-mini", "messages": user(QUESTION), "logprobs": True, "top_logprobs": 3}
    if stream:
        chunks = list(client.chat.completions.create(stream=True, **request))
        entries = [e for c in chunks if c.choices[0].logprobs for e in c.choices[0].logprobs.content or []]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    else:
        choice = client.chat.completions.create(**request).choices[0]
        assert choice.logprobs is not None
        entries, text = choice.logprobs.content or [], choice.message.content or ""
    assert "".join(entry.token for entry in entries) == text
    for entry in entries:
        assert bytes(entry.bytes or []).decode() == entry.token
        assert entry.top_logprobs[0].token == entry.token
        assert len({top.token for top in entry.top_logprobs}) == 3
        assert entry.logprob <= 0
        assert entry.top_logprobs[0].logprob > entry.top_logprobs[1].logprob
        assert sum(math.exp(top.logprob) for top in entry.top_logprobs) <= 1.000001


def test_log_probabilities_repeat_and_need_no_alternatives(client: OpenAI) -> None:
    request = {"model": "gpt-4o-mini", "messages": user(QUESTION), "logprobs": True}
    first, second = (client.chat.completions.create(**request).choices[0].logprobs for _ in range(2))
    assert first == second
    assert first is not None
    assert all(entry.top_logprobs == [] for entry in first.content or [])


def test_reasoning_is_counted_and_not_shown(client: OpenAI) -> None:
    def usage(**more: str) -> tuple[int, int]:
        answer = client.chat.completions.create(model="gpt-5-nano", messages=user(QUESTION), **more)
        assert "Paris" in (answer.choices[0].message.content or "")
        assert answer.usage is not None
        assert answer.usage.completion_tokens_details is not None
        return answer.usage.completion_tokens_details.reasoning_tokens or 0, answer.usage.completion_tokens

    counts = [usage(reasoning_effort=effort) for effort in ("minimal", "low", "medium", "high")]
    assert counts[0][0] == 0
    assert [reasoning for reasoning, _ in counts] == sorted({reasoning for reasoning, _ in counts})
    visible = counts[0][1]
    assert all(completion == reasoning + visible for reasoning, completion in counts)
    assert usage() == counts[2], "medium is the default"


def test_reasoning_uses_up_the_limit_first(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-5-nano", messages=user(QUESTION), max_completion_tokens=10
    )
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("", "length")
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 10


# OpenAI's examples of its rules: tiles of 512 pixels, or patches of 32 pixels.
@pytest.mark.parametrize(
    ("model", "width", "height", "detail", "tokens"),
    [
        ("gpt-4o", 1024, 1024, "high", 765),
        ("gpt-4o", 2048, 4096, "high", 1105),
        ("gpt-4o", 4096, 8192, "low", 85),
        ("gpt-4o", 512, 512, "auto", 255),
        ("gpt-4o-mini", 512, 512, "high", 2833 + 5667),
        ("gpt-4.1-mini", 1024, 1024, "auto", math.ceil(1024 * 1.62)),
        ("gpt-4.1-mini", 1800, 2400, "auto", math.ceil(1452 * 1.62)),
        ("gpt-5", 512, 512, "high", 210),
    ],
)
def test_images_count_as_tokens(
    model: str, width: int, height: int, detail: str, tokens: int, client: OpenAI
) -> None:
    words = {"type": "text", "text": "What is this?"}
    picture = {"type": "image_url", "image_url": {"url": png(width, height), "detail": detail}}

    def count(content: list[dict[str, object]]) -> int:
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
        assert answer.usage is not None
        return answer.usage.prompt_tokens

    assert count([words, picture]) - count([words]) == tokens
    assert count([words, picture, picture]) - count([words]) == 2 * tokens


def test_an_image_behind_a_url_is_counted_and_not_fetched(client: OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": [picture]}])
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 765


def test_a_model_without_sight_refuses_an_image(client: OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": png(8, 8)}}
    with pytest.raises(openai.BadRequestError, match="image_url is only supported by certain models"):
        client.chat.completions.create(
            model="gpt-3.5-turbo", messages=[{"role": "user", "content": [picture]}]
        )


def file_part(kind: str, data: bytes) -> dict[str, object]:
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"filename": "a", "file_data": url}}


def test_a_file_is_read_or_its_pages_are_counted(client: OpenAI) -> None:
    def ask(part: dict[str, object], model: str = "gpt-4o") -> openai.types.chat.ChatCompletion:
        return client.chat.completions.create(model=model, messages=[{"role": "user", "content": [part]}])

    text = ask(file_part("text/plain", b"What is the capital of France?"))
    assert "Paris" in (text.choices[0].message.content or "")
    pdf = b"%PDF-1.4 << /Type /Pages >> << /Type /Page >> << /Type /Page >>"
    pages = ask(file_part("application/pdf", pdf))
    assert pages.usage is not None
    assert 2 * 765 < pages.usage.prompt_tokens < 2 * 765 + 20
    with pytest.raises(openai.BadRequestError, match="unsupported MIME type 'audio/wav'"):
        ask(file_part("audio/wav", b"x"))
    with pytest.raises(openai.BadRequestError, match="No file is stored here"):
        ask({"type": "file", "file": {"file_id": "file-1"}})
    with pytest.raises(openai.BadRequestError):
        ask(file_part("application/pdf", pdf), model="gpt-3.5-turbo")


def test_sound_is_refused(client: OpenAI) -> None:
    part = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    with pytest.raises(openai.BadRequestError, match="either text or image_url type"):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": [part]}])


@pytest.mark.parametrize(("sent", "echoed"), [("auto", "default"), ("flex", "flex"), ("fast", "priority")])
def test_the_service_tier(sent: str, echoed: str, client: OpenAI) -> None:
    request = {"model": "gpt-4o", "messages": user("ping"), "service_tier": sent}
    assert client.chat.completions.create(**request).service_tier == echoed
    tiers = {chunk.service_tier for chunk in client.chat.completions.create(stream=True, **request)}
    assert tiers == {echoed}


def test_a_conversation_goes_on_with_the_answer_itself(client: OpenAI) -> None:
    messages: list = [{"role": "developer", "content": "Be brief."}, *user("ping")]
    first = client.chat.completions.create(model="gpt-4o", messages=messages)
    messages += [first.choices[0].message, *user("What is 17 * 23?")]
    assert "391" in (
        client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content or ""
    )


def test_errors_are_the_classes_of_the_sdk(client: OpenAI, sim_base: str) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-9", messages=user("ping"))
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", None)
    with pytest.raises(openai.BadRequestError) as hot:
        client.chat.completions.create(model="gpt-4o", messages=user("ping"), temperature=5)
    assert (hot.value.code, hot.value.param, hot.value.type) == (
        "decimal_above_max_value",
        "temperature",
        "invalid_request_error",
    )
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="text-embedding-3-small", messages=user("ping"))
    wrong = OpenAI(base_url=f"{sim_base}/v1", api_key="wrong-key", max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError) as denied:
        wrong.chat.completions.create(model="gpt-4o", messages=user("ping"))
    assert denied.value.code == "invalid_api_key"
