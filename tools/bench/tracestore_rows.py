"""The spans that the trace store's benchmark sends, and the million observations that it reads."""

from __future__ import annotations

import json
import random
import secrets
import time
from datetime import UTC, datetime, timedelta

import psycopg
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

OBSERVATIONS = 1_000_000
DAYS = 7
MODELS = (
    "gpt-4o",
    "gpt-4o-mini",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "llama-3.3-70b",
)


def batches_of(size: int, count: int) -> list[bytes]:
    """Batches of spans with the attributes that LiteLLM's callback sends, to be realistic in number and size."""
    start_ns = time.time_ns()
    batches = []
    for first in range(0, count, size):
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = "langfuse-sdk", "4.18.0"
        for number in range(first, min(first + size, count)):
            begin = start_ns + number * 1_000_000
            span = scope_spans.spans.add(
                trace_id=secrets.token_bytes(16), span_id=secrets.token_bytes(8), name="litellm-completion",
                start_time_unix_nano=begin, end_time_unix_nano=begin + 700_000_000,
            )  # fmt: skip
            for key, value in _attributes(number).items():
                span.attributes.add(key=key).value.string_value = value
        batches.append(request.SerializeToString())
    return batches


def _attributes(number: int) -> dict[str, str]:
    usage = {
        "input": 900,
        "output": 200,
        "total": 1100,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    call = {"api_base": "http://127.0.0.1:8090", "response_cost": 1.35e-05, "additional_headers": {}}
    return {
        "langfuse.observation.type": "generation",
        "langfuse.observation.level": "DEFAULT",
        "langfuse.observation.input": json.dumps({"messages": [{"role": "user", "content": "word " * 60}]}),
        "langfuse.observation.output": json.dumps({"role": "assistant", "content": "answer " * 40}),
        "langfuse.observation.model.name": MODELS[number % len(MODELS)],
        "langfuse.observation.model.parameters": '{"temperature": 0.3}',
        "langfuse.observation.usage_details": json.dumps(usage),
        "langfuse.observation.cost_details": '{"total": 1.35e-05}',
        "langfuse.observation.completion_start_time": '"2026-11-23T07:28:40.522340+00:00"',
        "langfuse.observation.metadata.hidden_params": json.dumps(call),
        "langfuse.observation.metadata.litellm_call_id": secrets.token_hex(16),
        "langfuse.observation.metadata.cache_hit": "false",
        "langfuse.trace.name": "bench",
        "langfuse.trace.tags": '["a", "b"]',
        "user.id": f"user-{number % 50}",
        "session.id": f"session-{number % 500}",
    }


def fill(url: str) -> datetime:
    """Insert a million generations of the last seven days with COPY; returns the time at which they end.

    Three per trace, with the oldest as the root. Of 100 traces three failed and four contain an error; every second
    one has a score.
    """
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    numbers = random.Random(1)
    sent, answered = "in " * 100, "out " * 80
    step = timedelta(days=DAYS) / OBSERVATIONS
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("truncate observations, scores")
        columns = (
            "trace_id, id, parent_id, level, start_time, end_time, latency_ms, type, name, user_id, session_id, "
            "trace_name, input, output, metadata, model, input_usage, output_usage, total_usage, total_cost"
        )
        with connection.cursor().copy(f"copy observations ({columns}) from stdin") as copy:
            for number in range(OBSERVATIONS):
                start = now - step * number
                latency_ms = int(numbers.lognormvariate(6.5, 0.8))
                trace, place = divmod(number, 3)
                is_root = place == 2
                is_error = (trace % 100 < 3 and is_root) or (trace % 100 < 7 and place == 0)
                copy.write_row((
                    f"{trace:032x}", f"{number:016x}", None if is_root else f"{trace * 3 + 2:016x}",
                    "ERROR" if is_error else "DEFAULT", start.isoformat(),
                    (start + timedelta(milliseconds=latency_ms)).isoformat(), latency_ms, "GENERATION", "call",
                    f"user-{trace % 200}", f"session-{trace % 5000}", "bench", sent, answered,
                    '{"scope.name": "langfuse-sdk", "cache_hit": false}', MODELS[number % len(MODELS)],
                    900, 200, 1100, latency_ms * 1e-7,
                ))  # fmt: skip
        columns = 'id, trace_id, name, data_type, value, "timestamp"'
        with connection.cursor().copy(f"copy scores ({columns}) from stdin") as copy:
            for trace in range(0, OBSERVATIONS // 3, 2):
                moment = now - step * trace * 3
                copy.write_row((
                    f"score-{trace}", f"{trace:032x}", "helpful", "NUMERIC", numbers.random(), moment.isoformat()
                ))  # fmt: skip
        connection.execute("vacuum analyze observations, scores")
    return now
