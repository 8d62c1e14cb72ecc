"""From what the load generator saw of a rehearsed call to a row of `calls.jsonl`. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from gateway_kit.gateway.record import CALLS
from gateway_kit.gateway.sse import EventReader
from gateway_kit.litellm_api.facts import cached_tokens
from gateway_kit.load.call_rows import call_of, content_of, moment
from gateway_kit.rehearsal.causes import cause_of, refusal_in

_values = attrgetter(*CALLS.columns)


def row_of(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The row of REHEARSED_CALLS, without the columns that have no value; times are ISO 8601 texts.

    `seen["about"]` is what `requests.py` wrote of the call: `kind`, `model`, `stream`, `texts`, and in `row` what the
    log knows of it.
    """
    about = seen["about"]
    content = content_of(seen)
    call = call_of({**about, **seen}, seen["key"], content)
    row = dict(zip(CALLS.columns, _values(call), strict=True))
    row["number"] = seen["number"]
    if seen["scheduled"] is not None:
        row["scheduled"] = moment(seen["scheduled"])
    if call.error is not None:
        # The stream's own error event is in the call's error already.
        refusal = refusal_in(seen["body"] if not isinstance(content, EventReader) else "")
        row["cause"] = cause_of(call.status, call.error, refusal)
    elif (cached := _cached_tokens(content)) is not None:
        row["cached_tokens"] = cached
    row |= about["row"]
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _cached_tokens(content: bytes | EventReader) -> int | None:
    if isinstance(content, EventReader):
        return cached_tokens(content.usage)
    if b"cache" not in content:  # most answers: not worth reading twice
        return None
    body = json.loads(content)
    usage = body.get("usage") if isinstance(body, dict) else None
    return cached_tokens(usage) if isinstance(usage, dict) else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
