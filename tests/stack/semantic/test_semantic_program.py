"""A second gateway of a program: started, recorded, ended with it, and refused with invalid settings."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from gateway_kit.caching.index import SemanticIndex
from gateway_kit.errors import ServiceError, SettingsError, StackError
from gateway_kit.gateway.semantic import semantic_gateway
from gateway_kit.gateway.stack import StackClient
from gateway_kit.settings import load_settings
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings
from gateway_kit.stack.semantic_process import configuration_of
from gateway_kit.stack.services.semantic import free_port
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.record import read_record
from tests.stack.semantic.conftest import Own, eventually, is_gone, program_with_a_gateway

pytestmark = pytest.mark.usefixtures("no_shared")

PROMPT = "What is an LLM gateway?"


def leftovers(own: Own) -> tuple[set[str], list[str]]:
    """(recorded second gateways, their configuration files)"""
    recorded = {name for name in read_record(own.cli.home).services if name.startswith("semantic")}
    return recorded, sorted(path.name for path in (own.cli.home / "config").glob("semantic-*"))


def test_it_runs_as_long_as_its_block_and_leaves_nothing(here: Own, unique: str):
    with semantic_gateway(index=unique) as gateway:
        row = here.rows()["semantic-1"]
        assert (row["state"], row["url"], row["log"]) == ("running", gateway.url, str(gateway.log_path))
        assert "SEMANTIC_GATEWAY_URL" not in here.env()  # a program's, not the stack's
        assert gateway.ask(PROMPT).text
        assert unique in repr(gateway)
        pid = here.pid("semantic-1")
        before = {name: row["pid"] for name, row in here.rows().items()}
        here.up()  # leaves alone what a program has
        assert {name: row["pid"] for name, row in here.rows().items()} == before
    assert is_gone(pid)
    assert leftovers(here) == (set(), [])
    assert "semantic-1" not in here.rows()
    gateway.close()  # once more, harmless


def test_called_again_it_is_the_one_that_runs_and_with_other_settings_that_one_ends_first(
    here: Own, unique: str
):
    gateway = semantic_gateway(index=unique)
    pid = here.pid("semantic-1")
    assert semantic_gateway(index=unique) is gateway
    assert semantic_gateway(index=unique, threshold=gateway.threshold) is gateway

    other = semantic_gateway(index=unique, threshold=0.7)
    assert is_gone(pid)
    assert leftovers(here) == ({"semantic-1"}, ["semantic-1.yaml"])
    assert other.ask(PROMPT).text
    other.cache.index.wait_for_entries(1)

    config = configuration_of(Stack(os.environ), SemanticCacheSettings(index=unique, threshold=0.7))
    assert other.runs_with(config)
    os.kill(here.pid("semantic-1"), signal.SIGKILL)
    eventually(lambda: not other.runs_with(config))  # so that the next call would start another
    for _ in range(2):
        StackClient(os.environ).end_semantic_gateways(unique)
        assert not SemanticIndex(here.redis_url, unique).exists()
    assert leftovers(here) == (set(), [])


def test_two_at_once_skip_a_taken_port_and_have_their_own_names_and_settings(here: Own, unique: str):
    close, far = "How can I reset my password?", "I forgot my password"
    record = read_record(here.cli.home)
    settings = load_settings(os.environ, port_offset=record.port_offset)
    port = free_port(settings, record)
    assert (
        port == settings.port("providers") + 1
    )  # after the ports of replicas, their balancer's and the simulator's
    with (
        socket.create_server(("127.0.0.1", port)),
        semantic_gateway(index=f"a-{unique}", threshold=0.95) as strict,
        semantic_gateway(index=f"b-{unique}", threshold=0.6) as loose,
    ):
        assert [strict.url, loose.url] == [f"http://127.0.0.1:{port + n}" for n in (1, 2)]
        assert leftovers(here) == ({"semantic-1", "semantic-2"}, ["semantic-1.yaml", "semantic-2.yaml"])
        hits = []
        for gateway in (strict, loose):
            gateway.ask("How do I reset my password?", max_tokens=1)
            gateway.cache.index.wait_for_entries(1)
            calls = [gateway.ask(question, max_tokens=1).call for question in (close, far)]
            hits.append([call.cache_hit for call in calls])
            assert all(call.similarity >= gateway.threshold for call in calls if call.cache_hit)
        assert hits == [[True, False], [True, True]]
        for gateway in (strict, loose):
            gateway.cache.index.drop()
    assert leftovers(here) == (set(), [])


def test_a_program_that_dies_leaves_no_process_and_its_name_is_free_again(here: Own, unique: str):
    with program_with_a_gateway(here, unique) as (program, url):
        pid = here.pid("semantic-1")
        program.kill()
        program.wait()
        eventually(lambda: is_gone(pid))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health/liveliness", trust_env=False)
    assert "semantic-1" not in here.rows()
    here.up()
    assert leftovers(here)[0] == set()
    with semantic_gateway(index=unique) as gateway:
        assert leftovers(here) == ({"semantic-1"}, ["semantic-1.yaml"])
        assert gateway.ask(PROMPT).text
        assert gateway.cache.index.wait_for_entries(1) == 1
        gateway.cache.index.drop()


@pytest.mark.parametrize(
    "wrong",
    [{"threshold": 90}, {"ttl_s": 0}, {"index": "a:b"}, {"embedding_model": "gpt-4o-mini"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_invalid_settings_are_refused_before_anything_starts(here: Own, wrong: dict[str, Any]):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        semantic_gateway(**wrong)
    assert leftovers(here) == (set(), [])


def test_a_failed_start_raises_with_its_log_and_leaves_nothing(here: Own, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LITELLM_WORKER_STARTUP_HOOKS", "no_such_module:hook")
    with pytest.raises(ServiceError, match=r"(?s)ended during its start.*no_such_module.*gateway-kit logs"):
        semantic_gateway()
    assert leftovers(here) == (set(), [])


def test_an_index_whose_name_begins_anothers_is_refused_since_redis_would_mix_their_answers(
    here: Own, raw: redis.Redis, unique: str
):
    url = here.redis_url
    made = [SemanticIndex(url, name) for name in (f"{unique}-2", unique)]
    made[0].create(3)
    try:
        for name in (unique, f"{unique}-2-more"):
            with pytest.raises(SettingsError, match=f"index '{unique}-2'.*Choose another name"):
                semantic_gateway(index=name)
        # What it is refused for: Redis goes by how a key begins.
        made[1].create(3)
        raw.hset(f"{unique}-2:1", mapping={"prompt": "x", "litellm_cache_key": "y"})
        eventually(lambda: [index.entries() for index in made] == [1, 1])
    finally:
        for index in made:
            index.drop()
            index.close()


def test_without_a_stack_it_says_what_to_run(here: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path / "none"))
    with pytest.raises(StackError, match="gateway-kit up"):
        semantic_gateway()


def test_an_external_gateway_has_no_second_gateway(here: Own, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_URL", "http://gateway.example:4000")
    with pytest.raises(StackError, match=r"GATEWAY_URL names somebody else's.*Unset it"):
        semantic_gateway()
