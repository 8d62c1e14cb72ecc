"""The cache's entries in a real gateway's Redis: listed, counted and deleted, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import ENTRIES
from gateway_kit.errors import CacheError, CacheUnreachableError
from gateway_kit.gateway import Gateway

PROMPT = "What is an LLM gateway?"


@pytest.fixture
def cache(stack_env: dict[str, str]) -> Iterator[Cache]:
    with Cache(stack_env["REDIS_URL"]) as opened:
        yield opened


@pytest.fixture
def raw(stack_env: dict[str, str]) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(stack_env["REDIS_URL"], decode_responses=True) as client:
        yield client


def wait_for_a_miss(gateway: Gateway, controls: dict[str, Any]) -> None:
    end = time.monotonic() + 30
    while gateway.ask(PROMPT, **controls).call.cache_hit:
        assert time.monotonic() < end, "the answer outlived its time"
        time.sleep(0.5)


def test_an_entry_is_listed_with_its_answer_age_and_hits(gateway: Gateway, cache: Cache, unique: str):
    controls = Cache.controls(namespace=unique, ttl_s=45)
    first = gateway.ask(PROMPT, **controls)
    second = gateway.ask(PROMPT, **controls)
    assert (first.call.cache_hit, second.call.cache_hit) == (False, True)

    entries = cache.entries(gateway.calls.frame())
    assert dict(entries.dtypes.astype(str)) == {**ENTRIES.dtypes}
    own = entries[entries["namespace"] == unique]
    assert len(own) == 1
    row = own.iloc[0]
    assert row["key"] == second.call.cache_key
    named = "gpt-4o-mini-2024-07-18"  # by the provider
    assert (row["kind"], row["model"], row["answer"], row["hits"]) == ("answer", named, first.text, 1)
    assert 0 < row["ttl_left_s"] <= 45
    assert row["size_bytes"] > len(first.text)
    assert abs((row["stored"] - first.call.started).total_seconds()) < 45


def test_a_deleted_entry_stays_in_the_memory_of_the_worker_that_stored_it_until_its_ttl_ends(
    gateway: Gateway, cache: Cache, unique: str
):
    """LiteLLM has no call that deletes an entry from a worker's memory."""
    for ttl_s in (6, 24, 96):
        namespace, begin = f"{unique}-{ttl_s}", time.monotonic()
        controls = Cache.controls(namespace=namespace, ttl_s=ttl_s)
        gateway.ask(PROMPT, **controls)
        entries = cache.entries()
        keys = list(entries.loc[entries["namespace"] == namespace, "key"])
        deleted = [cache.delete(key) for key in keys * 2]
        hit = gateway.ask(PROMPT, **controls).call.cache_hit
        if time.monotonic() - begin < ttl_s:  # else a busy machine came too late
            break
    assert deleted == [1, 0]
    assert hit
    assert not gateway.ask(PROMPT, **Cache.controls(namespace=f"{unique}x")).call.cache_hit
    wait_for_a_miss(gateway, controls)


def test_after_deletion_a_worker_that_did_not_store_the_entry_asks_again(
    gateway: Gateway, cache: Cache, raw: redis.Redis, unique: str
):
    """As if another worker had stored it: a copy in Redis under a key that no request has used."""
    gateway.ask(PROMPT, **Cache.controls(namespace=unique))
    key = next(key for key in cache.entries()["key"] if key.startswith(f"{unique}:"))
    other = Cache.controls(namespace=f"{unique}x")
    raw.copy(key, copied := key.replace(unique, f"{unique}x"))
    assert cache.delete(copied) == 1
    assert not gateway.ask(PROMPT, **other).call.cache_hit


