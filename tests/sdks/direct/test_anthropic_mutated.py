"""Answers to strange requests are still answers that Anthropic's SDK knows, whole and as streams."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
from anthropic_client import CITY, WEATHER, known, user
from pydantic import TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(BetaRawMessageStreamEvent)
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
PROMPTS = [
    "ping",
    "What is the weather in Paris and Tokyo?",
    "Write 200 words.",
    "",
    "\U0001f600",
    "Als JSON?",
    "{",
]
SCHEMA = {**CITY, "additionalProperties": False}
OPTIONS: dict[str, list[Any]] = {
    "model": ["claude-haiku-4-5", "claude-sonnet-4-6", "claude-sonnet-5", "claude-opus-5-5", "no-model"],
    "max_tokens": [0, 1, 7, 1_500, 4_000],
    "system": [None, "Be brief.", [{"type": "text", "text": "x " * 3_000, "cache_control": {"type": "ephemeral"}}]],
    "tools": [None, [], [WEATHER], [{"type": "bash_20250124", "name": "bash"}, WEATHER]],
    "tool_choice": [None, {"type": "any"}, {"type": "auto", "disable_parallel_tool_use": True}, {"type": "none"}],
    "thinking": [
        None, {"type": "enabled", "budget_tokens": 1_024}, {"type": "adaptive", "display": "omitted"},
        {"type": "adaptive", "display": "summarized"}, {"type": "disabled"},
    ],
    "output_config": [None, {"format": {"type": "json_schema", "schema": SCHEMA}}, {"effort": "low"}],
    "stop_sequences": [None, ["a"], [".", "}"]],
    "temperature": [None, 1, 0.2],
    "diagnostics": [None, {"previous_message_id": "msg_1"}],
}  # fmt: skip


def requests(count: int) -> list[dict[str, Any]]:
    """Requests of options that do not all go together."""
    chance = random.Random(7)
    made = []
    for _ in range(count):
        chosen = {name: chance.choice([values[0], *values]) for name, values in OPTIONS.items()}
        body = {name: value for name, value in chosen.items() if value is not None}
        messages = user(chance.choice(PROMPTS))
        if chance.random() < 0.2:
            messages = [*messages, {"role": "assistant", "content": "The answer"}]
        made.append({**body, "messages": messages})
    return made


def test_whole_and_streamed_answers_are_of_the_declared_types(sim_base: str) -> None:
    answered = 0
    with httpx.Client(base_url=sim_base, headers=HEADERS) as client:
        for body in requests(300):
            whole = client.post("/v1/messages", json=body)
            streamed = client.post("/v1/messages", json={**body, "stream": True})
            assert whole.status_code == streamed.status_code
            if whole.status_code != 200:
                assert whole.json()["error"]["type"] in ("invalid_request_error", "not_found_error")
                continue
            answered += 1
            message = known(BetaMessage.model_validate(whole.json()))
            lines = [line for line in streamed.text.splitlines() if line.startswith("data: ")]
            events = [json.loads(line.removeprefix("data: ")) for line in lines]
            parsed = [known(EVENT.validate_python(event)) for event in events if event["type"] != "ping"]
            assert parsed[-1].type == "message_stop"
            assert parsed[-2].delta.stop_reason == message.stop_reason
            assert parsed[-2].usage.output_tokens == message.usage.output_tokens
            starts = [event.content_block.type for event in parsed if event.type == "content_block_start"]
            assert starts == [block.type for block in message.content]
    assert answered > 60
