"""The pure parts of the cache's client: controls of a request, columns of an entry, savings."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

import pandas as pd
import pytest
import redis

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import exact_entry, namespace_of, semantic_entry
from gateway_kit.caching.errors import NoIndexError, cache_error
from gateway_kit.caching.savings import SAVINGS, savings
from gateway_kit.errors import CacheError, CacheUnreachableError
from gateway_kit.gateway import Call, CallRecord

DIGEST = "ab" * 32


def test_controls_are_litellms_parameters():
    assert Cache.controls() == {}
    assert Cache.controls(no_cache=True) == {"extra_body": {"cache": {"no-cache": True}}}
    both = Cache.controls(ttl_s=30.0, s_maxage_s=0.5, namespace="team-a")
    assert both == {"extra_body": {"cache": {"ttl": 30, "s-maxage": 0.5, "namespace": "team-a"}}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ttl_s": -5}, {"ttl_s": 0}, {"ttl_s": 0.5}, {"ttl_s": "60"}, {"ttl_s": float("nan")}, {"ttl_s": True},
        {"ttl_s": math.inf}, {"s_maxage_s": -1}, {"s_maxage_s": "x"}, {"namespace": ""}, {"namespace": "a:b"},
        {"namespace": "a*"}, {"namespace": 7}, {"no_store": True, "ttl_s": 5}, {"no_cache": True, "s_maxage_s": 5},
    ],
)  # fmt: skip
def test_values_that_litellm_would_ignore_raise_value_error(wrong: dict[str, object]):
    with pytest.raises(ValueError, match=next(iter(wrong)) if len(wrong) == 1 else "choose one"):
        Cache.controls(**wrong)


@pytest.mark.parametrize(
    ("key", "namespace"),
    [
        (DIGEST, ""),
        (f"lesson:{DIGEST}", "lesson"),
        ("litellm_config:param:general_settings", None),
        ("spend:key:" + DIGEST, None),
        ("{api_key:" + DIGEST + "}:tokens", None),
        (DIGEST[:-1], None),
    ],
)
def test_an_exact_entry_is_recognized_by_its_key(key: str, namespace: str | None):
    assert namespace_of(key) == namespace


def test_the_answer_of_an_exact_entry():
    response = {"model": "gpt-4o-mini", "choices": [{"message": {"content": "Paris."}}]}
    told = exact_entry(json.dumps({"timestamp": 1795580874.5, "response": json.dumps(response)}))
    assert told == {
        "kind": "answer",
        "model": "gpt-4o-mini",
        "stored": datetime(2026, 11, 25, 4, 27, 54, 500000, tzinfo=UTC),
        "answer": "Paris.",
    }


def test_an_embedding_and_text_that_is_not_json():
    assert exact_entry('{"timestamp": 1, "response": {"embedding": [0.1]}}')["kind"] == "embedding"
    assert exact_entry("junk")["answer"] is None
    assert exact_entry('{"timestamp": "soon", "response": "[]"}')["stored"] is None


def test_the_question_of_a_semantic_entry():
    response = json.dumps({"model": "m", "choices": [{"message": {"content": "Paris."}}]})
    told = semantic_entry({"prompt": "Capital of France?", "response": response, "inserted_at": "1.5"})
    assert (told["kind"], told["question"], told["answer"]) == ("semantic", "Capital of France?", "Paris.")
    assert told["stored"] == datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)


def test_a_semantic_entry_is_read_as_litellm_prints_it():
    answer = json.dumps({"model": "m", "choices": [{"message": {"content": 'It\'s "Paris".\nYes.'}}]})
    printed = str({"timestamp": 1795750913.2, "response": answer})
    with pytest.raises(ValueError, match="property name"):
        json.loads(printed)
    fields = {"prompt": "Capital?", "response": printed, "inserted_at": None, "litellm_cache_key": DIGEST}
    told = semantic_entry(fields)
    assert (told["model"], told["answer"], told["namespace"]) == ("m", 'It\'s "Paris".\nYes.', "")
    assert told["stored"] == datetime(2026, 11, 27, 3, 41, 53, 200000, tzinfo=UTC)
    assert semantic_entry({**fields, "litellm_cache_key": f"team-a:{DIGEST}"})["namespace"] == "team-a"


@pytest.mark.parametrize("response", ["junk", "[1]", "{", "__import__('os')", "(" * 9000, None, "{'a': b}"])
def test_a_semantic_entry_that_cannot_be_read_has_no_answer(response: str | None):
    told = semantic_entry({"prompt": "Capital?", "response": response})
    assert (told["question"], told["answer"], told["model"], told["stored"]) == ("Capital?", None, None, None)


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (redis.ConnectionError("refused"), CacheUnreachableError, "gateway-kit up"),
        (redis.TimeoutError(), CacheUnreachableError, "No Redis answers"),
        (redis.AuthenticationError("WRONGPASS"), CacheUnreachableError, "refuses the password"),
        (redis.ResponseError("h: no such index"), NoIndexError, "no such index"),
        (redis.ResponseError("unknown command 'FT.INFO'"), CacheError, "no search module.*gateway-kit up"),
        (redis.exceptions.OutOfMemoryError("over maxmemory"), CacheError, "full.*Delete entries"),
        (redis.ResponseError("WRONGTYPE"), CacheError, "WRONGTYPE.*gateway-kit doctor"),
    ],
)
def test_an_error_of_redis_becomes_a_sentence_with_the_next_step(
    raised: redis.RedisError, kind: type[CacheError], words: str
):
    error = cache_error(raised, "127.0.0.1:6379/0")
    assert type(error) is kind
    assert re.search(words, str(error))


def calls() -> pd.DataFrame:
    record = CallRecord()
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    def add(model: str, latency_s: float, **more: object) -> None:
        record.add(Call(begin, "chat", model=model, latency_s=latency_s, status=200, **more))

    add("a", 1.0, cost_usd=0.002)
    add("a", 2.0, cost_usd=0.002)
    add("a", 0.1, cost_usd=0.0, saved_usd=0.002, cache_hit=True)
    add("a", 0.3, cost_usd=0.0, saved_usd=0.002, cache_hit=True)
    add("b", 4.0, cost_usd=0.01)
    record.add(Call(begin, "chat", model="a", latency_s=9.0, status=429, error="too many"))
    return record.frame()


def test_savings_compare_hits_with_misses_of_the_same_model():
    row = savings(calls()).iloc[0]
    assert (row["calls"], row["hits"], row["hit_rate"]) == (5, 2, 0.4)
    assert row["cost_usd"] == pytest.approx(0.014)
    assert row["saved_usd"] == pytest.approx(0.004)
    assert row["saved_s"] == pytest.approx((1.5 - 0.1) + (1.5 - 0.3))
    assert (row["hit_latency_s"], row["miss_latency_s"]) == (0.2, 2.0)


def test_savings_by_a_column():
    frame = savings(calls(), by="model").set_index("model")
    assert frame.loc["a", "hit_rate"] == 0.5
    assert frame.loc["b", "hits"] == 0
    assert frame.loc["b", "saved_s"] == 0


def test_hits_without_a_miss_have_no_estimate_of_seconds():
    frame = calls()
    only_hits = savings(frame[frame["cache_hit"]])
    assert math.isnan(only_hits.loc[0, "saved_s"])
    assert only_hits.loc[0, "saved_usd"] == pytest.approx(0.004)


def test_savings_without_calls_are_one_row():
    row = savings(CallRecord().frame())
    assert dict(row.dtypes.astype(str)) == SAVINGS.dtypes
    assert row.loc[0, "calls"] == 0
    assert math.isnan(row.loc[0, "hit_rate"])


def test_the_password_is_not_shown():
    assert "hush" not in repr(Cache("redis://:hush@127.0.0.1:1/0"))
