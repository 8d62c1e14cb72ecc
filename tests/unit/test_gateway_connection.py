"""Which gateway and which key: arguments, then the environment, then the local stack."""

from __future__ import annotations

import inspect
import socket
from pathlib import Path

import pytest
import uvicorn

from gateway_kit.common.local_stack import LocalStack, write_local_stack
from gateway_kit.errors import GatewayUnreachableError, SettingsError
from gateway_kit.gateway import Gateway, connect
from gateway_kit.litellm_api.connection import POOL, resolve_connection

REMOTE = {
    "GATEWAY_URL": "http://far.test/v1/",
    "GATEWAY_API_KEY": "sk-env-1234",
    "LITELLM_MASTER_KEY": "sk-m",
}


def test_arguments_win() -> None:
    connection = resolve_connection("sk-arg-9999", "http://near.test/", REMOTE)
    assert (connection.url, connection.api_key, connection.master_key) == (
        "http://near.test",
        "sk-arg-9999",
        "sk-m",
    )


def test_the_environment_is_next() -> None:
    connection = resolve_connection(environ=REMOTE)
    assert (connection.url, connection.api_key) == ("http://far.test", "sk-env-1234")


def test_the_master_key_stands_in_for_a_missing_key() -> None:
    connection = resolve_connection(environ={"GATEWAY_URL": "http://far.test", "LITELLM_MASTER_KEY": "sk-m"})
    assert connection.api_key == "sk-m"
    assert connection.label(connection.api_key) == "master"


def test_an_address_without_a_key_gets_no_local_key(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_API_KEY"):
        resolve_connection(environ={"GATEWAY_URL": "http://far.test", "GATEWAY_HOME": str(tmp_path)})


def test_the_local_stack_is_last(tmp_path: Path) -> None:
    variables = {
        "GATEWAY_URL": "http://127.0.0.1:4000",
        "GATEWAY_API_KEY": "sk-kept-5678",
        "LITELLM_MASTER_KEY": "sk-kept-master",
        "PROVIDERS_URL": "http://127.0.0.1:4010",
    }
    write_local_stack(tmp_path, LocalStack(variables, failed=("redis did not start",)))
    connection = resolve_connection(environ={"GATEWAY_HOME": str(tmp_path)})
    assert (connection.url, connection.api_key, connection.master_key, connection.providers_url) == tuple(
        variables.values()
    )
    assert connection.missing == ("redis did not start",)


def test_an_unreachable_gateway_names_the_command() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers, nobody else can take it
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(GatewayUnreachableError, match="gateway-kit up"):
            connect("sk-abcd", f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_the_repr_shows_no_key() -> None:
    assert "sk-" not in repr(resolve_connection(environ=REMOTE))


def test_idle_connections_are_dropped_before_the_gateway_drops_them() -> None:
    """LiteLLM runs uvicorn with its own limit; a request on a connection that is being closed meets a reset."""
    closes_after_s = inspect.signature(uvicorn.Config).parameters["timeout_keep_alive"].default
    assert POOL.keepalive_expiry is not None
    assert POOL.keepalive_expiry <= closes_after_s / 2


def test_patience_gives_calls_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PATIENCE", "4")
    with Gateway(resolve_connection(environ=REMOTE), timeout_s=30) as gateway:
        assert gateway.client.timeout == 120
