"""Prompts in a column of a table, or in a field of objects: each is a chat with one message, or an embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.readers.envelope import decoded, holds_request, read_envelope
from gateway_kit.rehearsal.traffic.readers.fields import common_fields, with_provider
from gateway_kit.rehearsal.traffic.readers.named import Named
from gateway_kit.rehearsal.traffic.readers.names import ENDPOINTS, MESSAGES, PROMPTS, SYSTEM_PROMPTS
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.request import kind_of, kind_of_model, read_request

_PARAMETERS = {
    "max_tokens": ("maxtokens",),
    "max_completion_tokens": ("maxcompletiontokens",),
    "temperature": ("temperature",),
    "top_p": ("topp",),
}


def has_prompt(record: Mapping[str, Any]) -> bool:
    """Whether a record has a prompt in a field of its own."""
    named = Named(record)
    return named.first(PROMPTS)[1] != "" or named.first(MESSAGES)[1] != ""


def read_prompt(record: Mapping[str, Any], reading: Reading) -> Fields | None:
    """The call of a record with a prompt."""
    if holds_request(record):
        return read_envelope(record, reading)
    named = Named(record)
    fields = {name: value for name, value in common_fields(named, reading).items() if value not in (None, ())}
    fields = with_provider(fields, named)
    kind = next((kind for value in named.all(ENDPOINTS) if (kind := kind_of(value)) is not None), None)
    kind = kind or kind_of_model(fields.get("model"))
    messages = decoded(named.first(MESSAGES)[0])
    prompt, name = named.first(PROMPTS)
    if isinstance(messages, list):
        body: dict[str, Any] = {"messages": messages}
        kind = "chat"
    elif prompt is None:
        figures = fields.keys() & {"prompt_tokens", "completion_tokens", "latency_s", "cost_usd"}
        if not figures:
            raise BadLine(
                "no request", f"no prompt: {shortened(', '.join(map(str, record)), 80)} are all it has"
            )
        return fields | {"kind": kind, "body": None, "stream": fields.get("stream", False)}
    else:
        body = _body(kind, prompt, name, named)
    for parameter, names in _PARAMETERS.items():
        value, given = named.first(names)
        number = reading.amount(value, given)
        if number is not None:
            body[parameter] = int(number) if parameter.startswith("max") else number
    asked = read_request(body, kind)
    return fields | asked | {"stream": fields.get("stream", False)}


def _body(kind: str, prompt: Any, name: str, named: Named) -> dict[str, Any]:
    value = decoded(prompt)
    if kind == "chat":
        if isinstance(value, list) and value and all(isinstance(m, dict) and "role" in m for m in value):
            return {"messages": value}
        system, _ = named.first(SYSTEM_PROMPTS)
        messages = [{"role": "system", "content": str(system)}] if system else []
        return {"messages": [*messages, {"role": "user", "content": _text(prompt, name)}]}
    text = value if isinstance(value, list) else _text(prompt, name)
    return {"prompt" if kind == "completions" else "input": text}


def _text(prompt: Any, name: str) -> str:
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, int | float) and not isinstance(prompt, bool):
        return str(prompt)
    raise BadLine("no request", f"{name} is no text: {shortened(repr(prompt))}")
