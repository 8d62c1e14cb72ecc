"""An answer of a model, as logs keep it: an object, its text, a stream's text or a list of its pieces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gateway_kit.rehearsal.call import Kind
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.usage import read_usage

_KINDS: Mapping[str, Kind] = {
    "chat.completion": "chat",
    "chat.completion.chunk": "chat",
    "text_completion": "completions",
    "response": "responses",
}


def read_answer(answer: Any, reading: Reading) -> Fields:
    """`kind`, tokens, `provider_model`, `stream`, `status`, `error` and `at` of an answer, as far as it has them."""
    if isinstance(answer, str):
        answer = _from_text(answer)
    if isinstance(answer, list):
        return _from_pieces(answer, reading)
    if not isinstance(answer, dict):
        return {}
    fields: Fields = {}
    status = answer.get("status_code", answer.get("status", answer.get("statusCode")))
    if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:
        fields["status"] = status
    inner = answer.get("body", answer.get("data"))
    if isinstance(inner, dict | str) and "choices" not in answer and "object" not in answer:
        return fields | read_answer(inner, reading)
    if (kind := _kind(answer)) is not None:
        fields["kind"] = kind
    fields |= read_usage(answer.get("usage", answer.get("usageMetadata")), reading)
    if isinstance(answer.get("model"), str):
        fields["provider_model"] = answer["model"]
    error = answer.get("error")
    if isinstance(error, dict):
        error = error.get("message") or error.get("type") or error.get("code")
    if isinstance(error, str) and error:
        fields["error"] = error
    created = answer.get("created", answer.get("created_at"))
    if isinstance(created, int | float) and created > 0:
        fields["at"] = reading.time(created, "created")
    return fields


def _kind(answer: Mapping[str, Any]) -> Kind | None:
    shape = answer.get("object")
    if isinstance(shape, str) and shape in _KINDS:
        return _KINDS[shape]
    data = answer.get("data")
    if isinstance(data, list) and data and isinstance(data[0], dict) and "embedding" in data[0]:
        return "embeddings"
    return None


def _from_text(text: str) -> Any:
    start = text.lstrip()[:6]
    if start.startswith(("data:", "event:")):
        return list(_pieces(text))
    if start[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
    return None


def _pieces(text: str) -> Iterable[Any]:
    for line in text.splitlines():
        if line.startswith("data:") and (data := line[5:].strip()) and data != "[DONE]":
            try:
                yield orjson.loads(data)
            except orjson.JSONDecodeError:
                continue


def _from_pieces(pieces: list[Any], reading: Reading) -> Fields:
    """A stream: the last piece that has a field says it."""
    fields: Fields = {}
    for piece in pieces:
        if isinstance(piece, dict):
            inner = piece.get("response", piece.get("message"))  # Responses' events, Anthropic's first one
            fields |= read_answer(inner if isinstance(inner, dict) else piece, reading)
    return fields | {"stream": True} if fields else fields
