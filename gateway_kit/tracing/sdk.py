"""The Langfuse SDK's client, set up so that a notebook can connect as often as it likes.

The SDK keeps one set of threads per public key for the life of the process: a second client with the same key
gets the first one's address, mask and secret, whatever it asks for; and with two keys in one process `observe`
stops recording. So a connection here is made once and shared, and the one connected last is the only one that the
SDK's `observe` and `get_client` see.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from langfuse import Langfuse
from langfuse._client.resource_manager import LangfuseResourceManager
from langfuse.types import MaskFunction
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.delivery import Delivery


@dataclass(frozen=True, eq=False)
class Recorder:
    """One SDK client with a tracer provider of its own, and where its spans go."""

    client: Langfuse
    provider: TracerProvider
    delivery: Delivery
    resources: LangfuseResourceManager

    def end(self) -> None:
        """Sends what is queued and ends the SDK's threads."""
        if not self.resources._shutdown:  # the SDK's own handler comes first at the kernel's end
            self.resources.shutdown()
        self.provider.shutdown()
        self.resources.httpx_client.close()  # the SDK leaves a client that it was given to its owner


_Key = tuple[TraceConnection, Callable[..., Any] | None, int]
_recorders: dict[_Key, Recorder] = {}
_lock = threading.Lock()


def recorder(
    connection: TraceConnection, mask: MaskFunction | None, timeout_s: int, *, activate: bool = False
) -> Recorder:
    """The recorder of a connection, made at the first call.

    `activate`: the SDK's `observe` and `get_client` write there from now on; they do so anyway where they would
    write nowhere.
    """
    key = (connection, mask, timeout_s)
    # The SDK has no public way to forget a client. Those forgotten go on where somebody holds them.
    with _lock, LangfuseResourceManager._lock:
        known = LangfuseResourceManager._instances
        before = dict(known)
        if key not in _recorders:
            known.clear()  # else the SDK hands out what it has under this key, with another address or mask
            _recorders[key] = _make(connection, mask, timeout_s)
        found = _recorders[key]
        known.clear()
        known.update(before if before and not activate else {connection.public_key: found.resources})
        return found


def end(connection: TraceConnection, mask: MaskFunction | None, timeout_s: int) -> None:
    """Ends a connection's recorder, if there is one; `observe` goes back to the one that was made before it."""
    with _lock, LangfuseResourceManager._lock:
        found = _recorders.pop((connection, mask, timeout_s), None)
        if found is None:
            return
        known = LangfuseResourceManager._instances
        if known.get(connection.public_key) is found.resources:
            del known[connection.public_key]
            if not known and _recorders:
                other, left = list(_recorders.items())[-1]
                known[other[0].public_key] = left.resources
    found.end()


def _make(connection: TraceConnection, mask: MaskFunction | None, timeout_s: int) -> Recorder:
    # A provider of its own, which is not OpenTelemetry's global one: no other library's spans come along.
    attributes = {"service.name": "gateway-kit"}
    if environment := os.environ.get("LANGFUSE_TRACING_ENVIRONMENT"):
        attributes["langfuse.environment"] = environment
    provider = TracerProvider(resource=Resource.create(attributes), sampler=ALWAYS_ON, shutdown_on_exit=False)
    delivery = Delivery(connection, timeout_s)
    client = Langfuse(
        public_key=connection.public_key,
        secret_key=connection.secret_key,
        base_url=connection.url,
        timeout=timeout_s,
        httpx_client=http_client(connection, timeout_s),
        sample_rate=1.0,
        mask=mask,
        tracer_provider=provider,
        span_exporter=delivery,
    )
    resources = client._resources
    if resources is None:
        raise TypeError("the Langfuse SDK made a client without resources")
    return Recorder(client, provider, delivery, resources)


def http_client(connection: TraceConnection, timeout_s: float) -> httpx.Client:
    """A connection pool to the trace store; without TLS there are no certificates to load."""
    return httpx.Client(
        timeout=timeout_s, trust_env=not connection.loopback, verify=connection.url.startswith("https:")
    )


@atexit.register
def _end_all() -> None:
    """At the kernel's end, what is still queued is sent."""
    with _lock:
        left = list(_recorders.values())
        _recorders.clear()
    for found in left:
        found.end()
