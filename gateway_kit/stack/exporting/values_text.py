"""A chart's values as text: settings in groups, each with a comment that says why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from gateway_kit.stack.exporting.yaml_text import yaml_text

_WIDTH = 110


def values_text(title: str, groups: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """YAML of groups of top-level keys, each after its comment; a key stands in one group only."""
    parts, seen = [comment(title)], set[str]()
    for why, values in groups:
        if twice := seen & values.keys():
            raise ValueError(f"{', '.join(sorted(twice))}: in two groups")
        seen |= values.keys()
        parts.append(comment(why) + yaml_text(dict(values)))
    return "\n".join(parts)


def comment(text: str) -> str:
    """The text as comment lines; line breaks stay, long lines are wrapped."""
    lines = [
        line
        for part in text.strip().splitlines()
        for line in (textwrap.wrap(part, _WIDTH - 2, break_on_hyphens=False) or [""])
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def nested_text(why: str, key: str, text: str) -> str:
    """A group whose value is YAML that stays as it is written, with its comments."""
    return f"\n{comment(why)}{key}:\n{textwrap.indent(text, '  ')}"
