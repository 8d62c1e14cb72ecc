"""What `config check` says of a semantic cache, LiteLLM does: its own cache class, a real Redis and real vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from gateway_kit.caching.index import SemanticIndex
from gateway_kit.stack.configuration import check_text
from tests.litellm_program import run_with_litellm
from tests.stack.semantic.conftest import Own, configured_gateway
from tests.unit.test_configuration_semantic_check import COURSE

KEPT = "How do I reset my password?"
SIMILAR = "How can I reset my password?"  # 0.99
FAR = "What does a password manager do?"  # 0.40, the same subject
UNRELATED = "Name the capital of France."  # 0.05

# Keeps an answer to KEPT with each settings of the list, and says what is found for the others.
PROGRAM = """\
import asyncio
import litellm
from litellm.caching.caching import Cache

async def tried(params, questions):
    try:
        cache = Cache(type="redis-semantic", **params)
    except Exception as exc:
        return {"raised": f"{type(exc).__name__}: {exc}"}
    def call(question):
        return {"model": "m", "messages": [{"role": "user", "content": question}]}
    await cache.async_add_cache({"answer": 1}, **call(questions[0]))
    found = {q: await cache.async_get_cache(**call(q)) is not None for q in questions}
    return {"found": found}

async def all_of_them(cases, questions):
    return [await tried(params, questions) for params in cases]

def main(what):
    return asyncio.run(all_of_them(*what))
"""

GOOD: dict[str, Any] = {"similarity_threshold": 0.9, "ttl": 60}

# Name → (changes to GOOD; what must be found of KEPT, SIMILAR, FAR, UNRELATED; the entry's TTL: -1 means for ever).
CASES: dict[str, tuple[dict[str, Any], tuple[bool, ...], int | None]] = {
    "as it should be": ({}, (True, True, False, False), 60),
    "threshold 1": ({"similarity_threshold": 1}, (True, False, False, False), 60),
    "threshold just above 1": ({"similarity_threshold": 1.01}, (False,) * 4, None),
    "threshold in percent": ({"similarity_threshold": 90}, (False,) * 4, None),
    "threshold 0": ({"similarity_threshold": 0}, (True,) * 4, 60),
    "threshold negative": ({"similarity_threshold": -0.5}, (True,) * 4, 60),
    "no ttl": ({"ttl": None}, (True, True, False, False), -1),
    "ttl 0": ({"ttl": 0}, (True, True, False, False), -1),
    "ttl half a second": ({"ttl": 0.5}, (True, True, False, False), -1),
    "ttl negative": ({"ttl": -5}, (False,) * 4, None),
    "the other ttl": ({"default_in_redis_ttl": 7}, (True, True, False, False), 7),
    "an embedding model nobody knows": (
        {"redis_semantic_cache_embedding_model": "nobodys"},
        (False,) * 4,
        None,
    ),
}
# What keeps LiteLLM from starting, by what it says.
RAISED: dict[str, tuple[dict[str, Any], str]] = {
    "no threshold": ({"similarity_threshold": None}, "similarity_threshold must be provided"),
    "threshold from a variable": ({"similarity_threshold": "0.9"}, "unsupported operand"),
    "password empty": ({"redis_url": None, "host": "h", "port": "1", "password": ""}, "REDIS_PASSWORD"),
}


@pytest.fixture(scope="module")
def tried(own: Own, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """Name → what came of it."""
    changes = {name: case[0] for name, case in {**CASES, **RAISED}.items()}
    common = {
        **GOOD,
        "redis_url": own.redis_url,
        "redis_semantic_cache_embedding_model": "openai/all-minilm-l6-v2",
    }
    sent = [
        {**common, "redis_semantic_cache_index_name": index_of(name), **change}
        for name, change in changes.items()
    ]
    env = {
        "OPENAI_BASE_URL": str(own.rows()["embeddings"]["url"]),
        "OPENAI_API_KEY": "none",
        "REDIS_PASSWORD": None,
        "REDIS_HOST": None,
        "REDIS_PORT": None,
    }
    what = [sent, [KEPT, SIMILAR, FAR, UNRELATED]]
    results = run_with_litellm(PROGRAM, what, tmp_path_factory.mktemp("litellm"), env)
    yield dict(zip(changes, results, strict=True))
    with redis.Redis.from_url(own.redis_url) as raw:
        for name in raw.execute_command("FT._LIST"):
            if name.startswith(b"claim-"):
                raw.execute_command("FT.DROPINDEX", name, "DD")


def index_of(name: str) -> str:
    return f"claim-{name.replace(' ', '-')}-"  # the end, since no name may begin another's


def checked(changes: dict[str, Any]) -> list[str]:
    """The codes of the findings about these settings in a file."""
    params = {
        "type": "redis-semantic", "redis_url": "os.environ/REDIS_URL", **GOOD,
        "redis_semantic_cache_embedding_model": "embed", "redis_semantic_cache_index_name": "mine", **changes,
    }  # fmt: skip
    if isinstance(changes.get("similarity_threshold"), str):
        params["similarity_threshold"] = "os.environ/REDIS_URL"
    models = [
        {
            "model_name": "embed",
            "litellm_params": {"model": "openai/text-embedding-3-small", "api_key": "none"},
        }
    ]
    document = {"model_list": models, "litellm_settings": {"cache": True, "cache_params": params}}
    return [finding.code for finding in check_text(json.dumps(document), {})]


@pytest.mark.parametrize("name", CASES)
def test_a_setting_does_what_the_check_says(
    own: Own, raw: redis.Redis, tried: dict[str, dict[str, Any]], name: str
):
    changes, found, ttl_s = CASES[name]
    assert tuple(tried[name]["found"].values()) == found
    left = [raw.ttl(key) for key in raw.scan_iter(f"{index_of(name)}:*")]
    if ttl_s is None or ttl_s < 0:
        assert left == ([] if ttl_s is None else [-1])
    else:
        assert len(left) <= 1  # its time may be over by now
        assert all(0 < seconds <= ttl_s for seconds in left)
    wrong = found != (True, True, False, False) or ttl_s == -1
    assert bool(checked(changes)) is (wrong and name != "threshold 1")


@pytest.mark.parametrize("name", RAISED)
def test_what_the_check_says_keeps_litellm_from_starting_does(tried: dict[str, dict[str, Any]], name: str):
    changes, words = RAISED[name]
    assert words in tried[name]["raised"]
    assert len(checked(changes)) == 1


def test_the_sample_without_a_finding_works(here: Own, raw: redis.Redis):
    """It names a host and no password, and no index: the kit gives the one, LiteLLM has the other."""
    simulator = f"      api_base: {here.env()['PROVIDERS_URL']}/v1\n      api_key: simulated\n"
    text = COURSE.replace("      api_key: os.environ/OPENAI_API_KEY\n", simulator)
    assert check_text(text, {}) == []
    index = SemanticIndex(here.redis_url, "litellm_semantic_cache_index")
    try:
        with configured_gateway(here, text) as gateway:
            answer = gateway.ask(KEPT, "gpt-3.5-turbo", max_tokens=5)
            assert not answer.call.cache_hit
            index.wait_for_entries(1)
            assert index.dimensions() == 1536
            again = gateway.ask(SIMILAR, "gpt-3.5-turbo", max_tokens=5)
            assert (again.call.cache_hit, again.text) == (True, answer.text)
    finally:
        index.drop()
        index.close()