def test_what_a_worker_read_from_redis_does_not_outlive_its_ttl_by_minutes(
    gateway: Gateway, cache: Cache, raw: redis.Redis, unique: str
):
    """LiteLLM keeps it for 600 seconds unless `default_in_memory_ttl` is shorter."""
    gateway.ask(PROMPT, **Cache.controls(namespace=unique))
    key = next(key for key in cache.entries()["key"] if key.startswith(f"{unique}:"))
    copied = key.replace(unique, f"{unique}x")
    raw.copy(key, copied)
    raw.expire(copied, 2)
    other = Cache.controls(namespace=f"{unique}x", no_store=True)
    assert gateway.ask(PROMPT, **other).call.cache_hit
    wait_for_a_miss(gateway, other)
    assert not raw.exists(copied)


def test_a_namespace_is_deleted_and_its_neighbour_stays(gateway: Gateway, cache: Cache, unique: str):
    mine, neighbour = Cache.controls(namespace=unique), Cache.controls(namespace=f"{unique}x")
    for controls in (mine, neighbour):
        gateway.ask(PROMPT, **controls)
        gateway.embed("a text", **controls)
    assert cache.delete_namespace(unique) == 2
    assert set(cache.entries()["namespace"]) >= {f"{unique}x"}
    assert unique not in set(cache.entries()["namespace"])
    assert gateway.ask(PROMPT, **neighbour).call.cache_hit
    assert cache.delete_prefix(f"{unique}x:") == 2


def test_deleting_everything_leaves_keys_of_others(
    gateway: Gateway, cache: Cache, raw: redis.Redis, unique: str
):
    gateway.ask(PROMPT, **Cache.controls(namespace=unique))
    bystanders = {
        f"spend:key:{'ab' * 32}": "0.5",
        f"test:{unique}": "1",
        f"{{api_key:{'cd' * 32}}}:tokens": "7",
    }
    for key, value in bystanders.items():
        raw.set(key, value, ex=60)
    assert cache.delete_all() >= 1
    assert cache.entries().empty
    assert {key: raw.get(key) for key in bystanders} == bystanders
    raw.delete(*bystanders)


def test_deletion_by_age_leaves_young_entries(gateway: Gateway, cache: Cache, unique: str):
    gateway.ask(PROMPT, **Cache.controls(namespace=unique))
    assert unique in set(cache.entries()["namespace"])
    cache.delete_older_than(3600)
    assert unique in set(cache.entries()["namespace"])
    cache.delete_older_than(0)
    assert unique not in set(cache.entries()["namespace"])


def test_a_thousand_entries_are_read_and_deleted_in_batches(cache: Cache, raw: redis.Redis, unique: str):
    with raw.pipeline(transaction=False) as pipe:
        for number in range(1203):
            pipe.set(f"{unique}:{number:064x}", '{"timestamp": 1, "response": "{}"}', ex=60)
        pipe.execute()
    assert (cache.entries()["namespace"] == unique).sum() == 1203
    assert cache.delete_namespace(unique) == 1203


def test_a_key_that_is_not_an_entry_is_not_deleted(cache: Cache, raw: redis.Redis, unique: str):
    raw.set(f"other:{unique}", "1", ex=60)
    with pytest.raises(CacheError, match="is not the key of a cached answer"):
        cache.delete(["ab" * 32, f"other:{unique}"])
    assert raw.get(f"other:{unique}") == "1"
    with pytest.raises(CacheError, match="delete_all"):
        cache.delete_prefix("")
    with pytest.raises(CacheError, match="age_s"):
        cache.delete_older_than(-1)


def test_without_redis_or_with_a_wrong_password_the_error_names_the_next_command(stack_env: dict[str, str]):
    address = stack_env["REDIS_URL"].split("@")[-1]
    for url, words in (
        ("redis://127.0.0.1:1/0", "gateway-kit up"),
        (f"redis://:wrong-secret@{address}", "gateway-kit env"),
    ):
        with Cache(url) as cache, pytest.raises(CacheUnreachableError, match=words) as caught:
            cache.check_reachable()
        assert "wrong-secret" not in str(caught.value) + repr(cache)
