"""The tools offered to a model: instrumentations send them beside the messages; here they join the input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import dumped, parsed

_VERCEL_AI, _GEN_AI = "ai.prompt.tools", "gen_ai.tool.definitions"
_PYDANTIC_AI, _FUNCTIONS = "model_request_parameters", "function_tools"
_METADATA = "tools"
_OPENINFERENCE = re.compile(r"llm\.tools\.(\d{1,6})\.tool\.json_schema")


@dataclass(slots=True)
class Tools:
    """The tools of a span, and its metadata and other attributes without them."""

    listed: list[Any]
    metadata: dict[str, Any]
    others: Attributes


def find_tools(metadata: Mapping[str, Any], others: Attributes) -> Tools | None:
    """The tools that a span names; None without any, as in nearly all spans."""
    if not (
        _METADATA in metadata
        or _VERCEL_AI in others
        or _GEN_AI in others
        or _PYDANTIC_AI in others
        or any(key.startswith("llm.tools.") for key in others)
    ):
        return None
    result = Tools([], dict(metadata), dict(others))
    if parsed(metadata.get(_METADATA)) and _take(metadata.get(_METADATA), result):
        del result.metadata[_METADATA]
    for key, is_named in ((_VERCEL_AI, False), (_GEN_AI, True)):
        if _take(others.get(key), result, is_named=is_named):
            del result.others[key]
    _take_of_pydantic_ai(result)
    numbered = sorted((int(match[1]), match[0]) for key in others if (match := _OPENINFERENCE.fullmatch(key)))
    for _, key in numbered:
        if _is_tool(tool := parsed(others[key])):
            result.listed.append(tool)
            del result.others[key]
    result.listed = _unique(result.listed)
    return result if result.listed else None


def with_tools(sent: str | None, tools: Iterable[Any]) -> str | None:
    """The input with the tools added; None if it is a number, true or false, which cannot hold them."""
    value = parsed(sent)
    if value is None:
        return dumped({"tools": tools})
    if isinstance(value, str):
        return dumped({"prompt": value, "tools": tools})
    if isinstance(value, list):
        return dumped({"messages": value, "tools": tools})
    if not isinstance(value, dict):
        return None
    if value.get("tools") is not None:
        there = _tools_in(value["tools"])
        if there is None:
            return None
        tools = _unique([*there, *tools])
    return dumped({**value, "tools": tools})


def _take(sent: Any, result: Tools, *, is_named: bool = True) -> bool:
    """Add the tools of a list to `result` and return True, if all its items are tools."""
    tools = _tools_in(sent, is_named=is_named)
    if tools is None or len(tools) != len(parsed(sent)):
        return False
    result.listed += tools
    return True


def _take_of_pydantic_ai(result: Tools) -> None:
    sent = result.others.get(_PYDANTIC_AI)
    parameters = parsed(sent)
    if not isinstance(parameters, dict) or not _take(parameters.get(_FUNCTIONS), result):
        return
    rest = {name: value for name, value in parameters.items() if name != _FUNCTIONS}
    if rest:
        result.others[_PYDANTIC_AI] = dumped(rest) if isinstance(sent, str) else rest
    else:
        del result.others[_PYDANTIC_AI]


def _tools_in(sent: Any, *, is_named: bool = False) -> list[Any] | None:
    listed = parsed(sent)
    if not isinstance(listed, list):
        return None
    return [tool for item in listed if _is_tool(tool := parsed(item), is_named=is_named)]


def _is_tool(tool: Any, *, is_named: bool = True) -> bool:
    """Whether it has a name; a provider's built-in tool may have a type alone."""
    if not isinstance(tool, dict):
        return False
    return bool(_name(tool)) or (not is_named and isinstance(tool.get("type"), str))


def _name(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    holder = tool if function is None else function
    return holder.get("name") if isinstance(holder, dict) else None


def _unique(tools: list[Any]) -> list[Any]:
    """The first tool of each name, and all without a name."""
    seen: set[str] = set()
    kept = []
    for tool in tools:
        name = _name(tool)
        if not isinstance(name, str) or name not in seen:
            kept.append(tool)
        if isinstance(name, str):
            seen.add(name)
    return kept
