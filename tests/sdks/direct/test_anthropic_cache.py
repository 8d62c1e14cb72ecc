"""Anthropic's SDK and the prompt cache: what is written once is read later."""

from __future__ import annotations

import uuid
from typing import Any

import anthropic
import pytest
from anthropic_client import WEATHER, strict, user

MODEL = "claude-sonnet-4-6"
LONG = (
    "The gateway routes calls and counts them. " * 150
)  # about 1,200 tokens; the model caches from 1,024 on
MARK: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}


def usage(base: str, key: str = "sim-sdk", **request: Any) -> Any:
    with strict(base, key) as client:
        full = {"model": MODEL, "max_tokens": 5, "messages": user("ping")} | request
        return client.messages.create(**full).usage


def counts(used: Any) -> tuple[int, int]:
    return used.cache_creation_input_tokens, used.cache_read_input_tokens


def system(**mark: Any) -> list[dict[str, Any]]:
    """A long prompt that no other test has."""
    return [{"type": "text", "text": f"{uuid.uuid4()} {LONG}", **(mark or MARK)}]


def test_a_prefix_is_written_and_then_read(sim_base: str) -> None:
    prompt = system()
    first = usage(sim_base, system=prompt)
    again = usage(sim_base, system=prompt, messages=user("What is the capital of France?"))
    written, read = counts(first)
    assert (read, written > 1_024) == (0, True)
    assert first.cache_creation.ephemeral_5m_input_tokens == written
    assert counts(again) == (0, written)
    plain = usage(sim_base, system=[{"type": "text", "text": prompt[0]["text"]}])
    assert plain.input_tokens == first.input_tokens + written
    assert counts(plain) == (0, 0)


def test_what_shares_no_prefix_reads_nothing(sim_base: str) -> None:
    prompt = system()
    usage(sim_base, system=prompt)
    assert counts(usage(sim_base, system=prompt, tools=[WEATHER]))[1] == 0
    assert counts(usage(sim_base, system=prompt, model="claude-sonnet-5"))[1] == 0
    assert counts(usage(sim_base, key="sim-other", system=prompt))[1] == 0
    assert counts(usage(sim_base, system=prompt))[1] > 0


def test_a_short_prompt_is_not_cached(sim_base: str) -> None:
    short = [{"type": "text", "text": "You are a poet.", **MARK}]
    assert counts(usage(sim_base, system=short)) == (0, 0)
    assert counts(usage(sim_base, system=system(), model="claude-haiku-4-5")) == (0, 0)


def test_a_growing_conversation_reads_what_it_wrote(sim_base: str) -> None:
    turns: list[Any] = user(f"{uuid.uuid4()} {LONG}")
    automatic: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
    first = usage(sim_base, messages=turns, **automatic)
    turns = [*turns, {"role": "assistant", "content": "I see."}, *user(LONG)]
    second = usage(sim_base, messages=turns, **automatic)
    assert counts(second)[1] == counts(first)[0] > 0
    assert counts(second)[0] > 1_024
    with (
        strict(sim_base) as client,
        client.messages.stream(model=MODEL, max_tokens=5, messages=turns, **automatic) as stream,
    ):
        streamed = stream.get_final_message().usage
    assert counts(streamed) == (0, sum(counts(second)))


def test_an_hour_and_five_minutes_are_counted_apart(sim_base: str) -> None:
    hour: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    used = usage(sim_base, system=system(**hour), messages=user([{"type": "text", "text": LONG, **MARK}]))
    creation = used.cache_creation
    assert creation.ephemeral_1h_input_tokens > 1_024
    assert creation.ephemeral_5m_input_tokens > 1_024
    assert sum((creation.ephemeral_1h_input_tokens, creation.ephemeral_5m_input_tokens)) == counts(used)[0]
    with pytest.raises(anthropic.BadRequestError, match="must not come after a ttl='5m'"):
        usage(sim_base, system=system(), messages=user([{"type": "text", "text": LONG, **hour}]))
    with pytest.raises(anthropic.BadRequestError, match="A maximum of 4 blocks with cache_control"):
        usage(sim_base, messages=user([{"type": "text", "text": "x", **MARK}] * 5))


def test_no_tokens_asked_for_fills_the_cache(sim_base: str) -> None:
    prompt = system()
    assert usage(sim_base, system=prompt, max_tokens=0).output_tokens == 0
    assert counts(usage(sim_base, system=prompt))[1] > 0
