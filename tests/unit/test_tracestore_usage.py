"""Tokens by kind, and their cost: unknown kinds keep their names, and no token counts twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.ingest.cost import cost_of
from tests.unit.tracestore_rows import row, usage


def sent(**details: Any) -> dict[str, int]:
    return usage({"langfuse.observation.usage_details": json.dumps(details)})


@pytest.mark.parametrize("names", [("prompt", "completion"), ("input", "output")])
def test_openais_usage_is_renamed_and_split_into_parts(names):
    sides = {f"{names[0]}_tokens": 90, f"{names[1]}_tokens": 60, "total_tokens": 150}
    assert sent(**sides) == {"input": 90, "output": 60, "total": 150}
    details = {
        f"{names[0]}_tokens_details": {"cached_tokens": 40, "audio_tokens": None},
        f"{names[1]}_tokens_details": {"reasoning_tokens": 25},
    }
    assert sent(**sides, **details) == {
        "input": 50, "input_cached_tokens": 40, "output": 35, "output_reasoning_tokens": 25, "total": 150
    }  # fmt: skip


@pytest.mark.parametrize(
    "details",
    [
        {"prompt_tokens": 11, "completion_tokens": 22},
        {"input_tokens": 11, "output_tokens": 22},
        {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33, "images": 3},
        {"prompt_tokens": 11, "output_tokens": 22, "total_tokens": 33},
        {"input": 5, "output": 6, "cache_read_input_tokens": 7},
    ],
)
def test_usage_with_any_other_field_is_not_renamed(details):
    assert sent(**details) == {**details, "total": sum(details.values())}


def test_a_total_that_was_sent_is_kept():
    assert sent(input=5, output=6, total=20) == {"input": 5, "output": 6, "total": 20}


def test_counts_as_text_are_read_and_others_left_out():
    assert sent(input="12", output=-1, images=1.5, audio=True, video=None, total="x") == {
        "input": 12,
        "total": 12,
    }
    assert sent(prompt_tokens="10", completion_tokens=5, total_tokens=15) == {
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "total": 30
    }  # fmt: skip


NAMES = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), min_size=1, max_size=30) | (
    st.sampled_from(("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "images", "total"))
)
OPENAIS = (
    {"prompt_tokens", "completion_tokens", "total_tokens"},
    {"input_tokens", "output_tokens", "total_tokens"},
)


@given(st.dictionaries(NAMES, st.integers(0, 2**40), min_size=1, max_size=12))
def test_no_key_is_ever_lost(details):
    kept = sent(**details)
    if details.keys() not in OPENAIS:
        assert {name: kept.get(name) for name in details} == details


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"input_tokens": 10, "output_tokens": 5}, {"input": 10, "output": 5, "total": 15}),
        ({"prompt_tokens": 8, "input_tokens": 10}, {"input": 8, "total": 8}),
        (
            {"output_tokens": 60, "reasoning.output_tokens": 25},
            {"output": 35, "output_reasoning_tokens": 25, "total": 60},
        ),
        ({"reasoning.output_tokens": 25}, {"output_reasoning_tokens": 25, "total": 25}),
        (
            {"output_tokens": 10, "reasoning.output_tokens": 25},
            {"output": 0, "output_reasoning_tokens": 25, "total": 25},
        ),
        (
            {"input_tokens": 100, "details.cache_read_tokens": 30, "details.cache_write_tokens": 20},
            {"input": 50, "input_cached_tokens": 30, "input_cache_creation": 20, "total": 100},
        ),
        # The spelling with a dot counts, and 0 is a count.
        (
            {"input_tokens": 100, "cache_read.input_tokens": 0, "cache_read_input_tokens": 30},
            {"input": 100, "input_cached_tokens": 0, "total": 100},
        ),
        (
            {"input_tokens": 100, "cache_creation_input_tokens": 9, "cache_creation.input_tokens": 4},
            {"input": 96, "input_cache_creation": 4, "total": 100},
        ),
        ({"input_tokens": "12", "output_tokens": "x"}, {"input": 12, "total": 12}),
        ({"details.web_searches": 2, "images": 3}, {"web_searches": 2, "images": 3, "total": 5}),
        ({"input_tokens": 3, "cost": 0.5}, {"input": 3, "total": 3}),
        ({"input_tokens": 2**62}, {}),
    ],
)
def test_usage_is_read_from_opentelemetrys_conventions(attributes, expected):
    assert usage({f"gen_ai.usage.{name}": value for name, value in attributes.items()}) == expected


def test_usage_is_read_from_openinferences_conventions():
    attributes = {
        "prompt": "70",
        "completion": 50,
        "total": 120,
        "prompt_details.cache_read": 20,
        "prompt_details.cache_write": 5,
        "completion_details.reasoning": 30,
        "completion_details.audio": 8,
    }
    assert usage({f"llm.token_count.{name}": value for name, value in attributes.items()}) == {
        "input": 45, "input_cached_tokens": 20, "input_cache_creation": 5, "output": 12,
        "output_reasoning_tokens": 30, "output_audio_tokens": 8, "total": 120,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "counted"), [("no JSON", {"input": 1, "total": 1}), ("[1]", {}), ("{}", {})]
)
def test_conventions_apply_only_without_langfuses_own_attribute(text, counted):
    assert usage({"langfuse.observation.usage_details": text, "gen_ai.usage.input_tokens": 1}) == counted


@pytest.mark.parametrize("operation", ["invoke_agent", "agent_step"])
def test_an_agents_sum_of_its_calls_is_not_counted_again(operation):
    made = row(
        {
            "gen_ai.operation.name": operation,
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.cost": 0.5,
        }
    )
    assert (made.model, made.usage_details, made.cost_details, made.total_cost) == ("", "{}", "{}", 0)


@pytest.mark.parametrize(
    ("attributes", "details"),
    [
        (
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}'},
            {"input": 0.25, "output": 0.5, "total": 0.75},
        ),
        ({"langfuse.observation.cost_details": '{"total": 2}'}, {"total": 2}),
        # Of other parts nobody knows whether they are all.
        ({"langfuse.observation.cost_details": '{"input": 1, "search": 2}'}, {"input": 1, "search": 2}),
        ({"gen_ai.usage.cost": "0.125"}, {"total": 0.125}),
        ({"gen_ai.usage.cost": "", "llm.cost.total": 3}, {"total": 3}),
        ({"langfuse.observation.cost_details": "{}", "llm.cost.total": 3}, {}),
    ],
)
def test_a_cost_that_was_sent_is_kept_as_it_is(attributes, details):
    assert cost_of(attributes, {}, None).details == details
