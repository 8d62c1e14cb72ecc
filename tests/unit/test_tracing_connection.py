"""The connection to a trace store, from its variables."""

from __future__ import annotations

import pytest

from gateway_kit.errors import SettingsError, TracingUnreachableError
from gateway_kit.tracing.client import connect_tracing
from gateway_kit.tracing.connection import resolve_tracing

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


def test_the_repr_shows_no_key() -> None:
    assert "-lf-" not in repr(resolve_tracing(REMOTE))
