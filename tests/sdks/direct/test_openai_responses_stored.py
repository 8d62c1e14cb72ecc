"""Tasks of OpenAI's SDK with what the Responses API keeps: turns, the background, items, conversations."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from openai.types.responses import Response
from unknown_fields import unknown_fields

CAPITAL = "What is the capital of France?"
# At this pace an answer takes seconds.
SLOW = {"model": "gpt-4.1-mini", "ttft_s": 0.4, "tokens_per_s": 60, "jitter": 0}
LONG = "Write 150 words about rivers."


@pytest.fixture
def client(sim_base: str) -> Iterator[OpenAI]:
    with OpenAI(
        base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture
def slow_model(sim_base: str) -> Iterator[str]:
    with httpx2.Client(base_url=sim_base) as http:
        before = next(
            row
            for row in http.get("/_sim/profiles").json()["profiles"]
            if (row["provider"], row["model"]) == ("openai", SLOW["model"])
        )
        http.patch("/_sim/profiles", json={**SLOW, "provider": "openai"}).raise_for_status()
        yield str(SLOW["model"])
        back = {name: before[name] for name in SLOW}
        http.patch("/_sim/profiles", json={**back, "provider": "openai"}).raise_for_status()


def until(client: OpenAI, answer: Response, *states: str) -> Response:
    end = time.monotonic() + 60
    while answer.status not in states:
        assert time.monotonic() < end
        time.sleep(0.05)
        answer = client.responses.retrieve(answer.id)
    return answer


def test_a_conversation_by_the_previous_response(client: OpenAI) -> None:
    first = client.responses.create(
        model="gpt-4o-mini", input=CAPITAL, instructions="Speak like a pirate, and be as brief as you can."
    )
    second = client.responses.create(model="gpt-4o-mini", input="ping", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.output_text == "pong"
    assert second.instructions is None
    alone = client.responses.create(model="gpt-4o-mini", input="ping")
    without = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
    earlier = without.usage.input_tokens + without.usage.output_tokens
    # The whole context counts, but for the instructions of the turn before.
    assert alone.usage.input_tokens < second.usage.input_tokens <= alone.usage.input_tokens + earlier
    third = client.responses.create(model="gpt-4o-mini", input="ping", previous_response_id=second.id)
    assert third.usage.input_tokens > second.usage.input_tokens


def test_a_tools_result_by_the_previous_response(client: OpenAI) -> None:
    tool = {
        "type": "function",
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    asked = client.responses.create(model="gpt-4o-mini", input="What is the weather in Paris?", tools=[tool])
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        client.responses.create(model="gpt-4o-mini", input="And now?", previous_response_id=asked.id)
    result = {
        "type": "function_call_output",
        "call_id": asked.output[0].call_id,
        "output": [{"type": "input_text", "text": "rain"}],
    }
    told = client.responses.create(model="gpt-4o-mini", input=[result], previous_response_id=asked.id)
    assert "rain" in told.output_text
    with pytest.raises(openai.BadRequestError, match="No tool call found for function call output"):
        client.responses.create(model="gpt-4o-mini", input=[result])


def test_what_is_not_stored_cannot_be_continued(client: OpenAI) -> None:
    answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL, store=False)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-4o-mini", input="ping", previous_response_id=answer.id)
    assert caught.value.body == {
        "message": f"Previous response with id '{answer.id}' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{answer.id}' not found"):
        client.responses.retrieve(answer.id)


def test_a_stored_response(client: OpenAI) -> None:
    answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
    assert client.responses.retrieve(answer.id) == answer
    with client.responses.stream(model="gpt-4o-mini", input=CAPITAL) as stream:
        streamed = stream.get_final_response()
    assert client.responses.retrieve(streamed.id).output_text == streamed.output_text
    client.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.delete(answer.id)
    again = client.beta.responses.create(model="gpt-4o-mini", input=CAPITAL)
    assert client.beta.responses.retrieve(again.id).output[0].content[0].text == answer.output_text
    with pytest.raises(openai.BadRequestError, match="Expected an ID that begins with 'resp'"):
        client.responses.retrieve("chatcmpl-1")


def test_other_keys_do_not_see_it(client: OpenAI, sim_base: str) -> None:
    answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
    with (
        OpenAI(base_url=f"{sim_base}/v1", api_key="sim-other", max_retries=0) as other,
        pytest.raises(openai.NotFoundError),
    ):
        other.responses.retrieve(answer.id)


def test_the_items_of_the_input(client: OpenAI) -> None:
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "https://example.com/a.png"},
    ]
    items: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": parts},
    ]
    answer = client.responses.create(model="gpt-4o-mini", input=items)
    listed = list(client.responses.input_items.list(answer.id, order="asc", limit=3))
    assert [item.role for item in listed] == ["developer", "user", "assistant", "user"]
    assert [item.content[0].type for item in listed] == [
        "input_text",
        "input_text",
        "output_text",
        "input_text",
    ]
    assert listed[3].content[1].detail == "auto"
    assert not list(unknown_fields(listed))
    newest = client.responses.input_items.list(answer.id, limit=1)
    assert [item.id for item in newest.data] == [listed[3].id]
    assert newest.has_more
    reference = {"type": "item_reference", "id": listed[1].id}
    assert client.responses.create(model="gpt-4o-mini", input=[reference]).output_text
    with pytest.raises(openai.NotFoundError, match="Item with id 'msg_none' not found"):
        client.responses.create(model="gpt-4o-mini", input=[{"type": "item_reference", "id": "msg_none"}])


def test_counting_the_tokens_of_an_input(client: OpenAI) -> None:
    request: dict[str, Any] = {
        "model": "gpt-5",
        "instructions": "You are a concise assistant.",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": CAPITAL}]}],
        "tools": [{"type": "function", "name": "look_up", "parameters": {}, "strict": False}],
    }
    count = client.responses.input_tokens.count(
        **request, tool_choice={"type": "function", "name": "look_up"}
    )
    assert count.object == "response.input_tokens"
    assert count.input_tokens == client.responses.create(**request).usage.input_tokens
    first = client.responses.create(model="gpt-5", input=CAPITAL)
    more = client.responses.input_tokens.count(model="gpt-5", input="ping", previous_response_id=first.id)
    assert more.input_tokens > client.responses.input_tokens.count(model="gpt-5", input="ping").input_tokens


def test_a_response_in_the_background(client: OpenAI, slow_model: str) -> None:
    begun = client.responses.create(model=slow_model, input=CAPITAL, background=True)
    assert (begun.status, begun.background, begun.output, begun.usage) == ("queued", True, [], None)
    assert until(client, begun, "in_progress", "completed").status == "in_progress"
    done = until(client, begun, "completed")
    assert done.output_text == "The capital of France is Paris."
    assert done.usage.output_tokens > 0
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a completed response"):
        client.responses.cancel(begun.id)
    assert (
        client.responses.create(model=slow_model, input="ping", previous_response_id=done.id).output_text
        == "pong"
    )


def test_a_cancelled_response(client: OpenAI, slow_model: str) -> None:
    begun = client.responses.create(model=slow_model, input=LONG, background=True)
    stopped = client.responses.cancel(begun.id)
    assert stopped.status == "cancelled"
    assert client.responses.cancel(begun.id).status == "cancelled"
    assert client.responses.retrieve(begun.id).status == "cancelled"
    ordinary = client.responses.create(model=slow_model, input="ping")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(ordinary.id)


def test_a_stream_of_the_background_that_is_taken_up_again(client: OpenAI, slow_model: str) -> None:
    seen: list[Any] = []
    with client.responses.create(model=slow_model, input=LONG, background=True, stream=True) as stream:
        for event in stream:
            seen.append(event)
            if event.sequence_number == 10:
                break
    assert [event.type for event in seen[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    with client.responses.retrieve(seen[0].response.id, stream=True, starting_after=10) as stream:
        rest = list(stream)
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers)))
    text = "".join(event.delta for event in seen + rest if event.type == "response.output_text.delta")
    assert text == rest[-1].response.output_text
    ordinary = client.responses.create(model=slow_model, input="ping")
    with pytest.raises(openai.BadRequestError, match="can be streamed again"):
        client.responses.retrieve(ordinary.id, stream=True)


def test_a_context_made_short(sim_base: str) -> None:
    # The SDK's type of the output has no place for the user's messages that OpenAI puts there: no strict validation.
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0) as client:
        first = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
        long = client.responses.create(model="gpt-4o-mini", input=LONG, previous_response_id=first.id)
        raw = client.responses.with_raw_response.compact(model="gpt-4o-mini", previous_response_id=long.id)
        short = raw.parse()
        assert short.object == "response.compaction"
        assert [item.type for item in short.output] == ["message", "message", "compaction"]
        assert short.usage.input_tokens > long.usage.total_tokens - 10
        kept = json.loads(raw.text)["output"]
        answer = client.responses.create(
            model="gpt-4o-mini", input=[*kept, {"role": "user", "content": "ping"}]
        )
        assert answer.output_text == "pong"
        assert answer.usage.input_tokens < long.usage.total_tokens / 2
        forged = [{"type": "compaction", "encrypted_content": "x" * 20}]
        with pytest.raises(openai.BadRequestError, match="could not be verified"):
            client.responses.create(model="gpt-4o-mini", input=forged)


def test_a_conversation(client: OpenAI) -> None:
    conversation = client.conversations.create(
        metadata={"topic": "capitals"}, items=[{"role": "user", "content": "Hello."}]
    )
    assert conversation.id.startswith("conv_")
    assert client.conversations.retrieve(conversation.id) == conversation
    changed = client.conversations.update(conversation.id, metadata={"topic": "rivers"})
    assert changed.metadata == {"topic": "rivers"}
    answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL, conversation=conversation.id)
    assert answer.conversation.id == conversation.id
    again = client.responses.create(model="gpt-4o-mini", input="ping", conversation={"id": conversation.id})
    assert again.usage.input_tokens > answer.usage.total_tokens
    items = list(client.conversations.items.list(conversation.id, order="asc", limit=2))
    assert [item.role for item in items] == ["user", "user", "assistant", "user", "assistant"]
    added = client.conversations.items.create(conversation.id, items=[{"role": "user", "content": "Bye."}])
    assert (
        client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
        == added.data[0]
    )
    client.conversations.items.delete(added.data[0].id, conversation_id=conversation.id)
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
    assert client.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{conversation.id}' not found"):
        client.responses.create(model="gpt-4o-mini", input="ping", conversation=conversation.id)


def test_a_conversation_in_the_background(client: OpenAI, slow_model: str) -> None:
    conversation = client.conversations.create()
    request: dict[str, Any] = {"model": slow_model, "background": True, "conversation": conversation.id}
    begun = client.responses.create(**request, input=CAPITAL)
    assert client.conversations.items.list(conversation.id).data == []
    until(client, begun, "completed")
    assert [item.role for item in client.conversations.items.list(conversation.id)] == ["assistant", "user"]
    stopped = client.responses.create(**request, input=LONG)
    client.responses.cancel(stopped.id)
    time.sleep(0.2)
    assert len(client.conversations.items.list(conversation.id).data) == 2


async def test_the_asynchronous_client(sim_base: str, slow_model: str) -> None:
    async with AsyncOpenAI(
        base_url=f"{sim_base}/v1", api_key="sim-sdk", max_retries=0, _strict_response_validation=True
    ) as client:
        answer = await client.responses.create(model=slow_model, input=CAPITAL, background=True)
        while answer.status in ("queued", "in_progress"):
            await asyncio.sleep(0.05)
            answer = await client.responses.retrieve(answer.id)
        assert answer.output_text == "The capital of France is Paris."
        listed = [item async for item in client.responses.input_items.list(answer.id)]
        assert len(listed) == 1
        count = await client.responses.input_tokens.count(model=slow_model, input=CAPITAL)
        assert count.input_tokens == answer.usage.input_tokens
        await client.responses.delete(answer.id)


def test_azure(sim_base: str) -> None:
    with AzureOpenAI(
        azure_endpoint=sim_base, api_key="sim-azure", api_version="2025-04-01-preview", max_retries=0
    ) as client:
        answer = client.responses.create(model="gpt-4o-mini", input=CAPITAL)
        assert "Paris" in answer.output_text
        assert client.responses.retrieve(answer.id).output_text == answer.output_text
    with OpenAI(base_url=f"{sim_base}/openai/v1", api_key="sim-azure", max_retries=0) as client:
        assert client.responses.retrieve(answer.id).output_text == answer.output_text
        assert client.responses.create(model="gpt-4o-mini", input="ping").output_text
