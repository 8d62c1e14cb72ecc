"""Sends spans, and counts those that could not be delivered, so that `flush` can report them. Internal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import requests
from langfuse import __version__ as sdk_version
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from gateway_kit.tracing.connection import TraceConnection

_log = logging.getLogger("gateway_kit.tracing")


class Delivery(SpanExporter):
    """The SDK's OTLP exporter, with the same headers, for one project.

    The exporter logs a line per attempt and returns only success or failure. Here the lines are kept as the reason, and
    one warning is logged when delivery begins to fail.
    """

    def __init__(self, connection: TraceConnection, timeout_s: int) -> None:
        session = requests.Session()
        session.trust_env = not connection.loopback
        session.auth = (connection.public_key, connection.secret_key)
        self._url = connection.url
        self._exporter = OTLPSpanExporter(
            endpoint=f"{connection.url}/api/public/otel/v1/traces",
            headers={
                "x-langfuse-sdk-name": "python",
                "x-langfuse-sdk-version": sdk_version,
                "x-langfuse-public-key": connection.public_key,
            },
            timeout=timeout_s,
            session=session,
        )
        self._lock = threading.Lock()
        self._lost = 0
        self._reason = ""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends one batch; called by the SDK's own thread."""
        with _quiet() as lines:
            result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            with self._lock:
                first = not self._lost
                self._lost += len(spans)
                # The first line has the cause; later ones are about further attempts.
                self._reason = lines[0][:300].rstrip(".") if lines else "no reason given"
            if first:
                _log.warning("Spans cannot be delivered to %s: %s", self._url, self._reason)
        return result

    def take_losses(self) -> tuple[int, str]:
        """How many spans were lost since the last call, and why the last one was."""
        with self._lock:
            lost, self._lost = self._lost, 0
            return lost, self._reason

    def shutdown(self) -> None:
        """Closes the connection."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # OpenTelemetry's signature has none

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: the SDK's processor has the queue."""
        return self._exporter.force_flush(timeout_millis)


class _Lines(threading.local):
    """The lines of this thread's export; None if this thread is not exporting."""

    kept: list[str] | None = None


class _Keeper(logging.Filter):
    """Keeps the lines of this module's exports out of the log, and no others."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _lines.kept is None:
            return True
        _lines.kept.append(record.getMessage())
        return False


_lines = _Lines()
_keeper = _Keeper()


class _quiet:  # noqa: N801 - used as a function
    def __enter__(self) -> list[str]:
        # Added each time: `addFilter` ignores a filter that is already there.
        logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter").addFilter(_keeper)
        _lines.kept = []
        return _lines.kept

    def __exit__(self, *_: object) -> None:
        _lines.kept = None
