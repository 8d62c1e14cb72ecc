"""A decoded span, independent of its encoding, and the limits of an export.

An export is accepted or refused as a whole: a span without ids, a value of the wrong type or an exceeded limit raises
ExportError, and nothing of the export is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_SPANS = 50_000  # of a request
MAX_ATTRIBUTES = 10_000  # of a span, its events and links not counted
MAX_ID_CHARS = 64
MAX_NESTING = 100  # protobuf's own limit

Attributes = dict[str, Any]


@dataclass(slots=True)
class Scope:
    """What the spans of one instrumentation scope share."""

    name: str = ""
    version: str = ""
    attributes: Attributes = field(default_factory=dict)
    resource: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Span:
    """One span; times are nanoseconds since 1970, 0 if not sent."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start_ns: int
    end_ns: int
    failed: bool  # status code 2
    status_message: str
    attributes: Attributes
    events: list[tuple[str, Attributes]]
    scope: Scope


class ExportError(Exception):
    """The export is refused as a whole; `status` is the HTTP status of the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def missing_ids(what: str) -> ExportError:
    """A span cannot be identified."""
    return ExportError(
        f"Invalid OTLP trace export: {what}. Each span needs a traceId and a spanId. "
        "Nothing of this batch was stored."
    )


def too_many(what: str) -> ExportError:
    """The export exceeds a limit."""
    return ExportError(f"Too many {what} in one request. Send smaller batches. Nothing was stored.", 413)


def binary_id(sent: bytes, name: str) -> str:
    """An id as hexadecimal digits. Raises ExportError for one that is missing, zero or too long."""
    if not sent or not sent.strip(b"\x00"):
        raise missing_ids(f"a span has no {name}")
    if len(sent) * 2 > MAX_ID_CHARS:
        raise missing_ids(f"a {name} is longer than {MAX_ID_CHARS} digits")
    return sent.hex()
