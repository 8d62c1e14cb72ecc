"""The tools that a model could use: instrumentations send them beside the messages, and they belong to the input."""

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
    """None where a span names no tools, which nearly all spans do."""
    if not (
        _METADATA in metadata
        or _VERCEL_AI in others
        or _GEN_AI in others
        or _PYDANTIC_AI in others
        or any(key.startswith("llm.tools.") for key in others)
    ):
        return None
    found = Tools([], dict(metadata), dict(others))
    if parsed(metadata.get(_METADATA)) and _take(metadata.get(_METADATA), found):
        del found.metadata[_METADATA]
    for key, is_named in ((_VERCEL_AI, False), (_GEN_AI, True)):
        if _take(others.get(key), found, is_named=is_named):
            del found.others[key]
    _take_of_pydantic_ai(found)
    numbered = sorted((int(match[1]), match[0]) for key in others if (match := _OPENINFERENCE.fullmatch(key)))
    for _, key in numbered:
        if _is_tool(tool := parsed(others[key])):
            found.listed.append(tool)
            del found.others[key]
    found.listed = _unique(found.listed)
    return found if found.listed else None


def with_tools(sent: str | None, tools: Iterable[Any]) -> str | None:
    """The input with the tools in it; None where it is of a kind that cannot hold them."""
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


def _take(sent: Any, found: Tools, *, is_named: bool = True) -> bool:
    """Whether all of a list are tools, which then are among those found."""
    tools = _tools_in(sent, is_named=is_named)
    if tools is None or len(tools) != len(parsed(sent)):
        return False
    found.listed += tools
    return True


def _take_of_pydantic_ai(found: Tools) -> None:
    sent = found.others.get(_PYDANTIC_AI)
    parameters = parsed(sent)
    if not isinstance(parameters, dict) or not _take(parameters.get(_FUNCTIONS), found):
        return
    rest = {name: value for name, value in parameters.items() if name != _FUNCTIONS}
    if rest:
        found.others[_PYDANTIC_AI] = dumped(rest) if isinstance(sent, str) else rest
    else:
        del found.others[_PYDANTIC_AI]


def _tools_in(sent: Any, *, is_named: bool = False) -> list[Any] | None:
    listed = parsed(sent)
    if not isinstance(listed, list):
        return None
    return [tool for item in listed if _is_tool(tool := parsed(item), is_named=is_named)]


def _is_tool(tool: Any, *, is_named: bool = True) -> bool:
    """A tool has a name; a provider's own may have a type alone."""
    if not isinstance(tool, dict):
        return False
    return bool(_name(tool)) or (not is_named and isinstance(tool.get("type"), str))


def _name(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    holder = tool if function is None else function
    return holder.get("name") if isinstance(holder, dict) else None


def _unique(tools: list[Any]) -> list[Any]:
    """The first of each name, and all without one."""
    seen: set[str] = set()
    kept = []
    for tool in tools:
        name = _name(tool)
        if not isinstance(name, str) or name not in seen:
            kept.append(tool)
        if isinstance(name, str):
            seen.add(name)
    return kept
