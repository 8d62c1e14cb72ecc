"""From what the load generator saw of a call to a row of the call record. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway_kit.gateway.record import Call
from gateway_kit.gateway.sse import EventReader
from gateway_kit.gateway.transport import facts_of_ended

# The error of a call that was in progress when the run was ended, as the client writes it too.
LEFT = "left by the caller before its end"


@dataclass(frozen=True)
class Arrival:
    """When and why one call was made: a row of `LoadRun.arrivals`."""

    number: int
    prompt: str
    rank: int
    user: int | None
    scheduled: datetime | None
    sent: datetime
    late_s: float | None
    latency_from_schedule_s: float | None


def call_of(seen: Mapping[str, Any], key_label: str, content: bytes | EventReader | None = None) -> Call:
    """The call as the gateway's client would have recorded it. `content` is what `content_of` has made of it already.

    `seen` may have its `kind` (chat by default), and for embeddings the number of `texts` (1).
    """
    kind, known = seen.get("kind", "chat"), {}
    if seen["status"] is not None:
        read = content_of(seen) if content is None else content
        head = (kind, seen["status"], seen["headers"])
        known = facts_of_ended(*head, read, left=seen["error"], texts=seen.get("texts", 1))
    return Call(
        started=moment(seen["started"]),
        kind=kind,
        model=seen["model"],
        stream=seen["stream"],
        latency_s=seen["latency_s"],
        key=key_label,
        status=seen["status"],
        **{"error": seen["error"], **known},
    )


def arrival_of(seen: Mapping[str, Any], prompts: Sequence[str]) -> Arrival:
    """When and why the call was made."""
    scheduled, sent = seen["scheduled"], seen["started"]
    late_s = None if scheduled is None else sent - scheduled
    return Arrival(
        number=seen["number"],
        prompt=prompts[seen["prompt"]],
        rank=seen["prompt"] + 1,
        user=seen["user"],
        scheduled=None if scheduled is None else moment(scheduled),
        sent=moment(sent),
        late_s=late_s,
        latency_from_schedule_s=None if late_s is None else late_s + seen["latency_s"],
    )


def content_of(seen: Mapping[str, Any]) -> bytes | EventReader:
    """The answer's body; for a stream a reader that got each event at the time it arrived."""
    body: bytes = seen["body"].encode("latin-1")
    if seen["pieces"] is None:
        return body
    now_s, place = 0.0, 0
    reader = EventReader(lambda: now_s, hide_usage=False)
    for now_s, length in seen["pieces"]:  # noqa: B007 - the reader's clock
        reader.feed(body[place : place + length])
        place += length
    reader.flush()
    return reader


def moment(epoch_s: float) -> datetime:
    """A time since 1970, in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC)
