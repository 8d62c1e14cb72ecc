"""Traces for the pages' tests, sent through the public API."""

from __future__ import annotations

import json
import random
import secrets
import time
from typing import Any

import httpx

HOSTILE = (
    '<script>document.title = "run"</script><img src=x onerror="document.title=\'run\'">'
    "\"' onmouseover=x javascript:alert(1) \u202e right to left \u200b \u2066 {{ 7 * 7 }} %s"
)


def attribute(key: str, value: Any) -> dict[str, Any]:
    """An attribute of OTLP's JSON."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return {"key": key, "value": {"arrayValue": {"values": [{"stringValue": one} for one in value]}}}
    if isinstance(value, bool):
        return {"key": key, "value": {"boolValue": value}}
    return {"key": key, "value": {"stringValue": value if isinstance(value, str) else json.dumps(value)}}


def span(
    name: str,
    trace_id: str,
    *,
    start_s: float,
    duration_s: float = 0.5,
    parent: str = "",
    kind: str = "span",
    ttft_s: float | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A span; `fields` are attributes, `__` for a dot and without Langfuse's prefix unless they have another."""
    start_ns = int(start_s * 1e9)
    attributes = {"langfuse.observation.type": kind}
    for key, value in fields.items():
        dotted = key.replace("__", ".")
        attributes[dotted if dotted in ("user.id", "session.id") else f"langfuse.{dotted}"] = value
    if ttft_s is not None:
        first = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(start_s + ttft_s)))
        attributes["langfuse.observation.completion_start_time"] = (
            f"{first}.{int((start_s + ttft_s) % 1 * 1e6):06}Z"
        )
    return {
        "traceId": trace_id,
        "spanId": secrets.token_hex(8),
        "name": name,
        **({"parentSpanId": parent} if parent else {}),
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + int(duration_s * 1e9)),
        "attributes": [attribute(key, value) for key, value in attributes.items()],
    }


def send(http: httpx.Client, spans: list[dict[str, Any]]) -> None:
    """Post the spans; they are stored when this returns."""
    for first in range(0, len(spans), 500):
        batch = [{"scope": {"name": "langfuse-sdk"}, "spans": spans[first : first + 500]}]
        answer = http.post("/api/public/otel/v1/traces", json={"resourceSpans": [{"scopeSpans": batch}]})
        assert answer.status_code == 200, answer.text


def score(http: httpx.Client, trace_id: str, name: str, *values: float | str, **fields: Any) -> None:
    """Give the trace a score for each of the values."""
    for value in values:
        sent = {"traceId": trace_id, "name": name, "value": value, **fields}
        answer = http.post("/api/public/scores", json=sent)
        assert answer.status_code == 200, answer.text


def assistant_trace(start_s: float, *, question: str = "What does a gateway do?") -> list[dict[str, Any]]:
    """An application's trace: retrieval, a tool that fails, a streamed generation, an answer."""
    trace_id = secrets.token_hex(16)
    shared: dict[str, Any] = {
        "user__id": "alice", "session__id": "support-42", "trace__tags": ["lesson", "rag"],
        "trace__name": "assistant", "environment": "default",
    }  # fmt: skip
    root = span("assistant", trace_id, start_s=start_s, duration_s=2.4, kind="agent",
                observation__input={"question": question},
                observation__output="It routes and counts.", **shared)  # fmt: skip
    search = span("retrieve", trace_id, start_s=start_s + 0.05, duration_s=0.4, parent=root["spanId"],
                  kind="retriever", observation__input={"query": question},
                  observation__output=[{"document": 1, "score": 0.83}], **shared)  # fmt: skip
    embedding = span("embed the question", trace_id, start_s=start_s + 0.08, duration_s=0.12,
                     parent=search["spanId"], kind="embedding", observation__model__name="text-embedding-3-small",
                     observation__usage_details={"input": 9, "total": 9}, **shared)  # fmt: skip
    tool = span("look up the price", trace_id, start_s=start_s + 0.5, duration_s=0.2, parent=root["spanId"],
                kind="tool", observation__level="ERROR", observation__status_message="price list: no such model",
                observation__input={"model": "gpt-9"}, **shared)  # fmt: skip
    messages = [
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "function": {"name": "price", "arguments": '{"model": "gpt-9"}'}}]},
        {"role": "tool", "content": "no such model"},
    ]  # fmt: skip
    answer = span("chat", trace_id, start_s=start_s + 0.75, duration_s=1.55, ttft_s=0.35, parent=root["spanId"],
                  kind="generation", observation__model__name="gpt-4o-mini", observation__input={"messages": messages},
                  observation__output={"role": "assistant", "content": "It routes, caches, limits and counts."},
                  observation__model__parameters={"temperature": 0.2, "max_tokens": 200},
                  observation__usage_details={"input": 812, "output": 64, "total": 876},
                  observation__cost_details={"input": 0.0001218, "output": 0.0000384, "total": 0.0001602},
                  **shared)  # fmt: skip
    return [root, search, embedding, tool, answer]


