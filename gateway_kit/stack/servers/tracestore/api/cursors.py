"""Cursors: where the next page goes on, as base64 of JSON."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from gateway_kit.stack.servers.tracestore.api import issues
from gateway_kit.stack.servers.tracestore.api.answers import time_text
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters, any_date

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


class ObservationCursor(NamedTuple):
    """The last observation of the page before; its time to the millisecond."""

    start_time: datetime
    trace_id: str
    id: str

    def encoded(self) -> str:
        """As clients send it back."""
        parts = (time_text(self.start_time), self.trace_id, self.id)
        return base64.b64encode(_json(dict(zip(_OBSERVATION_KEYS, parts, strict=True)))).decode()


class ScoreCursor(NamedTuple):
    """The last score of the page before; its time to the millisecond."""

    timestamp: datetime
    id: str

    def encoded(self) -> str:
        """As clients send it back: safe in a URL, without padding."""
        body = _json({"v": 1, "lastTimestamp": time_text(self.timestamp), "lastId": self.id})
        return base64.urlsafe_b64encode(body).decode().rstrip("=")


_OBSERVATION_KEYS = ("lastStartTimeTo", "lastTraceId", "lastId")


def observation_cursor(parameters: Parameters) -> ObservationCursor | None:
    """The parameter `cursor`; what is wrong goes to the issues. Raises Refusal 400 where it is no JSON."""
    fields = _decoded(parameters)
    if fields is None:
        return None
    time = _date(parameters, fields, "lastStartTimeTo")
    trace_id, row_id = _text(parameters, fields, "lastTraceId"), _text(parameters, fields, "lastId")
    return ObservationCursor(time, trace_id, row_id) if time is not None else None


def score_cursor(parameters: Parameters) -> ScoreCursor | None:
    """The parameter `cursor`; what is wrong goes to the issues. Raises Refusal 400 where it is no JSON."""
    fields = _decoded(parameters)
    if fields is None:
        return None
    if fields.get("v") != 1:
        issue = issues.no_such_type(["cursor", "v"]) | {"discriminator": "v"}
        parameters.issues.append(issue)
        return None
    time = _date(parameters, fields, "lastTimestamp")
    row_id = _text(parameters, fields, "lastId")
    return ScoreCursor(time, row_id) if time is not None else None


def _json(value: Any) -> bytes:
    return orjson.dumps(value)


def _decoded(parameters: Parameters) -> dict[str, Any] | None:
    text = parameters.text("cursor")
    if text is None:
        return None
    # As lenient as Node's decoder, which takes both alphabets and skips what is in neither.
    letters = _NOT_BASE64.sub("", text.replace("-", "+").replace("_", "/"))
    letters = letters[: -1 if len(letters) % 4 == 1 else None]
    try:
        fields = orjson.loads(base64.b64decode(letters + "=" * (-len(letters) % 4)))
    except ValueError:
        raise invalid_request("Invalid cursor format") from None
    if not isinstance(fields, dict):
        parameters.issues.append(issues.wrong_type(["cursor"], "object", fields))
        return None
    return fields


def _date(parameters: Parameters, fields: dict[str, Any], name: str) -> datetime | None:
    time = any_date(fields.get(name))
    if time is None:
        parameters.issues.append(issues.not_a_date(["cursor", name]))
    return time


def _text(parameters: Parameters, fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, ...)
    if isinstance(value, str):
        return value
    parameters.issues.append(issues.wrong_type(["cursor", name], "string", value))
    return ""
