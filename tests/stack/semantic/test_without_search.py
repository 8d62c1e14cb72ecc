"""A stack whose Redis has no search module: as on machines for which no package has it, and with somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from gateway_kit.caching.index import SemanticIndex
from gateway_kit.common.redis_search import how_to_get_it
from gateway_kit.errors import StackError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.semantic import semantic_gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.settings import REDIS_SEARCH
from gateway_kit.stack.services.redis import search_modules
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli
from tests.stack.semantic.conftest import another_redis, environment_of

PROMPT = "What is an LLM gateway?"
FIX = how_to_get_it({REDIS_SEARCH: "off"})


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A stack of its own, as it is where no package has the module."""
    command = Cli(tmp_path_factory.mktemp("plain") / "home", **{REDIS_SEARCH: "off"})
    try:
        command("up", "--port-offset", str(free_offset()))
        yield command
    finally:
        command("down")


@pytest.fixture
def with_search(tmp_path: Path) -> Iterator[str]:
    """The URL of somebody else's Redis that has the module."""
    loaded = [word for module in search_modules() for word in ("--loadmodule", str(module))]
    with another_redis(tmp_path, *loaded) as url:
        yield url


def gateway_of(cli: Cli, url: str = "GATEWAY_URL") -> Gateway:
    env = cli.variables()
    return Gateway(Connection(env[url], env["GATEWAY_API_KEY"], env["LITELLM_MASTER_KEY"]))


def test_all_else_works_and_the_doctor_says_what_does_not(plain: Cli):
    with redis.Redis.from_url(plain.variables()["REDIS_URL"], protocol=2) as client:
        assert b"search" not in [module[b"name"] for module in client.module_list()]
    with gateway_of(plain) as gateway:
        assert [gateway.ask(PROMPT, max_tokens=5).call.cache_hit for _ in range(2)] == [False, True]
    done = plain("doctor")
    [line] = [line for line in done.stdout.splitlines() if "search module" in line]
    assert line.split()[:2] == ["note", "redis"]
    assert f"fix: {FIX}" in done.stdout


def test_a_semantic_cache_is_refused_before_anything_starts(plain: Cli):
    pids = [row["pid"] for row in plain.rows()]
    done = plain("up", "--semantic", check=False)
    assert done.returncode == 1
    [sentence] = done.stderr.strip().splitlines()
    assert "--semantic needs Redis' search module, which the stack's own Redis has not" in sentence
    assert FIX in sentence
    assert [row["pid"] for row in plain.rows()] == pids


def test_a_lesson_that_starts_one_is_told(plain: Cli, monkeypatch: pytest.MonkeyPatch):
    with environment_of(plain.home):
        monkeypatch.setenv(REDIS_SEARCH, "off")
        with pytest.raises(
            StackError, match=rf"has no search module, which a semantic cache needs\. {re.escape(FIX)}"
        ):
            semantic_gateway()


def test_a_redis_of_somebody_elses_gives_it_a_semantic_cache(plain: Cli, with_search: str):
    with_it = Cli(plain.home, **{REDIS_SEARCH: "off", "REDIS_URL": with_search})
    with_it("up", "--semantic")
    assert with_it.row("redis")["state"] == "external"
    with gateway_of(with_it, "SEMANTIC_GATEWAY_URL") as gateway:
        assert not gateway.ask("How do I reset my password?").call.cache_hit
        SemanticIndex(with_search, "kit-minilm-l6-v2").wait_for_entries(1)
        assert gateway.ask("How do I reset my password, please?").call.cache_hit
    assert with_it("doctor").returncode == 0
