"""From logged calls to the requests of a rehearsal: the lines of `requests.jsonl`.

A line is what the load generator's replay reads (`stack/servers/load_generator/replay.py`). Its `about` comes back with
the result: the call's `kind`, `model`, `stream`, number of `texts`, and in `row` what the log knows of it, by the
columns of REHEARSED_CALLS.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway_kit.rehearsal.call import PATHS, LoggedCall
from gateway_kit.rehearsal.clean_body import clean_body
from gateway_kit.rehearsal.made_up import MadeUpTexts
from gateway_kit.rehearsal.run_folder import PLAN_HEADER, REQUESTS

_TEXT_FIELDS = {"chat": "messages", "completions": "prompt", "embeddings": "input", "responses": "input"}
_LOGGED = {
    "logged_model": "provider_model",
    "logged_status": "status",
    "logged_prompt_tokens": "prompt_tokens",
    "logged_completion_tokens": "completion_tokens",
    "logged_latency_s": "latency_s",
    "logged_ttft_s": "ttft_s",
    "logged_cost_usd": "cost_usd",
    "logged_cache_hit": "cache_hit",
}


@dataclass
class Requests:
    """What was written.

    total     calls
    span_s    seconds from the first call to the last one; 0 without times
    keys      calls by the label of their key
    made_up   calls whose texts were made up, since the log has none
    removed   what no gateway takes, or would lead outside, by its name: calls that had it
    """

    total: int = 0
    span_s: float = 0.0
    made_up: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)

    def notes(self) -> list[str]:
        """Sentences for the report: what differs from what was logged."""
        told = []
        if self.made_up:
            told.append(
                f"The log has no text for {self.made_up} of {self.total} calls: theirs were made up, of the logged "
                "length. A cache answers them only where the log's cache did, and guardrails find nothing in them"
            )
        if self.removed:
            listed = ", ".join(f"{name} ({calls} calls)" for name, calls in self.removed.most_common())
            told.append(
                f"Left out of the requests, since it is the log's gateway's or leads outside: {listed}"
            )
        return told


def write_requests(
    calls: Iterable[LoggedCall],
    folder: Path,
    *,
    speed: float | None,
    seed: int,
    key_of: Callable[[LoggedCall], str],
    teams: Mapping[str, str] | None = None,
) -> Requests:
    """Write the folder's `requests.jsonl`, one line per call, and return what is in it.

    Args:
        calls: In the order of time.
        folder: The run folder.
        speed: 1 as the log has it, N for gaps N times shorter; None for no times, as fast as it goes.
        seed: Of the texts that are made up.
        key_of: The label of the key that makes a call.
        teams: The team's alias by the label of the key.
    """
    done, texts, first = Requests(), MadeUpTexts(seed), None
    with open(folder / REQUESTS, "w", encoding="ascii") as file:
        for call in calls:
            if call.at is not None:
                first = call.at if first is None else first
                done.span_s = max(done.span_s, call.at - first)
            due_s = None if speed is None else max(0.0, (call.at or first or 0.0) - (first or 0.0)) / speed
            label = key_of(call)
            line = request_line(call, label, (teams or {}).get(label), due_s, texts, done)
            file.write(json.dumps(line) + "\n")
            done.total += 1
            done.keys[label] += 1
    return done


def request_line(
    call: LoggedCall, label: str, team: str | None, due_s: float | None, texts: MadeUpTexts, done: Requests
) -> dict[str, Any]:
    """The line of one call; what had to be made up or removed is counted in `done`."""
    body = clean_body(call.kind, call.body or {}, stream=call.stream, removed=done.removed)
    text_field = _TEXT_FIELDS[call.kind]
    if not body.get(text_field):
        text = texts.text_of(call)
        body[text_field] = [{"role": "user", "content": text}] if call.kind == "chat" else text
        if call.kind == "completions" and call.completion_tokens:
            body.setdefault("max_tokens", call.completion_tokens)  # 16, if nothing is said
        done.made_up += 1
    if call.user is not None:
        body["user"] = call.user
    embedded = body.get("input") if call.kind == "embeddings" else None
    texts_embedded = len(embedded) if isinstance(embedded, list) else 1
    headers = {PLAN_HEADER: plan_of(call, texts_embedded)}
    if call.kind == "completions":
        # LiteLLM does not forward a header to completions at Azure, but what the body says of headers.
        body["extra_headers"] = dict(headers)
    tags = _add_tags(call, body, headers)
    if call.stream:
        body["stream"] = True
        if call.kind in ("chat", "completions"):
            # A stream reports tokens and cost only in its last event, and only on request.
            body["stream_options"] = {"include_usage": True}
    about = {
        "kind": call.kind,
        "model": call.model,
        "stream": call.stream,
        "texts": texts_embedded,
        "row": _row(call, team, body.get("user"), tags),
    }
    return {
        "number": call.number,
        "due_s": due_s,
        "path": PATHS[call.kind],
        "key": label,
        "headers": headers,
        "body": json.dumps({"model": call.model, **body}),
        "about": about,
    }


def plan_of(call: LoggedCall, texts: int = 1) -> str:
    """The header that tells the simulated provider which call it is, and how long the answer was.

    `texts` is how many an embeddings call has, since LiteLLM may send them one by one.
    """
    tokens = {
        "in": call.prompt_tokens,
        "out": call.completion_tokens,
        "cached": call.cached_tokens,
        "cache_write": call.cache_write_tokens,
        "reasoning": call.reasoning_tokens,
        "texts": texts if texts > 1 else None,
    }
    known = {name: value for name, value in tokens.items() if value is not None}
    return ";".join(f"{name}={value}" for name, value in {"call": call.number, **known}.items())


def _add_tags(call: LoggedCall, body: dict[str, Any], headers: dict[str, str]) -> list[str]:
    """Put the tags where LiteLLM takes them, and return them."""
    metadata = body.get("metadata")
    own = metadata.get("tags") if isinstance(metadata, dict) else None
    tags = list(dict.fromkeys([*call.tags, *(str(tag) for tag in own or [] if isinstance(own, list))]))
    if not tags:
        return []
    if call.kind == "responses":
        # Their `metadata` is the provider's, whose values are texts; LiteLLM takes tags from the header.
        if isinstance(metadata, dict):
            metadata.pop("tags", None)
        if named := ",".join(tag for tag in tags if tag.isascii() and tag.isprintable()):
            headers["x-litellm-tags"] = named
    else:
        body["metadata"] = {**(metadata or {}), "tags": tags}
    return tags


def _row(call: LoggedCall, team: str | None, user: Any, tags: list[str]) -> dict[str, Any]:
    row = {name: getattr(call, source) for name, source in _LOGGED.items()}
    at = None if call.at is None else datetime.fromtimestamp(call.at, UTC).isoformat()
    row |= {
        "team": team,
        "user": user if isinstance(user, str) else None,
        "feature": next(iter(tags), None),
        "at": at,
    }
    return {name: value for name, value in row.items() if value is not None}
