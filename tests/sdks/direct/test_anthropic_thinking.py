"""Anthropic's SDK and thinking: its blocks, how they go back, and what each model refuses."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic_client import MODEL, WEATHER, known, strict, user

THINK: dict[str, Any] = {"type": "enabled", "budget_tokens": 1_600}
PARIS = user("What is the weather in Paris?")


def create(base: str, **request: Any) -> Any:
    full = {"model": MODEL, "max_tokens": 3_200, "messages": user("Write a haiku about gateways.")} | request
    with strict(base) as client:
        return known(client.messages.create(**full))


def refused(base: str, message: str, **request: Any) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        create(base, **request)
    assert message in str(caught.value)


def test_a_budget_for_thinking(sim_base: str) -> None:
    answer = create(sim_base, thinking=THINK)
    thought, text = answer.content
    assert (thought.type, text.type) == ("thinking", "text")
    assert thought.thinking
    assert thought.signature
    assert 0 < answer.usage.output_tokens_details.thinking_tokens < answer.usage.output_tokens
    hidden = create(sim_base, thinking={**THINK, "display": "omitted"})
    assert (hidden.content[0].thinking, hidden.usage.output_tokens) == ("", answer.usage.output_tokens)
    assert [block.type for block in create(sim_base, thinking={"type": "disabled"}).content] == ["text"]


def test_what_a_budget_demands(sim_base: str) -> None:
    small = {"type": "enabled", "budget_tokens": 1_023}
    refused(
        sim_base,
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        thinking=small,
    )
    refused(sim_base, "thinking.enabled.budget_tokens: Field required", thinking={"type": "enabled"})
    refused(
        sim_base,
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        thinking=THINK,
        max_tokens=1_600,
    )
    forced = {"type": "tool", "name": "get_weather"}
    refused(
        sim_base,
        "Thinking may not be enabled when tool_choice forces tool use.",
        thinking=THINK,
        tools=[WEATHER],
        tool_choice=forced,
    )
    refused(sim_base, "Input tag 'deep' found using 'type'", thinking={"type": "deep"})


@pytest.mark.parametrize(
    ("model", "thinking", "message"),
    [
        ("claude-haiku-4-5", {"type": "adaptive"}, "adaptive thinking is not supported on this model"),
        ("claude-sonnet-5", THINK, '"thinking.type.enabled" is not supported for this model. Use "thinking'),
        (
            "claude-opus-5-5",
            {"type": "disabled"},
            '"thinking.type.disabled" is not supported for this model.',
        ),
        ("claude-sonnet-5-5", {"type": "disabled"}, 'send "thinking": {"type": "between_tools"}'),
        ("claude-sonnet-5", {"type": "between_tools"}, '"thinking.type.between_tools" is not supported'),
    ],
)
def test_each_model_has_its_own_ways(
    model: str, thinking: dict[str, Any], message: str, sim_base: str
) -> None:
    refused(sim_base, message, model=model, thinking=thinking)


def test_later_models_think_unasked_and_hide_it(sim_base: str) -> None:
    kinds = {
        model: [block.type for block in create(sim_base, model=model).content]
        for model in ("claude-haiku-4-5", "claude-opus-4-8", "claude-sonnet-5", "claude-fable-5")
    }
    quiet, loud = ["text"], ["thinking", "text"]
    assert list(kinds.values()) == [quiet, quiet, loud, loud]
    assert create(sim_base, model="claude-sonnet-5").content[0].thinking == ""
    shown = create(sim_base, model="claude-sonnet-5", thinking={"type": "adaptive", "display": "summarized"})
    assert shown.content[0].thinking
    off = create(sim_base, model="claude-sonnet-5", thinking={"type": "disabled"})
    assert [block.type for block in off.content] == quiet


def test_effort_is_each_models_own(sim_base: str) -> None:
    assert create(sim_base, model="claude-opus-5", output_config={"effort": "xhigh"}).content
    refused(sim_base, "This model does not support the effort parameter.", output_config={"effort": "low"})
    refused(
        sim_base,
        "does not support effort level 'xhigh'",
        model="claude-sonnet-4-6",
        output_config={"effort": "xhigh"},
    )
    refused(
        sim_base,
        "is not supported for this model above effort",
        model="claude-opus-5",
        thinking={"type": "disabled"},
        output_config={"effort": "max"},
    )


def test_thinking_goes_back_unchanged(sim_base: str) -> None:
    asked = create(sim_base, thinking=THINK, tools=[WEATHER], messages=PARIS)
    thought, call = asked.content
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees"}

    def answer(content: list[Any]) -> Any:
        turns = [*PARIS, {"role": "assistant", "content": content}, *user([result])]
        return create(sim_base, thinking=THINK, tools=[WEATHER], messages=turns)

    assert "18 degrees" in answer([thought, call]).content[-1].text
    changed = {**thought.to_dict(), "thinking": "Something else."}
    for content, message in (
        ([call], "Expected `thinking` or `redacted_thinking`, but found `tool_use`"),
        ([changed, call], "cannot be modified"),
        (
            [{**changed, "signature": "YWJj"}, call],
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
    ):
        with pytest.raises(anthropic.BadRequestError) as caught:
            answer(content)
        assert message in str(caught.value)


def test_interleaved_thinking_may_go_beyond_one_answer(sim_base: str) -> None:
    request: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 1_500,
        "messages": PARIS,
        "tools": [WEATHER],
        "thinking": THINK,
    }
    with strict(sim_base) as client:
        answer = client.beta.messages.create(**request, betas=["interleaved-thinking-2025-05-14"])
    assert [block.type for block in answer.content] == ["thinking", "tool_use"]
    refused(sim_base, "`max_tokens` must be greater than `thinking.budget_tokens`", **request)


def test_redacted_thinking(sim_base: str) -> None:
    # Anthropic documents this text for trying a client.
    trigger = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_" + (
        "46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
    )
    first = create(sim_base, thinking=THINK, messages=user(trigger))
    assert [block.type for block in first.content] == ["redacted_thinking", "text"]
    turns = [*user(trigger), {"role": "assistant", "content": first.content}, *user("ping")]
    assert create(sim_base, thinking=THINK, messages=turns).content
    forged = [{"type": "redacted_thinking", "data": "YWJj"}, *first.content[1:]]
    refused(
        sim_base,
        "Invalid `data` in `redacted_thinking` block",
        messages=[*user("Hi"), {"role": "assistant", "content": forged}, *user("ping")],
    )
    with (
        strict(sim_base) as client,
        client.messages.stream(
            model=MODEL, max_tokens=3_200, thinking=THINK, messages=user(trigger)
        ) as stream,
    ):
        assert stream.get_final_message().content[0].to_dict() == first.content[0].to_dict()
