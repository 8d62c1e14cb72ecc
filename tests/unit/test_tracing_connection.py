"""Which trace store and which keys: the environment, then the local stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import KitError, SettingsError, TracingUnreachableError
from gateway_kit.tracing import connect_tracing
from gateway_kit.tracing.connection import resolve_tracing

REMOTE = {
    "LANGFUSE_HOST": "https://far.test/",
    "LANGFUSE_PUBLIC_KEY": "pk-lf-env",
    "LANGFUSE_SECRET_KEY": "sk-lf-env",
}


def test_the_environment_is_first() -> None:
    found = resolve_tracing(REMOTE)
    assert (found.url, found.public_key, found.secret_key) == ("https://far.test", "pk-lf-env", "sk-lf-env")
    assert not found.loopback


def test_the_sdks_newer_name_means_the_same() -> None:
    env = {**REMOTE, "LANGFUSE_BASE_URL": REMOTE["LANGFUSE_HOST"]}
    del env["LANGFUSE_HOST"]
    assert resolve_tracing(env).url == "https://far.test"


def test_an_address_without_keys_gets_no_local_keys(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LANGFUSE_PUBLIC_KEY=pk-lf-kept\nLANGFUSE_SECRET_KEY=sk-lf-kept\n")
    with pytest.raises(SettingsError, match="LANGFUSE_PUBLIC_KEY"):
        resolve_tracing({"LANGFUSE_HOST": "https://far.test", "GATEWAY_HOME": str(tmp_path)})


def test_a_stack_that_was_never_started_says_how(tmp_path: Path) -> None:
    with pytest.raises(KitError, match="gateway-kit up"):
        resolve_tracing({"GATEWAY_HOME": str(tmp_path)})


def test_what_is_no_address() -> None:
    with pytest.raises(SettingsError, match="http://host:port"):
        resolve_tracing({**REMOTE, "LANGFUSE_HOST": "far.test:3000"})


def test_nobody_there_names_the_command() -> None:
    with pytest.raises(TracingUnreachableError, match="gateway-kit up"):
        connect_tracing({**REMOTE, "LANGFUSE_HOST": "http://127.0.0.1:9"})


def test_no_key_shows() -> None:
    assert "-lf-" not in repr(resolve_tracing(REMOTE))
