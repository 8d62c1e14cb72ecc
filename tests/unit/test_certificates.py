"""Plain HTTP needs no certificates, and loading them takes longer than a request: such clients load none."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import httpx
import pytest

from gateway_kit.common.certificates import certificates_for
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.simulator import SimulatorApi
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.management import ManagementApi
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.langfuse_sdk import http_client

HTTP, HTTPS = "http://127.0.0.1:1", "https://gateway.example.com"


def test_https_is_verified_as_usual_and_plain_http_trusts_nobody():
    assert certificates_for(HTTPS) is True
    assert certificates_for(HTTPS.upper()) is True
    context = certificates_for(HTTP)
    assert isinstance(context, ssl.SSLContext)
    assert context.cert_store_stats()["x509"] == 0
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def transport_of_a_gateway(url: str) -> httpx.BaseTransport:
    return Gateway(Connection(url, "sk-test"))._transport


CLIENTS: dict[str, Callable[[str], httpx.BaseTransport]] = {
    "gateway": transport_of_a_gateway,
    "management": lambda url: ManagementApi(Connection(url, "sk-test"), timeout_s=1)._http._transport,
    "simulator": lambda url: SimulatorApi(url, None, timeout_s=1)._http._transport,
    "trace store": lambda url: http_client(TraceConnection(url, "pk", "sk"), timeout_s=1)._transport,
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_loads_certificates_for_https_alone(name: str):
    for url, loads in ((HTTP, False), (HTTPS, True)):
        transport = CLIENTS[name](url)
        assert isinstance(transport, httpx.HTTPTransport)
        context = transport._pool._ssl_context
        assert context is not None
        assert bool(context.cert_store_stats()["x509"]) is loads
        assert context.verify_mode is ssl.CERT_REQUIRED
        transport.close()
