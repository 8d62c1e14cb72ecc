"""Which questions a semantic cache treats as the same, which it separates, and keys and spend of both gateways."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import ENTRIES
from gateway_kit.errors import (
    BudgetExceededError,
    CacheError,
    KeyRefusedError,
    RateLimitedError,
    RequestRefusedError,
)
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.gateway.semantic import SemanticGateway
from gateway_kit.keys import Keys
from tests.stack.semantic.conftest import Own, eventually

# The simulator answers these two at once; their similarity is 0.99.
PROMPT, CLOSE = "How do I reset my password?", "How can I reset my password?"
OTHER = "What is an LLM gateway?"


def kept(
    semantic: SemanticGateway, question: object = PROMPT, model: str = "gpt-4o-mini", **more: Any
) -> Answer:
    """The answer to a new question, once it is kept."""
    before = semantic.cache.index.entries()
    answer = semantic.ask(question, model, **more)  # type: ignore[arg-type]
    assert not answer.call.cache_hit
    semantic.cache.index.wait_for_entries(before + 1)
    return answer


@pytest.fixture
def exact(here: Own) -> Iterator[Cache]:
    """The first gateway's cache, in the same Redis."""
    with Cache(here.redis_url) as opened:
        yield opened


def test_a_question_in_other_words_gets_the_kept_answer(semantic: SemanticGateway, unique: str):
    alone = Cache.controls(namespace=unique)
    answer = kept(semantic, **alone)
    for question, least in ((PROMPT, 0.999), (CLOSE, 0.98)):
        again = semantic.ask(question, **alone)
        assert again.call.cache_hit
        assert again.text == answer.text
        assert again.call.similarity == pytest.approx(1, abs=1 - least)
        assert (again.call.cost_usd, again.call.saved_usd) == (0.0, answer.call.cost_usd)
    miss = semantic.ask(OTHER, **alone).call
    assert (miss.cache_hit, miss.similarity) == (False, None)


def test_only_the_same_model_parameters_user_key_and_namespace_share_an_answer(
    semantic: SemanticGateway, keys: Keys, unique: str
):
    body = {"cache": {"namespace": unique}}
    kept(semantic, extra_body=body)
    apart: list[dict[str, Any]] = [
        {"model": "claude-haiku-4-5"},
        {"temperature": 0.3},
        {"max_tokens": 11},
        {"user": "anna"},
        {"api_key": keys.create(unique).secret},
        {"extra_body": {"cache": {"namespace": f"{unique}x"}}},
    ]
    for difference in apart:
        assert not semantic.ask(CLOSE, **{"extra_body": body, **difference}).call.cache_hit, difference
    together: list[dict[str, Any]] = [{}, {"extra_body": {**body, "metadata": {"tags": ["a-tag"]}}}]
    for difference in together:
        assert semantic.ask(CLOSE, **{"extra_body": body, **difference}).call.cache_hit, difference


def test_roles_of_messages_do_not_count(semantic: SemanticGateway, unique: str):
    """The texts of all messages are joined, so two system prompts differ only in their words."""
    alone = Cache.controls(namespace=unique)

    def ask(role: str, system: str) -> dict[str, Any]:
        return {"prompt": [{"role": role, "content": system}, {"role": "user", "content": PROMPT}], **alone}

    first = ask("system", "Be brief.")
    kept(semantic, first.pop("prompt"), **first)
    assert semantic.ask(**ask("user", "Be brief.")).call.cache_hit
    question = semantic.cache.entries().set_index("namespace").loc[unique, "question"]
    assert question == f"Be brief.{PROMPT}"


def test_a_conversation_of_more_than_four_messages_is_not_kept(semantic: SemanticGateway, unique: str):
    alone = Cache.controls(namespace=unique)
    turn = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello."}]
    for messages, hits in (((*turn, *turn), True), ((*turn, *turn, turn[0]), False)):
        semantic.ask(messages, max_tokens=1, **alone)
        if hits:
            eventually(lambda: unique in set(semantic.cache.entries()["namespace"]))
            semantic.cache.delete_namespace(unique)
        else:
            kept(semantic, OTHER, max_tokens=1, **alone)  # later, and kept: so the one before would be too
            assert (semantic.cache.entries()["namespace"] == unique).sum() == 1


def test_a_stream_is_kept_and_replayed(semantic: SemanticGateway, unique: str):
    alone = Cache.controls(namespace=unique)
    text = "".join(semantic.stream(PROMPT, **alone))
    eventually(lambda: unique in set(semantic.cache.entries()["namespace"]))
    again = semantic.stream(CLOSE, **alone)
    assert "".join(again) == text
    last = semantic.calls.frame().iloc[-1]
    assert (last["stream"], last["cache_hit"], last["cost_usd"]) == (True, True, 0.0)


def test_an_answer_is_kept_for_its_ttl_and_no_longer(semantic: SemanticGateway, unique: str):
    kept(semantic, **Cache.controls(namespace=unique))
    kept(semantic, **Cache.controls(namespace=f"{unique}x", ttl_s=3))
    left = semantic.cache.entries().set_index("namespace")["ttl_left_s"]
    assert 3 < left[unique] <= semantic.ttl_s == 60
    assert left.get(f"{unique}x", 0) <= 3  # a busy machine may list them when it is gone
    again = Cache.controls(namespace=f"{unique}x", no_store=True)
    eventually(lambda: not semantic.ask(PROMPT, **again).call.cache_hit)
    assert semantic.ask(PROMPT, **Cache.controls(namespace=unique)).call.cache_hit


