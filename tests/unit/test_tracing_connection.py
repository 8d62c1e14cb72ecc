"""The connection to a trace store, from its variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.common.local_stack import LocalStack, write_local_stack
from gateway_kit.errors import SettingsError, TracingUnreachableError
from gateway_kit.tracing.client import connect_tracing
from gateway_kit.tracing.connection import log_of, resolve_tracing, unreachable

REMOTE = {
    "LANGFUSE_HOST": "https://far.test/",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-env",
    "LANGFUSE_SECRET_KEY": "sk-lf-env",
}


def test_the_variables_become_a_connection() -> None:
    found = resolve_tracing(REMOTE)
    assert (found.url, found.public_key, found.secret_key) == ("https://far.test", "pk-lf-env", "sk-lf-env")
    assert not found.loopback


def test_the_sdks_newer_name_means_the_same() -> None:
    env = {**REMOTE, "LANGFUSE_BASE_URL": REMOTE["LANGFUSE_HOST"]}
    del env["LANGFUSE_HOST"]
    assert resolve_tracing(env).url == "https://far.test"


@pytest.mark.parametrize("name", ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"])
def test_each_key_is_needed(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        resolve_tracing({**REMOTE, name: ""})


def test_what_is_no_address() -> None:
    with pytest.raises(SettingsError, match="http://host:port"):
        resolve_tracing({**REMOTE, "LANGFUSE_HOST": "far.test:3000"})


def test_nobody_there_names_the_command() -> None:
    with pytest.raises(TracingUnreachableError, match="gateway-kit up"):
        connect_tracing({**REMOTE, "LANGFUSE_HOST": "http://127.0.0.1:9"})


def test_nobody_at_another_machine_is_not_told_to_start_the_kits_own() -> None:
    message = str(unreachable("https://far.test", "refused"))
    assert "Check LANGFUSE_HOST" in message
    assert "gateway-kit status" not in message


@pytest.mark.parametrize(
    ("own_tracing", "url", "look_at"),
    [
        (True, "http://127.0.0.1:3001", "gateway-kit logs tracing"),
        (True, "http://localhost:3001", "gateway-kit logs tracing"),
        (True, "http://127.0.0.1:3999", "the log of the Langfuse at http://127.0.0.1:3999"),
        (True, "https://far.test:3001", "the log of the Langfuse at https://far.test:3001"),
        (False, "http://127.0.0.1:3001", "the log of the Langfuse at http://127.0.0.1:3001"),
    ],
)
def test_the_kits_command_shows_only_the_log_of_its_own_trace_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_tracing: bool, url: str, look_at: str
) -> None:
    write_local_stack(
        tmp_path, LocalStack({"LANGFUSE_HOST": "http://127.0.0.1:3001"}, own_tracing=own_tracing)
    )
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path))
    monkeypatch.setenv("LANGFUSE_HOST", url)
    assert log_of(url) == look_at


def test_without_a_local_stack_no_trace_store_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path))
    assert log_of("http://127.0.0.1:3001") == "the log of the Langfuse at http://127.0.0.1:3001"


def test_the_repr_shows_no_key() -> None:
    assert "-lf-" not in repr(resolve_tracing(REMOTE))
