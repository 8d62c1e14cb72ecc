"""One span, as the trace store keeps it."""

from __future__ import annotations

import json
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable
from gateway_kit.stack.servers.tracestore.ingest.span import Scope, Span
from gateway_kit.stack.servers.tracestore.ingest.span_to_row import rows_of_spans
from gateway_kit.stack.servers.tracestore.store.rows import ObservationRow

PRICES = PriceTable.from_map(
    {
        "gpt-4o-mini": {
            "input_cost_per_token": 1.5e-07,
            "output_cost_per_token": 6e-07,
            "cache_read_input_token_cost": 7.5e-08,
        },
        "claude-3-5-haiku": {
            "input_cost_per_token": 8e-07,
            "output_cost_per_token": 4e-06,
            "cache_creation_input_token_cost": 1e-06,
        },
        "free-image": {"output_cost_per_image": 0.1},
    }
)
NOW_NS = 1_800_000_000_000_000_000
START_NS = 1_795_420_321_808_090_621

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Which tram goes to the zoo?"}]}]
ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "Line 9."}], "finish_reason": "stop"}]
SYSTEM = [{"type": "text", "content": "Answer briefly."}, {"type": "text", "content": "Name the line."}]


def row(
    attributes: dict[str, Any], *, scope: Scope | str | None = None, events: Any = (), **fields: Any
) -> ObservationRow:
    """The row of a span with these attributes; `scope` may be the name alone."""
    span = Span(
        trace_id="ab" * 16,
        span_id="cd" * 8,
        parent_id=None,
        name=fields.pop("name", "a span"),
        start_ns=fields.pop("start_ns", START_NS),
        end_ns=fields.pop("end_ns", START_NS + 120_000_000),
        failed=fields.pop("failed", False),
        status_message=fields.pop("status_message", ""),
        attributes=attributes,
        events=list(events),
        scope=Scope(scope) if isinstance(scope, str) else scope or Scope(),
    )
    assert not fields
    (made,) = rows_of_spans([span], PRICES, NOW_NS)
    return made


def usage(attributes: dict[str, Any], scope: str = "") -> dict[str, int]:
    """Its tokens by kind."""
    return dict(json.loads(row(attributes, scope=scope).usage_details))


def messages(attributes: dict[str, Any], scope: str = "", events: Any = ()) -> tuple[Any, Any]:
    """Its input and output, as JSON values if they are JSON."""
    made = row(attributes, scope=scope, events=events)
    return _read(made.input), _read(made.output)


def metadata(attributes: dict[str, Any], scope: str = "any") -> dict[str, Any]:
    """Its metadata."""
    return dict(json.loads(row(attributes, scope=scope).metadata))


def _read(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
