"""A span as it was sent, whatever its encoding, and the limits of a batch.

A batch is read whole or refused whole: a span without ids, a value of the wrong type or a limit that is passed
raises `Refusal`, and nothing of the batch is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway_kit.stack.servers.tracestore.api.errors import Refusal

MAX_SPANS = 50_000  # of a request
MAX_ATTRIBUTES = 10_000  # of a span, its events and links not counted
MAX_ID_CHARS = 64
MAX_UNIX_NS = 2**64 - 1  # OTLP's fixed64: the year 2554
MAX_NESTING = 100  # as protobuf's own limit

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
    """One span; times are nanoseconds since 1970, 0 where they are not sent."""

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


def without_nul(text: str) -> str:
    """The text with U+FFFD for each NUL, which PostgreSQL does not store."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def missing_ids(what: str) -> Refusal:
    """The refusal of a batch in which a span cannot be identified."""
    return Refusal(
        400,
        {
            "error": f"Invalid OTLP trace export: {what}. Each span needs a traceId and a spanId. "
            "Nothing of this batch was stored."
        },
    )


def too_many(what: str) -> Refusal:
    """The refusal of a batch that passes a limit."""
    return Refusal(
        413, {"error": f"Too many {what} in one request. Send smaller batches. Nothing was stored."}
    )


def binary_id(sent: bytes, name: str) -> str:
    """An id as hexadecimal digits. Raises Refusal for one that is missing, zero or too long."""
    if not sent or not sent.strip(b"\x00"):
        raise missing_ids(f"a span has no {name}")
    if len(sent) * 2 > MAX_ID_CHARS:
        raise missing_ids(f"a {name} is longer than {MAX_ID_CHARS} digits")
    return sent.hex()
