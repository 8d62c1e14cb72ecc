"""The Langfuse SDK's client, set up so that a notebook can connect as often as it likes. Internal.

The SDK keeps one set of threads per public key for the life of the process: a second client with the same key gets the
address and the secret of the first. With two keys in one process, `observe` stops recording. So a client is made once
per connection and shared, and `observe` and `get_client` see only the one that was activated last.

The SDK has no public way to forget a client. This is the only module that uses its private parts, which are
`LangfuseResourceManager` with its `_instances` and `_lock`, and `Langfuse._resources`. `pyproject.toml` pins the SDK
exactly for their sake; `tests/unit/test_langfuse_sdk.py` checks both.
"""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from langfuse import Langfuse
from langfuse._client.resource_manager import LangfuseResourceManager
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from gateway_kit.common.certificates import certificates_for
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.delivery import Delivery

if TYPE_CHECKING:
    from langfuse.types import MaskFunction


@dataclass(frozen=True, eq=False)
class Recorder:
    """One SDK client with a tracer provider of its own, and where its spans go."""

    client: Langfuse
    provider: TracerProvider
    delivery: Delivery
    http: httpx.Client

    def end(self) -> None:
        """Send what is queued and end the SDK's threads."""
        self.client.shutdown()
        self.provider.shutdown()
        self.http.close()  # the SDK does not close a client that it was given


_Key = tuple[TraceConnection, int]
_recorders: dict[_Key, Recorder] = {}
# Kept apart from the recorders: a mask must outlive the end of a recorder.
_masks: dict[TraceConnection, MaskFunction] = {}
_lock = threading.Lock()


def recorder(connection: TraceConnection, timeout_s: int, *, activate: bool = False) -> Recorder:
    """The recorder of a connection, made by the first call.

    With `activate`, the SDK's `observe` and `get_client` record there from now on. Without, they do so only if there is
    no other recorder.
    """
    key = (connection, timeout_s)
    # A client that the SDK has forgotten still works for code that holds it.
    with _lock, LangfuseResourceManager._lock:
        known = LangfuseResourceManager._instances
        before = dict(known)
        if key not in _recorders:
            known.clear()  # else the SDK returns what it has under this key, with another address
            _recorders[key] = _make(connection, timeout_s)
        made = _recorders[key]
        known.clear()
        known.update(before if before and not activate else {connection.public_key: _resources(made)})
        return made


def end(connection: TraceConnection, timeout_s: int) -> None:
    """End a connection's recorder, if there is one; `observe` goes back to the one made before it."""
    with _lock, LangfuseResourceManager._lock:
        ended = _recorders.pop((connection, timeout_s), None)
        if ended is None:
            return
        known = LangfuseResourceManager._instances
        if known.get(connection.public_key) is _resources(ended):
            del known[connection.public_key]
            if not known and _recorders:
                (other, _), last = list(_recorders.items())[-1]
                known[other.public_key] = _resources(last)
    ended.end()


def mask_of(connection: TraceConnection) -> MaskFunction | None:
    """The mask of what this process records over a connection."""
    return _masks.get(connection)


def set_mask(connection: TraceConnection, mask: MaskFunction | None) -> None:
    """Mask everything that is recorded over a connection from now on; None ends it."""
    if mask is None:
        _masks.pop(connection, None)
    else:
        _masks[connection] = mask


def _make(connection: TraceConnection, timeout_s: int) -> Recorder:
    def masked(*, data: Any, **more: Any) -> Any:
        mask = _masks.get(connection)
        return data if mask is None else mask(data=data, **more)

    # A provider of its own, and not OpenTelemetry's global one, keeps the spans of other libraries out.
    attributes = {"service.name": "gateway-kit"}
    if environment := os.environ.get("LANGFUSE_TRACING_ENVIRONMENT"):
        attributes["langfuse.environment"] = environment
    provider = TracerProvider(resource=Resource.create(attributes), sampler=ALWAYS_ON, shutdown_on_exit=False)
    delivery = Delivery(connection, timeout_s)
    http = http_client(connection, timeout_s)
    client = Langfuse(
        public_key=connection.public_key,
        secret_key=connection.secret_key,
        base_url=connection.url,
        timeout=timeout_s,
        httpx_client=http,
        sample_rate=1.0,
        mask=masked,
        tracer_provider=provider,
        span_exporter=delivery,
    )
    return Recorder(client, provider, delivery, http)


def _resources(made: Recorder) -> LangfuseResourceManager:
    resources = made.client._resources
    if resources is None:
        raise TypeError("the Langfuse SDK made a client without resources")
    return resources


def http_client(connection: TraceConnection, timeout_s: float) -> httpx.Client:
    """A connection pool to the trace store."""
    return httpx.Client(
        timeout=timeout_s, trust_env=not connection.loopback, verify=certificates_for(connection.url)
    )


@atexit.register
def _end_all() -> None:
    """When the kernel ends, send what is still queued."""
    with _lock:
        left = list(_recorders.values())
        _recorders.clear()
    for made in left:
        made.end()
