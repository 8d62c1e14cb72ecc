"""The parts of a gateway: made when first touched, and each says why it is not there."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gateway_kit.common.local_stack import LocalStack, write_local_stack
from gateway_kit.errors import CacheError, KeyRefusedError, KitError, ProvidersError, StackError, TracingError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection, resolve_connection

REMOTE = "https://gateway.example.com"
Part = Callable[[Gateway], object]


def gateway(master_key: str | None = None, **services: str) -> Gateway:
    connection = Connection(REMOTE, "sk-abcd", master_key, services)
    return Gateway(connection, transport=httpx.MockTransport(lambda _: pytest.fail("it was asked")))


def with_models_at(address: str, **services: str) -> Gateway:
    """Somebody else's gateway, with one model that goes to an address."""
    params = {"model": "openai/gpt-4o-mini", "api_base": address}
    model = {"model_name": "m", "litellm_params": params, "model_info": {"id": "1"}}
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": [model]}))
    return Gateway(Connection(REMOTE, "sk-abcd", None, services), transport=answer)


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        (
            lambda g: g.router,
            KeyRefusedError,
            "gateway.router needs the master key of {url}: set LITELLM_MASTER_KEY",
        ),
        (
            lambda g: g.spend,
            KeyRefusedError,
            "gateway.spend needs the master key of {url}: set LITELLM_MASTER_KEY",
        ),
        (
            lambda g: g.keys,
            KeyRefusedError,
            "gateway.keys needs the master key of {url}: set LITELLM_MASTER_KEY",
        ),
        (lambda g: g.providers, ProvidersError, "gateway.providers is not there: .*PROVIDERS_URL is not set"),
        (
            lambda g: g.cache.entries(),
            CacheError,
            "The cache's entries are not there: .*REDIS_URL is not set",
        ),
        (lambda g: g.tracing, TracingError, "gateway.tracing is not there: .*LANGFUSE_HOST is not set"),
    ],
    ids=["router", "spend", "keys", "providers", "cache", "tracing"],
)
def test_what_somebody_elses_gateway_lacks_is_one_sentence(part: Part, error: type[KitError], words: str):
    with pytest.raises(error, match=words.format(url=REMOTE)) as raised:
        part(gateway())
    assert "\n" not in str(raised.value)


def test_models_are_listed_without_a_master_key_and_not_changed():
    connection = Connection(REMOTE, "sk-abcd")
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []}))
    remote = Gateway(connection, transport=answer)
    assert remote.models.list().empty
    with pytest.raises(KeyRefusedError, match="/model/new needs the master key"):
        remote.models.add("x", {"model": "openai/x"})
    with pytest.raises(KeyRefusedError, match="/model/delete needs the master key"):
        remote.models.delete("x")


def test_a_redis_or_a_trace_store_that_does_not_answer_is_named():
    with socket.socket() as taken:  # bound and not listening
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        lonely = gateway(
            REDIS_URL=f"redis://:secret@{where}/0",
            LANGFUSE_HOST=f"http://{where}",
            LANGFUSE_PUBLIC_KEY="pk-1",
            LANGFUSE_SECRET_KEY="sk-1",
        )
        with pytest.raises(CacheError, match=where) as raised:
            _ = lonely.cache
        assert "secret" not in str(raised.value)
        with pytest.raises(TracingError, match=where):
            _ = lonely.tracing


def test_the_local_stack_without_tracing_says_how_to_start_it():
    local = Gateway(Connection("http://127.0.0.1:4000", "sk-abcd", local=True))
    with pytest.raises(TracingError, match="gateway-kit up --tracing embedded"):
        _ = local.tracing


def test_without_the_stacks_packages_there_is_no_stack(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "gateway_kit.stack.stack", None)
    with pytest.raises(StackError, match=r"gateway-kit\[stack\]"):
        _ = gateway().stack


def test_without_redis_the_cache_controls_work():
    cache = gateway().cache
    assert cache.controls(namespace="faq") == {"extra_body": {"cache": {"namespace": "faq"}}}
    for use in (
        cache.entries,
        lambda: cache.delete_namespace("faq"),
        cache.check_reachable,
    ):
        with pytest.raises(CacheError, match="REDIS_URL is not set"):
            use()
    cache.close()