def test_a_request_can_bypass_the_cache(semantic: SemanticGateway, unique: str):
    semantic.ask(PROMPT, **Cache.controls(namespace=unique, no_store=True))
    kept(semantic, **Cache.controls(namespace=unique))  # a miss: the one before was not kept
    assert not semantic.ask(PROMPT, **Cache.controls(namespace=unique, no_cache=True)).call.cache_hit
    assert semantic.ask(PROMPT, **Cache.controls(namespace=unique, s_maxage_s=60)).call.cache_hit
    time.sleep(0.2)
    assert not semantic.ask(PROMPT, **Cache.controls(namespace=unique, s_maxage_s=0.1)).call.cache_hit


def test_entries_are_listed_and_deleted_at_once(
    semantic: SemanticGateway, first: Gateway, exact: Cache, unique: str
):
    controls = Cache.controls(namespace=unique)
    answer = kept(semantic, **controls)
    first.ask(PROMPT, **controls)  # the exact cache, in the same Redis
    frame = semantic.cache.entries(semantic.calls.frame())
    assert dict(frame.dtypes.astype(str)) == ENTRIES.dtypes
    assert set(frame["kind"]) == {"semantic"}
    row = frame[frame["namespace"] == unique].iloc[0]
    assert (row["question"], row["answer"], row["model"]) == (
        PROMPT,
        answer.text,
        "gpt-4o-mini-2024-07-18",  # as the provider names it
    )
    assert row["key"].startswith(f"{semantic.index}:")
    assert pd.isna(row["hits"])  # LiteLLM does not tell which entry answered
    assert "semantic" not in set(exact.entries()["kind"])
    assert exact.delete_namespace(unique) == 1
    with pytest.raises(CacheError, match="is not the key of a cached answer"):
        semantic.cache.delete("kept:somewhere-else")
    assert semantic.cache.delete(row["key"]) == 1
    assert not semantic.ask(PROMPT, **controls).call.cache_hit


def test_deleting_all_leaves_the_other_gateways_answers_and_the_index(
    semantic: SemanticGateway, first: Gateway, exact: Cache, unique: str
):
    controls = Cache.controls(namespace=unique)
    kept(semantic, **controls)
    first.ask(PROMPT, **controls)
    assert semantic.cache.delete_all() >= 1
    assert semantic.cache.entries().empty
    assert unique in set(exact.entries()["namespace"])
    kept(semantic, **controls)
    assert semantic.ask(CLOSE, **controls).call.cache_hit


def test_a_key_of_the_first_gateway_works_here_and_its_spend_is_recorded(
    semantic: SemanticGateway, keys: Keys, unique: str
):
    key = keys.create(unique)
    secret = str(key.secret)
    cost_usd = kept(semantic, api_key=secret).call.cost_usd
    assert cost_usd is not None
    assert cost_usd > 0
    hit = semantic.ask(CLOSE, api_key=secret).call
    assert (hit.cache_hit, hit.cost_usd) == (True, 0.0)
    other_usd = kept(semantic, OTHER, api_key=secret).call.cost_usd
    assert other_usd is not None
    assert round(keys.wait_for_spend(key, cost_usd + other_usd) - (cost_usd + other_usd), 12) == 0
    keys.block(key)
    with pytest.raises(KeyRefusedError, match="blocked"):
        eventually(lambda: semantic.ask(CLOSE, api_key=secret) and False)


def test_a_limit_and_a_budget_hold_for_both_gateways_together(
    semantic: SemanticGateway, first: Gateway, keys: Keys, unique: str
):
    fresh = Cache.controls(no_cache=True)
    limited = str(keys.create(f"{unique}-a", rpm_limit=2).secret)
    first.ask(PROMPT, api_key=limited, max_tokens=5, **fresh)
    semantic.ask(PROMPT, api_key=limited, max_tokens=5, **fresh)
    for gateway in (first, semantic):
        with pytest.raises(RateLimitedError):
            gateway.ask(PROMPT, api_key=limited, max_tokens=5, **fresh)
    poor = str(keys.create(f"{unique}-b", max_budget_usd=1e-6).secret)
    first.ask(PROMPT, api_key=poor, max_tokens=5, **fresh)
    with pytest.raises(BudgetExceededError):
        eventually(lambda: semantic.ask(PROMPT, api_key=poor, max_tokens=5, **fresh) and False)


# What `controls` refuses, sent by a client that does not use it.
IGNORED: list[Any] = [
    {"ttl": -5}, {"ttl": "soon"}, {"ttl": 0}, {"namespace": "a*b"}, {"namespace": "x:y,z"}, {"namespace": 7},
    {"s-maxage": "x"}, {"s-maxage": -1}, {"no-cache": "perhaps"}, {"unknown": 1}, {},
]  # fmt: skip


@pytest.mark.parametrize("nonsense", IGNORED, ids=str)
def test_invalid_cache_controls_are_ignored(
    semantic: SemanticGateway, first: Gateway, unique: str, nonsense: object
):
    for gateway in (first, semantic):
        for _ in range(2):
            answer = gateway.ask(PROMPT, user=unique, max_tokens=5, extra_body={"cache": nonsense})
            assert answer.text


@pytest.mark.parametrize("nonsense", ["no-cache"])  # LiteLLM tries it three times, for some seconds
def test_cache_controls_that_are_not_a_mapping_are_refused(
    semantic: SemanticGateway, first: Gateway, unique: str, nonsense: object
):
    for gateway in (first, semantic):
        with pytest.raises(RequestRefusedError, match="Invalid request format"):
            gateway.ask(PROMPT, extra_body={"cache": nonsense})
        assert gateway.ask(PROMPT, **Cache.controls(namespace=unique)).text
