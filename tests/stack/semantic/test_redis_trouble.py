"""An external Redis that cannot serve: reported before anything starts, and harmless if it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.common.redis_search import how_to_get_it
from gateway_kit.errors import CacheError, StackError
from gateway_kit.gateway.semantic import semantic_gateway
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli
from tests.stack.semantic.conftest import Own, another_redis, configured_gateway

PROMPT = "What is an LLM gateway?"
ADVICE = how_to_get_it({"REDIS_URL": "redis://somebody:1"})


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis without modules, with the password `hush-hush`."""
    with another_redis(tmp_path_factory.mktemp("bare-redis"), password="hush-hush") as url:
        yield url


def for_a_password(address: str) -> str:
    return f"REDIS_URL ({address}) cannot be used: it refuses the password. Unset it, then gateway-kit up"


def for_search(address: str) -> str:
    return f"--semantic needs Redis' search module, which the Redis at redis://{address} has not. {ADVICE}"


@pytest.mark.parametrize(
    ("broken", "words", "told"),
    [
        (("", ""), ["--semantic"], for_search),
        (("hush-hush", "guessed"), [], for_a_password),
    ],
    ids=["no search module", "wrong password"],
)
def test_up_names_what_is_wrong_and_starts_nothing(
    bare: str, tmp_path: Path, broken: tuple[str, str], words: list[str], told: Callable[[str], str]
):
    url = bare.replace(*broken) if broken[0] else bare
    guest = Cli(tmp_path / "guest", REDIS_URL=url)
    done = guest("up", "--port-offset", str(free_offset()), *words, check=False)
    assert done.returncode == 1
    assert told(url.split("@")[-1]) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hush-hush" not in done.stderr
    assert "guessed" not in done.stderr
    assert " starting" not in done.stdout


def test_a_program_gets_the_error_before_its_gateway_starts(
    here: Own, bare: str, monkeypatch: pytest.MonkeyPatch
):
    for url, words in (
        (bare, "no search module"),
        (bare.replace("hush-hush", "guessed"), "refuses the password"),
        ("redis://127.0.0.1:1/0", "nothing answers there"),
    ):
        monkeypatch.setenv("REDIS_URL", url)
        with pytest.raises(StackError, match=rf"{words}.*(Unset|Set) REDIS_URL.*gateway-kit up") as caught:
            semantic_gateway()
        assert "hush" not in str(caught.value)
        assert "guessed" not in str(caught.value)


def test_the_doctor_names_it_with_the_command_that_fixes_it(own: Own, bare: str):
    done = own.cli("doctor", check=False, REDIS_URL=bare.replace("hush-hush", "guessed"))
    assert done.returncode == 1
    assert "it refuses the password" in done.stdout
    assert "fix: env -u REDIS_URL gateway-kit up" in done.stdout


def test_the_exact_cache_needs_no_search_module_and_an_index_does(bare: str, unique: str):
    with Cache(bare) as cache, redis.Redis.from_url(bare) as raw:
        raw.set(f"{unique}:{'ab' * 32}", '{"timestamp": 1, "response": "{}"}')
        assert cache.entries()["namespace"].tolist() == [unique]
        assert cache.delete_namespace(unique) == 1
    index = SemanticIndex(bare, unique)
    for question in (index.exists, lambda: index.create(384), index.drop):
        with pytest.raises(CacheError, match=rf"no search module.*{re.escape(how_to_get_it())}") as caught:
            question()
        assert "hush-hush" not in str(caught.value)
    index.close()


def test_a_gateway_configured_on_a_redis_without_the_module_answers_uncached(here: Own, bare: str):
    with configured_gateway(here, redis_url=bare) as gateway:
        for _ in range(2):
            call = gateway.ask(PROMPT, max_tokens=5).call
            assert (call.status, call.cache_hit) == (200, False)


def test_with_a_cache_switch_in_quotes_each_request_is_refused(here: Own):
    """What `config check` says of it, on the proxy itself."""
    with configured_gateway(here, cache='"true"') as gateway:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": PROMPT}]}
        headers = {"Authorization": f"Bearer {gateway.connection.api_key}"}
        answer = httpx.post(
            f"{gateway.url}/v1/chat/completions", json=body, headers=headers, trust_env=False, timeout=60
        )
        assert answer.status_code == 400
        assert "has no attribute 'cache'" in answer.text
