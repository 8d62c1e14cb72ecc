"""Reading a stream of server-sent events as it passes: first content, usage, errors, its proper end. Internal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway_kit.litellm_api.facts import facts_of_usage

_END = b"[DONE]"
# The last event of a stream of the Responses API; `response.failed` has the error.
_LAST_EVENTS = ("response.completed", "response.incomplete", "response.failed")
# How a stream of each kind says that it has ended; other kinds have no sign that is known here.
_ENDINGS = {"chat": "[DONE]", "completions": "[DONE]", "responses": "its last event"}


class EventReader:
    """Takes the stream's bytes, returns those for the caller, and remembers what the call record needs."""

    def __init__(self, elapsed_s: Callable[[], float], *, hide_usage: bool) -> None:
        self.done = False
        self.error: str | None = None
        self.ttft_s: float | None = None
        self._elapsed_s = elapsed_s
        self._hide_usage = hide_usage
        self._usage: dict[str, Any] = {}
        self._rest = b""

    def feed(self, chunk: bytes) -> bytes:
        """The events that `chunk` completes, without the usage chunk if the caller did not ask for it."""
        # The rest too, since a chunk may end between \r and \n.
        *events, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        return b"".join(event + b"\n\n" for event in events if self._pass(event))

    def flush(self) -> bytes:
        """The rest at the end: half an event, if the stream broke."""
        rest, self._rest = self._rest, b""
        return rest if rest.strip() and self._pass(rest) else b""

    def facts(self) -> dict[str, Any]:
        """The call's fields as far as the stream has them."""
        return {"ttft_s": self.ttft_s, **(facts_of_usage(self._usage) if self._usage else {})}

    @property
    def usage(self) -> Mapping[str, Any]:
        """The usage that the stream reported, as it stands there; empty if it did not."""
        return self._usage

    def missing_end(self, kind: str) -> str | None:
        """An error text for a stream that ended without the sign of its end."""
        ending = _ENDINGS.get(kind)
        return None if self.done or ending is None else f"the stream ended without {ending}"

    def _pass(self, event: bytes) -> bool:
        for line in event.split(b"\n"):
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == _END:
                self.done = True
                continue
            try:
                message = json.loads(data)
            except ValueError:
                continue
            if isinstance(message, dict) and not self._read(message):
                return False
        return True

    def _read(self, message: Mapping[str, Any]) -> bool:
        """Take the facts from one message; False if the caller must not see it."""
        kind, inner = message.get("type"), message.get("response") or message.get("message")
        if kind in _LAST_EVENTS:
            self.done = True
        if error := message.get("error") or (inner.get("error") if isinstance(inner, dict) else None):
            text = error.get("message") if isinstance(error, dict) else error
            self.error = next(iter(str(text).splitlines()), kind or "error")
            return True
        if kind == "error":  # of the Responses API, with the message in the event itself
            self.error = next(iter(str(message.get("message")).splitlines()), kind)
            return True
        if self.ttft_s is None and has_content(message):
            self.ttft_s = self._elapsed_s()
        usage = message.get("usage")
        if not isinstance(usage, dict):  # where the Responses and the Messages API have it
            usage = inner.get("usage") if isinstance(inner, dict) else None
        if not isinstance(usage, dict):
            return True
        # The Messages API counts the prompt at the start and the answer at the end.
        self._usage |= {k: v for k, v in usage.items() if v is not None}
        return not (self._hide_usage and is_usage_only(message))


def has_content(message: Mapping[str, Any]) -> bool:
    """Whether a message has visible content: text, reasoning, or a tool call."""
    for choice in message.get("choices") or []:
        delta = choice.get("delta") or {}
        if choice.get("text") or any(
            delta.get(k) for k in ("content", "reasoning_content", "tool_calls", "refusal")
        ):
            return True
    delta = message.get("delta")  # Responses: a string; Messages: an object
    return bool(delta.get("text") or delta.get("partial_json")) if isinstance(delta, dict) else bool(delta)


def is_usage_only(message: Mapping[str, Any]) -> bool:
    """Whether this is the extra chunk of include_usage: OpenAI's has no choices, LiteLLM's an empty one."""
    return not has_content(message) and not any(c.get("finish_reason") for c in message.get("choices") or [])