def gateway_call(
    start_s: float, *, model: str = "gpt-4o-mini", duration_s: float = 0.8, name: str = "litellm-acompletion",
    question: str = "hello", answer: str = "hi there", user: str = "bob", session: str = "", tags: tuple[str, ...] = (),
    failed: bool = False, cached: bool = False, cost_usd: float = 0.0001,
) -> dict[str, Any]:  # fmt: skip
    """One request as LiteLLM's callback sends it."""
    fields: dict[str, Any] = {
        "user__id": user, "trace__name": name, "trace__tags": [*tags, f"cache_hit:{cached}"],
        "observation__model__name": model, "observation__metadata__cache_hit": cached,
        "observation__input": {"messages": [{"role": "user", "content": question}]},
    }  # fmt: skip
    if session:
        fields["session__id"] = session
    if failed:
        fields |= {
            "observation__level": "ERROR",
            "observation__status_message": "litellm.RateLimitError: 429",
        }
    else:
        fields |= {
            "observation__output": {"role": "assistant", "content": answer},
            "observation__usage_details": {"input": 120, "output": 80, "total": 200},
            "observation__cost_details": {"total": 0 if cached else cost_usd},
        }
    return span(
        name, secrets.token_hex(16), start_s=start_s, duration_s=duration_s, kind="generation", **fields
    )


def busy_day(now_s: float, count: int = 400, seed: int = 7) -> list[dict[str, Any]]:
    """A day of calls to several models, with failures, cache hits, users and sessions."""
    chance = random.Random(seed)
    models = (
        ("gpt-4o-mini", 0.9, 0.00012, 6), ("claude-haiku-4-5", 1.4, 0.0011, 4),
        ("gemini-3.1-flash-lite", 0.6, 0.00009, 3),
        ("us.amazon.nova-micro-v1:0", 0.5, 0.00004, 2), ("phi3", 2.2, 0.00002, 1),
    )  # fmt: skip
    spans = []
    for number in range(count):
        model, typical_s, cost_usd, _ = chance.choices(models, [model[3] for model in models])[0]
        cached, failed = chance.random() < 0.12, chance.random() < 0.04
        duration_s = 0.02 + chance.random() / 50 if cached else typical_s * chance.lognormvariate(0, 0.45)
        start_s = now_s - 86400 * chance.triangular(0.001, 0.99, 0.35)
        spans.append(gateway_call(
            start_s, model=model, duration_s=duration_s, failed=failed, cached=cached and not failed,
            cost_usd=cost_usd * chance.uniform(0.5, 2), user=chance.choice(("alice", "bob", "chen", "dora")),
            session=f"lesson-{number % 9}" if number % 3 else "", tags=(("lesson",), ("load-test",), ())[number % 3],
            question=f"Question {number}: what is a fallback?", answer="Another deployment that answers instead.",
        ))  # fmt: skip
    return spans
