"""Cursors: the place where the next page starts, as base64 of JSON."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.answers import time_text
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


class ObservationCursor(NamedTuple):
    """The last observation of the previous page; its time to the millisecond."""

    start_time: datetime
    trace_id: str
    id: str

    def encoded(self) -> str:
        """The text that clients send back."""
        parts = (time_text(self.start_time), self.trace_id, self.id)
        return base64.b64encode(orjson.dumps(dict(zip(_OBSERVATION_KEYS, parts, strict=True)))).decode()


class ScoreCursor(NamedTuple):
    """The last score of the previous page; its time to the millisecond."""

    timestamp: datetime
    id: str

    def encoded(self) -> str:
        """The text that clients send back, safe in a URL and without padding."""
        body = orjson.dumps({"v": 1, "lastTimestamp": time_text(self.timestamp), "lastId": self.id})
        return base64.urlsafe_b64encode(body).decode().rstrip("=")


class ExperimentCursor(NamedTuple):
    """The last span of the previous page of experiments or of their items; its time to the millisecond."""

    start_time: datetime
    trace_id: str
    id: str
    experiment_id: str

    def encoded(self) -> str:
        """The text that clients send back, safe in a URL and without padding."""
        time = f"{self.start_time.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
        parts = {"v": 1, **dict(zip(_EXPERIMENT_KEYS, (time, *self[1:]), strict=True))}
        return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


_EXPERIMENT_KEYS = ("lastTime", "lastTraceId", "lastId", "lastExperimentId")
_OBSERVATION_KEYS = ("lastStartTimeTo", "lastTraceId", "lastId")


def observation_cursor(parameters: Parameters) -> ObservationCursor | None:
    """The parameter `cursor`; adds issues. Raises Refusal 400 if it is not JSON."""
    fields = _decoded(parameters)
    if fields is None:
        return None
    wrong = parameters.issues
    time = checks.date(fields.get("lastStartTimeTo"), ["cursor", "lastStartTimeTo"], wrong)
    trace_id = checks.text(fields.get("lastTraceId", ...), ["cursor", "lastTraceId"], wrong)
    row_id = checks.text(fields.get("lastId", ...), ["cursor", "lastId"], wrong)
    if time is None or trace_id is None or row_id is None:
        return None
    return ObservationCursor(time, trace_id, row_id)


def score_cursor(parameters: Parameters) -> ScoreCursor | None:
    """The parameter `cursor`; adds issues. Raises Refusal 400 if it is not JSON."""
    fields = _decoded(parameters)
    if fields is None:
        return None
    if fields.get("v") != 1:
        parameters.issues.append(issues.no_such_type(["cursor", "v"], "v"))
        return None
    wrong = parameters.issues
    time = checks.date(fields.get("lastTimestamp"), ["cursor", "lastTimestamp"], wrong)
    row_id = checks.text(fields.get("lastId", ...), ["cursor", "lastId"], wrong)
    return None if time is None or row_id is None else ScoreCursor(time, row_id)


def experiment_cursor(parameters: Parameters) -> ExperimentCursor | None:
    """The parameter `cursor`; adds issues. Raises Refusal 400 if it is not JSON, or its time is none."""
    fields = _decoded(parameters)
    if fields is None:
        return None
    if fields.get("v") != 1:
        parameters.issues.append(issues.no_such_type(["cursor", "v"], "v"))
        return None
    texts = [
        checks.text(fields.get(name, ...), ["cursor", name], parameters.issues) for name in _EXPERIMENT_KEYS
    ]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    sent, *names = known
    time = checks.any_date(sent)
    if time is None:
        raise invalid_request("Invalid cursor format")
    return ExperimentCursor(time, *names)


def _decoded(parameters: Parameters) -> dict[str, Any] | None:
    text = parameters.text("cursor")
    if text is None:
        return None
    # As lenient as Node's decoder, which accepts both alphabets and skips any other character.
    letters = _NOT_BASE64.sub("", text.replace("-", "+").replace("_", "/"))
    letters = letters[: -1 if len(letters) % 4 == 1 else None]
    try:
        fields = orjson.loads(base64.b64decode(letters + "=" * (-len(letters) % 4)))
    except ValueError:
        raise invalid_request("Invalid cursor format") from None
    return checks.fields(fields, ["cursor"], parameters.issues)