def test_a_simulator_that_is_not_behind_the_gateway_is_refused():
    stranger = with_models_at("http://127.0.0.1:4010/v1", PROVIDERS_URL="http://127.0.0.1:4011")
    with pytest.raises(ProvidersError) as raised:
        stranger.providers.fault(kind="server_error")
    text = str(raised.value)
    assert text.startswith("The simulator at http://127.0.0.1:4011 is not behind https://gateway.example.com")
    assert "\n" not in text
    behind = with_models_at("http://localhost:4010/d/x/v1", PROVIDERS_URL="http://127.0.0.1:4010")
    assert behind.providers.url == "http://127.0.0.1:4010"


def test_a_simulator_that_the_environment_names_is_checked_for_the_local_stack_too(
    monkeypatch: pytest.MonkeyPatch,
):
    own = with_models_at("http://127.0.0.1:4010/v1", PROVIDERS_URL="http://127.0.0.1:4099")
    own.connection = replace(own.connection, local=True)
    assert own.providers.url == "http://127.0.0.1:4099"  # what the stack itself says is taken as it is
    monkeypatch.setenv("PROVIDERS_URL", "http://127.0.0.1:4099")
    del own.providers
    with pytest.raises(ProvidersError, match="is not behind"):
        _ = own.providers


def test_a_gateway_that_lists_no_models_says_so():
    refused = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": {"message": "no"}}))
    services = {"PROVIDERS_URL": "http://127.0.0.1:4010"}
    with pytest.raises(ProvidersError, match="cannot be told"):
        _ = Gateway(Connection(REMOTE, "sk-abcd", None, services), transport=refused).providers


def test_a_part_is_made_once_and_closed_with_its_gateway():
    with with_models_at("http://providers.test/v1", PROVIDERS_URL="http://providers.test") as own:
        own.connection = replace(own.connection, master_key="sk-master")
        own._management.connection = own.connection
        assert own.keys is own.keys
        providers = own.providers
        assert providers is own.providers
    with pytest.raises(RuntimeError, match="closed"):
        providers.faults()


def local_stack(home: Path, *, own_gateway: bool = True) -> None:
    variables = {
        "GATEWAY_URL": "http://127.0.0.1:4000",
        "GATEWAY_API_KEY": "sk-kept-5678",
        "LITELLM_MASTER_KEY": "sk-kept-master",
        "REDIS_URL": "redis://:kept@127.0.0.1:6379/0",
        "PROVIDERS_URL": "http://127.0.0.1:4010",
        "LANGFUSE_PUBLIC_KEY": "pk-lf-kept",
        "LANGFUSE_SECRET_KEY": "sk-lf-kept",
    }
    write_local_stack(home, LocalStack(variables, own_gateway=own_gateway))


def test_services_are_the_local_stacks_only_at_its_own_address(tmp_path: Path):
    local_stack(tmp_path)
    home = {"GATEWAY_HOME": str(tmp_path)}
    local = resolve_connection(environ=home)
    assert local.local
    assert {"PROVIDERS_URL", "REDIS_URL"} <= set(local.services)
    by_address = resolve_connection("sk-mine", local.url, home)
    assert (by_address.local, by_address.services) == (True, local.services)
    assert by_address.master_key is None  # its keys are for whoever finds it without an address
    for url in ("http://127.0.0.1:1", "http://far.test:4000"):
        stranger = resolve_connection("sk-mine", url, home)
        assert (stranger.local, stranger.services) == (False, {})
    own = resolve_connection("sk-mine", local.url, {**home, "REDIS_URL": "redis://mine.test:1/0"})
    assert own.services["REDIS_URL"] == "redis://mine.test:1/0"


def test_a_stack_of_which_somebody_else_runs_the_gateway_is_not_local(tmp_path: Path):
    local_stack(tmp_path, own_gateway=False)
    home = {"GATEWAY_HOME": str(tmp_path)}
    assert not resolve_connection(environ=home).local
    by_address = resolve_connection("sk-mine", "http://127.0.0.1:4000", home)
    assert (by_address.local, by_address.services) == (False, {})
