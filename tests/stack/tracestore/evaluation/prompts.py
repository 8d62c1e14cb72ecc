"""Prompts.

Steps that are added, what is answered otherwise than by Langfuse, and what is not answered yet.
"""

from __future__ import annotations

from datetime import datetime

from ..exports import json_export
from .steps import Step, added


def _created(name: str, **fields: object) -> Step:
    return added("POST", "v2/prompts", {"name": name, "prompt": "x", "labels": ["production"], **fields})


def _spans(minute: str, count: int, cost_usd: float = 0.0) -> Step:
    """Observations that others made in one minute of the recorded day; all costs are the first one's."""
    start_ns = int(datetime.fromisoformat(f"2026-11-29T22:{minute}:00Z").timestamp()) * 1_000_000_000
    ids = [f"{number:016x}" for number in range(1, count + 1)]
    trace_id = f"{minute}{count:030x}"
    export = json_export(trace_id, *ids, startTimeUnixNano=str(start_ns), endTimeUnixNano=str(start_ns))
    cost = {"key": "langfuse.observation.cost_details", "value": {"stringValue": f'{{"total": {cost_usd}}}'}}
    export["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [cost]
    return added("POST", "otel/v1/traces", export)


# Minute -> observations, beyond those of the recorded calls.
_OTHERS = {
    "14": 30,
    "15": 22,
    "16": 169,
    "17": 349,
    "23": 19,
    "24": 30,
    "25": 12,
    "26": 55,
    "27": 10,
    "28": 13,
    "29": 16,
}
_CHAT = [{"role": "system", "content": "@@@langfusePrompt:name=support-answer|label=production@@@"}]

# In place of calls that are not in this part of the recording: they come before the call with their number.
ADDED: dict[int, list[Step]] = {
    224: [_created("x" * 256)],
    230: [
        _created("labelled-latest", labels=["latest", "production"]),
        _created("dup-labels", labels=["production", "production"]),
    ],
    235: [_created("empty", prompt="")],
    254: [_created("composed-in-chat", type="chat", prompt=_CHAT)],
    270: [added("PATCH", "v2/prompts/support-answer/versions/1", {"newLabels": ["canary"]})],
    513: [_spans("14", 7, 0.000360649999)],
    548: [_spans(minute, count) for minute, count in _OTHERS.items()],
    # The SDK made prompts in the server's other mode too.
    627: [_created(name) for name in ("sdk4dual-text", "sdk4dual-chat", "sdk4dual-more")],
}

# Call -> status of the store's answer, and why it is another than the recorded one.
OTHERWISE: dict[str, tuple[int, str]] = {
    "240-prompts-get-folder-unencoded-slash": (404, "JSON in place of a page"),
    "236-sdk4-api-prompts-get": (404, "JSON in place of a page"),
    "279-sdk5-api-prompts-get": (404, "JSON in place of a page"),
    "279-prompts-patch-version-abc": (404, "Langfuse fails with 500"),
    "551-metrics-v2-time-by-model-no-orderBy": (200, "counts models of calls that were not recorded"),
    "623-unknown-v2-path": (404, "JSON in place of a page"),
}

# Fields in which the recorded servers differ: of a latency of zero the older recording says null.
LEFT_OPEN: dict[str, str] = {"510-observations-v2-prompt-linked": ".data[0].latency:"}

# Families (the path's first name) and single calls that the store does not answer yet; they are not made.
PENDING: tuple[str, ...] = ()
