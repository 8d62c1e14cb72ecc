"""What the caches stand on is dead, hangs, fails or is full: answers come all the same, and a sentence says what to do.

Each test leaves the stack as it was for the next one.
"""

from __future__ import annotations

import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.errors import CacheError, CacheUnreachableError, RateLimitedError, StackError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.semantic import SemanticGateway, semantic_gateway
from gateway_kit.keys import Keys
from tests.stack.semantic.conftest import Own, environment_of, eventually

PROMPT, CLOSE = "How do I reset my password?", "How can I reset my password?"


def answers(gateway: Gateway, namespace: str, question: str = PROMPT) -> bool:
    """Whether the answer came from the cache."""
    answer = gateway.ask(question, max_tokens=1, **Cache.controls(namespace=namespace))
    assert answer.text
    return answer.call.cache_hit


def keep(gateway: Gateway, namespace: str) -> None:
    """Ask until the answer is kept."""
    eventually(lambda: answers(gateway, namespace))


@contextmanager
def without_embeddings(own: Own, number: int) -> Iterator[None]:
    """The embedding model killed or stopped; it works again afterwards."""
    own.signal("embeddings", number)
    try:
        yield
    finally:
        own.up() if number == signal.SIGKILL else own.signal("embeddings", signal.SIGCONT)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_without_the_embedding_model_answers_come_uncached(
    here: Own, semantic: SemanticGateway, unique: str, number: int
):
    keep(semantic, unique)
    with without_embeddings(here, number):
        assert not answers(semantic, unique)
        assert not answers(semantic, unique, CLOSE)
        if number == signal.SIGKILL:
            with pytest.raises(StackError, match=r"embedding model.*does not answer.*gateway-kit up"):
                semantic_gateway()
    eventually(lambda: answers(semantic, unique, CLOSE))


@pytest.mark.parametrize(
    "fault", [{"kind": "server_error"}, {"kind": "rate_limit"}, {"kind": "slow", "latency_s": 5}]
)
def test_behind_a_provider_that_fails_to_embed_answers_come_uncached(
    here: Own, clouded: SemanticGateway, unique: str, fault: dict[str, Any]
):
    keep(clouded, unique)
    with (
        Providers(here.env()["PROVIDERS_URL"]) as providers,
        providers.fault(deployment="semantic-embed", **fault),
    ):
        for question in (PROMPT, CLOSE):
            assert not answers(clouded, unique, question)
    eventually(lambda: answers(clouded, unique, CLOSE))  # a failed deployment rests for some seconds


@pytest.fixture(scope="module")
def clouded(own: Own) -> Iterator[SemanticGateway]:
    """A second gateway whose embedding model is a provider's."""
    with (
        environment_of(own.cli.home),
        semantic_gateway(embedding_model="text-embedding-3-small") as gateway,
    ):
        yield gateway
        gateway.cache.index.drop()


def count_together(gateways: Sequence[Gateway], keys: Keys, alias: str) -> bool:
    """Whether the calls of both gateways count for a key's limit."""
    secret = str(keys.create(f"{alias}-{uuid.uuid4().hex}", rpm_limit=len(gateways)).secret)
    fresh = Cache.controls(no_cache=True)
    for gateway in gateways:
        gateway.ask(PROMPT, api_key=secret, max_tokens=1, **fresh)
    for gateway in gateways:
        try:
            gateway.ask(PROMPT, api_key=secret, max_tokens=1, **fresh)
        except RateLimitedError:
            continue
        return False
    return True


def test_without_redis_both_gateways_answer_and_the_error_names_the_next_command(
    here: Own, semantic: SemanticGateway, first: Gateway, keys: Keys, unique: str
):
    for gateway in (first, semantic):
        keep(gateway, unique)
    here.signal("redis", signal.SIGKILL)
    try:
        for gateway in (first, semantic):
            assert not answers(gateway, f"{unique}x")
            assert not answers(gateway, f"{unique}y")
        sentence = r"No Redis answers at 127\.0\.0\.1.*works without its cache.*gateway-kit up"
        asked: list[Callable[[], object]] = [
            Cache(here.redis_url).check_reachable,
            semantic.cache.entries,
            semantic.cache.delete_all,
            semantic.cache.index.entries,
            lambda: semantic.cache.index.create(384),
        ]
        for question in asked:
            with pytest.raises(CacheUnreachableError, match=sentence):
                question()
        with pytest.raises(StackError, match=r"nothing answers there\. Run: gateway-kit up"):
            semantic_gateway()
        assert here.rows()["redis"]["state"] == "dead"
        doctor = here.cli("doctor", check=False)
        assert doctor.returncode == 1
        assert "redis" in doctor.stdout
        assert "gateway-kit up" in doctor.stdout
    finally:
        here.up()
    for gateway in (first, semantic):
        eventually(lambda asked=gateway: answers(asked, f"{unique}z"))
    eventually(lambda: count_together((first, semantic), keys, unique))
    assert semantic.cache.index.exists()  # the index comes back with the data


@pytest.fixture
def full(raw: redis.Redis) -> Iterator[redis.Redis]:
    """The stack's Redis, full."""
    raw.config_set("maxmemory", 1)
    yield raw
    raw.config_set("maxmemory", 0)


def test_a_full_redis_keeps_nothing_new_and_both_gateways_answer(
    here: Own, semantic: SemanticGateway, first: Gateway, full: redis.Redis, unique: str
):
    full.config_set("maxmemory", 0)
    keep(semantic, unique)
    full.config_set("maxmemory", 1)
    before = full.dbsize()
    for gateway in (first, semantic):
        for number in range(3):
            answers(gateway, f"{unique}-{number}")
    assert answers(semantic, unique, CLOSE)  # what is there already still answers
    assert full.dbsize() <= before
    index = SemanticIndex(here.redis_url, f"test-{unique}")
    with pytest.raises(CacheError, match=r"is full \(maxmemory\).*Delete entries.*volatile-lru"):
        index.create(384)
    index.close()
    assert not index_is_there(full, f"test-{unique}")
    with Cache(here.redis_url) as exact:
        exact.delete_all()  # deleting needs no room
    assert semantic.cache.delete_namespace(unique) == 1
    full.config_set("maxmemory", 0)
    for gateway in (first, semantic):
        eventually(lambda asked=gateway: answers(asked, f"{unique}z"))


def index_is_there(raw: redis.Redis, name: str) -> bool:
    return name in raw.execute_command("FT._LIST")


def test_with_the_policy_for_caches_a_full_redis_evicts_the_oldest(
    here: Own, semantic: SemanticGateway, raw: redis.Redis, unique: str
):
    """`volatile-lru`, as the sentence about a full Redis says."""
    # One at a time: Redis counts what it has read of a pipeline as used, and lets it go in the midst of the test.
    for number in range(3000):
        raw.set(f"test:{unique}:{number}", "x" * 2000, ex=600)
    try:
        raw.config_set("maxmemory-policy", "volatile-lru")
        raw.config_set("maxmemory", raw.info("memory")["used_memory"] - 1_000_000)
        keep(semantic, unique)
        assert answers(semantic, unique, CLOSE)
        assert index_is_there(raw, semantic.index)
        assert len(list(raw.scan_iter(f"test:{unique}:*", count=1000))) < 3000
    finally:
        raw.config_set("maxmemory", 0)
        raw.config_set("maxmemory-policy", "noeviction")
        for key in raw.scan_iter(f"test:{unique}:*", count=1000):
            raw.unlink(key)
