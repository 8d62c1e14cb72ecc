"""Values that no request can carry raise the kit's own error, which shows no key, before anything is sent."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway_kit.errors import ProvidersError, RequestRefusedError, SettingsError, TracingError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.litellm_api.connection import Connection, resolve_connection
from gateway_kit.tracing.client import connect_tracing

LONE = "an emoji cut in half: \ud83d"
BAD_KEYS = ["schl\u00fcssel", "sk-\ud800", "sk-1\n2", "sk 1", "sk-\u200b1"]
URL = "http://127.0.0.1:9"


def nobody(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/model/delete":  # add_model tidies up after any refusal
        return httpx.Response(404)
    pytest.fail("it was sent")


@pytest.fixture
def gateway() -> Any:
    with Gateway(Connection(URL, "sk-1", "sk-master"), transport=httpx.MockTransport(nobody)) as made:
        yield made


CALLS: list[Callable[[Gateway], object]] = [
    lambda g: g.ask(LONE),
    lambda g: g.ask([{"role": "user", "content": LONE}]),
    lambda g: g.ask("hello", LONE),
    lambda g: g.ask("hello", user=LONE),
    lambda g: g.ask("hello", extra_body={"metadata": {"tags": [LONE]}}),
    lambda g: g.ask("hello", extra_headers={"X-Name": LONE}),
    lambda g: g.stream(LONE),
    lambda g: g.embed([LONE]),
    lambda g: g.models.add(LONE, {"model": "openai/x"}),
    lambda g: g.router.set(model_group_alias={LONE: "x"}),
    lambda g: g.spend.logs([LONE]),
]


@pytest.mark.parametrize("call", CALLS)
def test_the_error_for_half_a_surrogate_pair_names_its_place(
    gateway: Gateway, call: Callable[[Gateway], object]
):
    with pytest.raises(RequestRefusedError, match=r"(?i)was not sent.*d83d") as raised:
        call(gateway)
    assert "\n" not in str(raised.value)
    assert str(raised.value).isascii()


def test_one_unsendable_prompt_does_not_stop_the_others(gateway: Gateway):
    (refused,) = gateway.ask_many([LONE])
    assert isinstance(refused, RequestRefusedError)


@pytest.mark.parametrize("value", ["\u00fc", "a\nb"])
def test_an_invalid_header_is_named(value: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with (
            Gateway(Connection(url, "sk-1")) as real,
            pytest.raises(RequestRefusedError, match="was not sent"),
        ):
            real.ask("hello", extra_headers={"X-Name": value})


@pytest.mark.parametrize("key", BAD_KEYS)
def test_an_invalid_key_is_rejected_and_not_shown(gateway: Gateway, key: str):
    for make in (
        lambda: Connection(URL, key),
        lambda: Connection(URL, "sk-1", key),
        lambda: resolve_connection(key, URL, {}),
        lambda: resolve_connection(None, None, {"GATEWAY_URL": URL, "GATEWAY_API_KEY": key}),
        lambda: gateway.ask("hello", api_key=key),
        lambda: gateway.stream("hello", api_key=key),
        lambda: gateway.embed("hello", api_key=key),
    ):
        with pytest.raises(SettingsError, match="ASCII only") as raised:
            make()
        assert key not in str(raised.value)
        assert ascii(key)[1:-1] not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999999", "http://\ud800", "http://a b"])
def test_an_invalid_address_is_rejected(url: str):
    with pytest.raises(SettingsError, match="is no address"):
        resolve_connection("sk-1", url, {})


def test_keys_simulator_and_traces_raise_the_same_error(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(RequestRefusedError, match="was not sent"):
        gateway.keys.create(LONE)
    with (
        Providers(URL, transport=httpx.MockTransport(nobody)) as providers,
        pytest.raises(ProvidersError, match="was not sent"),
    ):
        providers.fault("openai", kind="slow", model=LONE)
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        given = {"LANGFUSE_HOST": URL, "LANGFUSE_PUBLIC_KEY": "pk-1", "LANGFUSE_SECRET_KEY": "sk-1"}
        for key in BAD_KEYS:
            with pytest.raises(SettingsError, match=f"{name}.*ASCII only"):
                connect_tracing({**given, name: key})


def test_reading_traces_raises_the_same_error():
    from gateway_kit.tracing.api import TraceApi
    from gateway_kit.tracing.connection import TraceConnection

    with httpx.Client() as http:
        api = TraceApi(TraceConnection(URL, "pk-1", "sk-1"), http)
        with pytest.raises(TracingError, match="was not sent"):
            api.call(lambda: api.api.trace.get(LONE))
