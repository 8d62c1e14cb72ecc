"""The text of a prompt's version for readers, and which prompts it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.pages.content import READ_LIMIT, Content, pretty, read_content

PLACEHOLDER = "placeholder"
_VARIABLE = re.compile(r"\{\{\s*([\w.-]{1,100})\s*\}\}")
VARIABLES_SHOWN = 40


def text_of(prompt_json: str) -> str:
    """The prompt as lines: a text as it is, messages each under the line [role]."""
    prompt = orjson.loads(prompt_json)
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in _messages(prompt))


def content_of(prompt_json: str) -> Content:
    """The prompt as text or messages; of a long one only the beginning."""
    prompt = orjson.loads(prompt_json)
    if len(prompt_json) > READ_LIMIT:
        whole = text_of(prompt_json)
        return replace(_text(whole[:READ_LIMIT]), length=len(whole), truncated=len(whole) > READ_LIMIT)
    return _text(prompt if isinstance(prompt, str) else _messages(prompt))


def _text(value: Any) -> Content:
    text = json.dumps(value)
    return read_content(text, len(text))


def _messages(prompt: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages; where the caller puts messages of its own, the name of that place."""
    return [
        {"role": message["role"], "content": message["content"]}
        if "role" in message
        else {"role": PLACEHOLDER, "content": message.get("name", "")}
        for message in prompt
    ]


def variables_of(prompt_json: str) -> list[str]:
    """The names of the variables, such as question for {{question}}."""
    return list(dict.fromkeys(_VARIABLE.findall(text_of(prompt_json))))[:VARIABLES_SHOWN]


def config_text(config_json: str) -> str:
    """The version's config as indented JSON; '' if it is empty."""
    config = json.loads(config_json)
    return "" if config in ({}, [], None, "") else pretty(config)


@dataclass(frozen=True)
class Use:
    """A prompt that another uses, with those that it uses itself; `again` if these stand further up."""

    name: str
    version: int
    uses: tuple[Use, ...]
    again: bool = False


def tree_of(graph: Mapping[str, Any] | None) -> tuple[Use, ...]:
    """The prompts that the graph's root uses."""
    if graph is None:
        return ()
    return _uses(graph["root"]["id"], graph["dependencies"], set())


def _uses(
    prompt_id: str, dependencies: Mapping[str, list[dict[str, Any]]], seen: set[str]
) -> tuple[Use, ...]:
    seen.add(prompt_id)
    found = []
    for place in {place["id"]: place for place in dependencies.get(prompt_id, [])}.values():
        again = place["id"] in seen and place["id"] in dependencies
        uses = () if again else _uses(place["id"], dependencies, seen)
        found.append(Use(place["name"], place["version"], uses, again))
    return tuple(found)
