"""Inputs and outputs for readers: chat messages by role, else indented JSON, else text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gateway_kit.stack.servers.tracestore.pages.formatting import shorten

READ_LIMIT = 200_000  # characters of a text that a page shows; a link leads to all of it
FOLD_AT = 1_500
MAX_MESSAGES = 200
LINE_LENGTH = 160
BESIDES = "besides"  # label of the fields of a request beside its messages


@dataclass(frozen=True)
class Block:
    """A piece of text under a label; `rest` is folded."""

    label: str  # a role, or ''
    text: str
    rest: str = ""
    code: bool = False


@dataclass(frozen=True)
class Content:
    """An input or an output."""

    kind: str  # 'messages', 'json', 'text', or '' if there is none
    blocks: tuple[Block, ...] = ()
    length: int = 0  # characters in the database
    truncated: bool = False
    line: str = ""  # the start of its last message, or of the text, on one line

    @property
    def last(self) -> Block:
        """The last message of a conversation, else the last block. There must be a block."""
        return next((block for block in reversed(self.blocks) if block.label != BESIDES), self.blocks[-1])


def fold(label: str, text: str, *, code: bool = False) -> Block:
    """The text, folded at a line near FOLD_AT characters if it is much longer."""
    if len(text) <= FOLD_AT * 1.3:
        return Block(label, text, code=code)
    line = text.rfind("\n", FOLD_AT // 2, FOLD_AT)
    cut = line + 1 if line > 0 else FOLD_AT
    return Block(label, text[:cut], text[cut:], code)


def pretty(value: Any) -> str:
    """Indented JSON with unescaped characters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parts(content: Any) -> str:
    """A message's content as text; parts other than text are JSON."""
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
    """The chat messages in a value; None if it has none."""
    if isinstance(value, dict):
        if isinstance(value.get("messages"), list):
            value = value["messages"]
        elif isinstance(value.get("choices"), list):
            value = [choice.get("message") for choice in value["choices"] if isinstance(choice, dict)]
        elif "role" in value and ("content" in value or "tool_calls" in value):
            value = [value]
    if not isinstance(value, list) or not value:
        return None
    return (
        value if all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in value) else None
    )


def _core(value: Any) -> Any:
    """The innermost value, without wrappers of a single item.

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
    """The content of a text of `length` characters that starts with `text`."""
    if text is None or length is None:
        return Content("")
    if length == len(text):
        try:
            return _read_json(json.loads(text), length)
        except (ValueError, RecursionError):
            pass  # not JSON, nested too deeply, or too large a number: show the text itself
    return Content("text", (fold("", text),), length, length > len(text), _line(text))


def _read_json(value: Any, length: int) -> Content:
    """Raises ValueError for a number, true, false and null."""
    if isinstance(value, str):
        return Content("text", (fold("", value),), length, line=_line(value))
    if not isinstance(value, dict | list):
        raise ValueError("numbers, true, false and null are shown as text")
    messages = _messages(value)
    if messages is None:
        core = _core(value)
        line = core if isinstance(core, str) else json.dumps(core, ensure_ascii=False)
        return Content("json", (fold("", pretty(value), code=True),), length, line=_line(line))
    blocks = [block for message in messages[:MAX_MESSAGES] for block in _message(message)]
    line = _line(blocks[-1].text)
    if isinstance(value, dict) and "messages" in value and len(value) > 1:
        extra = {key: item for key, item in value.items() if key != "messages"}
        blocks.append(fold(BESIDES, pretty(extra), code=True))
    return Content("messages", tuple(blocks), length, len(messages) > MAX_MESSAGES, line)
