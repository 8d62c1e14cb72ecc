"""Inputs and outputs as a person reads them: chat messages by role, else JSON in lines, else text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gateway_kit.stack.servers.tracestore.pages.formatting import shorten

READ_LIMIT = 200_000  # characters of a text that a page reads; the rest is behind a link
FOLD_AT = 1_500
MAX_MESSAGES = 200
LINE_LENGTH = 160
BESIDES = "besides"  # label of what a request has beside its messages


@dataclass(frozen=True)
class Block:
    """A piece of text under a label; `rest` is folded away."""

    label: str  # a role, or ''
    text: str
    rest: str = ""
    code: bool = False


@dataclass(frozen=True)
class Content:
    """An input or an output."""

    kind: str  # 'messages', 'json', 'text' or '' where there is none
    blocks: tuple[Block, ...] = ()
    length: int = 0  # characters in the database
    truncated: bool = False
    line: str = ""  # its beginning on one line: of a conversation its last message

    @property
    def last(self) -> Block:
        """What was said last: of a conversation its last message. There must be a block."""
        return next((block for block in reversed(self.blocks) if block.label != BESIDES), self.blocks[-1])


def fold(label: str, text: str, *, code: bool = False) -> Block:
    """The text, folded at a line near FOLD_AT characters if it is much longer."""
    if len(text) <= FOLD_AT * 1.3:
        return Block(label, text, code=code)
    line = text.rfind("\n", FOLD_AT // 2, FOLD_AT)
    cut = line + 1 if line > 0 else FOLD_AT
    return Block(label, text[:cut], text[cut:], code)


def pretty(value: Any) -> str:
    """JSON in lines, characters as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parts(content: Any) -> str:
    """A message's content as text; parts that are no text are named."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return pretty(content)
    lines = []
    for part in content:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            lines.append(part["text"])
        else:
            lines.append(part if isinstance(part, str) else pretty(part))
    return "\n".join(lines)


def _message(message: dict[str, Any]) -> list[Block]:
    role = str(message.get("role", "message"))[:40]
    blocks = []
    if text := _parts(message.get("content")):
        blocks.append(fold(role, text))
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        calls = [calls]
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            name, arguments = str(function.get("name", "?"))[:80], function.get("arguments", "")
            text = arguments if isinstance(arguments, str) else pretty(arguments)
            blocks.append(fold(f"{role} calls {name}", text, code=True))
        else:
            blocks.append(fold(f"{role} calls a tool", pretty(call), code=True))
    if not blocks and (call := message.get("function_call")):
        blocks.append(fold(f"{role} calls a function", pretty(call), code=True))
    return blocks or [Block(role, "(empty)")]


def _messages(value: Any) -> list[Any] | None:
    """The chat messages in a value, None where it holds none."""
    if isinstance(value, dict):
        if isinstance(value.get("messages"), list):
            value = value["messages"]
        elif isinstance(value.get("choices"), list):
            value = [choice.get("message") for choice in value["choices"] if isinstance(choice, dict)]
        elif "role" in value and ("content" in value or "tool_calls" in value):
            value = [value]
    if not isinstance(value, list) or not value:
        return None
    return value if all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in value) else None


def _core(value: Any) -> Any:
    """What is in a value around which there is but one name or one pair of brackets.

    The SDK's decorator writes a function's input as `{"args": ["…"], "kwargs": {}}`.
    """
    for _ in range(20):
        if isinstance(value, dict):
            parts = [item for item in value.values() if item not in ({}, [], None, "")]
        elif isinstance(value, list):
            parts = value
        else:
            return value
        if len(parts) != 1:
            return value
        value = parts[0]
    return value


def _line(text: str) -> str:
    return shorten(text, LINE_LENGTH)


def read_content(text: str | None, length: int | None) -> Content:
    """What to show of a text of `length` characters, of which `text` is the beginning."""
    if text is None or length is None:
        return Content("")
    if length == len(text):
        try:
            return _read_json(json.loads(text), length)
        except (ValueError, RecursionError):
            pass  # no JSON, or too deep or too large a number to lay out: the text itself is shown
    return Content("text", (fold("", text),), length, length > len(text), _line(text))


def _read_json(value: Any, length: int) -> Content:
    """Raises ValueError where it is neither a text nor an object nor an array."""
    if isinstance(value, str):
        return Content("text", (fold("", value),), length, line=_line(value))
    if not isinstance(value, dict | list):
        raise ValueError("a number, true, false or null is shown as it is")
    messages = _messages(value)
    if messages is None:
        core = _core(value)
        line = core if isinstance(core, str) else json.dumps(core, ensure_ascii=False)
        return Content("json", (fold("", pretty(value), code=True),), length, line=_line(line))
    blocks = [block for one in messages[:MAX_MESSAGES] for block in _message(one)]
    line = _line(blocks[-1].text)
    if isinstance(value, dict) and "messages" in value and len(value) > 1:
        extra = {key: item for key, item in value.items() if key != "messages"}
        blocks.append(fold(BESIDES, pretty(extra), code=True))
    return Content("messages", tuple(blocks), length, len(messages) > MAX_MESSAGES, line)
