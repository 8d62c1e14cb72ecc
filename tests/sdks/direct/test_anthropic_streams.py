"""Anthropic's SDK and streams: every event is of its declared type and stands where it belongs."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic_client import MODEL, WEATHER, known, strict, strict_async, user

THINK = {"type": "enabled", "budget_tokens": 1_024}


def events_of(base: str, **request: Any) -> list[Any]:
    full = {"model": MODEL, "max_tokens": 2_000, "messages": user("ping")} | request
    with strict(base) as client, client.messages.create(**full, stream=True) as stream:
        return [known(event) for event in stream]


def kinds(events: list[Any]) -> list[str]:
    """The events' types in order, each run of deltas as one, such as `content_block_delta:text_delta`."""
    names: list[str] = []
    for event in events:
        name = f"{event.type}:{event.delta.type}" if event.type == "content_block_delta" else event.type
        if not names or names[-1] != name:
            names.append(name)
    return names


def block(kind: str, *deltas: str) -> list[str]:
    assert kind
    return [
        "content_block_start",
        *(f"content_block_delta:{name}" for name in deltas),
        "content_block_stop",
    ]


def whole(*blocks: list[str]) -> list[str]:
    return ["message_start", *(name for one in blocks for name in one), "message_delta", "message_stop"]


def test_a_text(sim_base: str) -> None:
    events = events_of(sim_base, messages=user("What is an LLM gateway?"))
    assert kinds(events) == whole(block("text", "text_delta"))
    start, end = events[0].message, events[-2]
    assert (start.content, start.stop_reason, start.role) == ([], None, "assistant")
    assert start.usage.input_tokens == end.usage.input_tokens > 0
    texts = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert end.usage.output_tokens == len(texts)
    assert end.delta.stop_reason == "end_turn"


def test_thinking_comes_first_and_is_signed(sim_base: str) -> None:
    events = events_of(sim_base, thinking=THINK)
    assert kinds(events) == whole(
        block("thinking", "thinking_delta", "signature_delta"), block("text", "text_delta")
    )
    assert [event.index for event in events if event.type == "content_block_start"] == [0, 1]
    usage = events[-2].usage
    assert 0 < usage.output_tokens_details.thinking_tokens < usage.output_tokens
    hidden = events_of(sim_base, thinking={**THINK, "display": "omitted"})
    assert kinds(hidden) == whole(block("thinking", "signature_delta"), block("text", "text_delta"))


def test_tool_calls(sim_base: str) -> None:
    events = events_of(sim_base, tools=[WEATHER], messages=user("What is the weather in Paris and Tokyo?"))
    assert kinds(events) == whole(
        block("tool_use", "input_json_delta"), block("tool_use", "input_json_delta")
    )
    calls = [event.content_block for event in events if event.type == "content_block_start"]
    assert [(call.name, call.input, call.caller.type) for call in calls] == [
        ("get_weather", {}, "direct")
    ] * 2
    assert calls[0].id != calls[1].id
    assert events[-2].delta.stop_reason == "tool_use"


def test_citations(sim_base: str) -> None:
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "It routes calls."},
        "citations": {"enabled": True},
    }
    question = {"type": "text", "text": "What does it do?"}
    events = events_of(sim_base, messages=user([document, question]))
    assert kinds(events) == whole(block("text", "citations_delta", "text_delta"))


def test_an_answer_cut_in_the_middle_of_its_thinking(sim_base: str) -> None:
    events = events_of(sim_base, thinking={"type": "enabled", "budget_tokens": 1_024}, max_tokens=1_025)
    assert events[-2].delta.stop_reason == "end_turn"
    cut = events_of(sim_base, model="claude-sonnet-4-6", thinking={"type": "adaptive"}, max_tokens=5)
    assert kinds(cut) == whole(block("thinking", "thinking_delta", "signature_delta"))
    assert (cut[-2].delta.stop_reason, cut[-2].usage.output_tokens) == ("max_tokens", 5)


def test_the_stream_helper_builds_the_same_message(sim_base: str) -> None:
    request: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 2_000,
        "thinking": THINK,
        "messages": user("What is an LLM gateway?"),
    }
    with strict(sim_base) as client:
        expected = client.messages.create(**request)
        with client.messages.stream(**request) as stream:
            seen = [event.type for event in stream]
            final = known(stream.get_final_message())
        with client.messages.stream(**request) as stream:
            text = "".join(stream.text_stream)
    assert {"thinking", "signature", "text", "content_block_stop", "message_stop"} <= set(seen)
    assert [block.to_dict() for block in final.content] == [block.to_dict() for block in expected.content]
    assert (final.usage.output_tokens, final.stop_reason) == (
        expected.usage.output_tokens,
        expected.stop_reason,
    )
    assert text == expected.content[1].text


def test_the_helper_follows_a_tools_input(sim_base: str) -> None:
    with (
        strict(sim_base) as client,
        client.messages.stream(
            model=MODEL,
            max_tokens=500,
            tools=[WEATHER],
            messages=user("What is the weather in Oslo?"),
        ) as stream,
    ):
        snapshots = [event.snapshot for event in stream if event.type == "input_json"]
        final = stream.get_final_message()
    assert snapshots[-1] == {"city": "Oslo"} == final.content[0].input


async def test_the_async_helper(sim_base: str) -> None:
    async with strict_async(sim_base) as client:
        request: dict[str, Any] = {"model": MODEL, "max_tokens": 500, "messages": user("Count from 1 to 10")}
        async with client.messages.stream(**request) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            final = await stream.get_final_message()
        raw = [event async for event in await client.messages.create(**request, stream=True)]
    assert text == final.content[0].text
    assert raw[-1].type == "message_stop"


def test_a_stream_can_be_left(sim_base: str) -> None:
    with strict(sim_base) as client:
        with client.messages.stream(model=MODEL, max_tokens=500, messages=user("Write an essay")) as stream:
            next(iter(stream.text_stream))
        assert client.messages.create(model=MODEL, max_tokens=9, messages=user("ping")).content


def test_the_beta_stream(sim_base: str) -> None:
    with (
        strict(sim_base) as client,
        client.beta.messages.stream(
            model=MODEL, max_tokens=50, messages=user("ping"), betas=["interleaved-thinking-2025-05-14"]
        ) as stream,
    ):
        assert "".join(stream.text_stream) == "pong"
        known(stream.get_final_message())


def test_an_invalid_request_for_a_stream_is_a_plain_error(sim_base: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least one message is required"):
        events_of(sim_base, messages=[])
