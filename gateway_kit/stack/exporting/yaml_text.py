"""Data as YAML that every reader reads alike: LiteLLM's parser follows YAML 1.1, those of Helm and Compose 1.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

# Plain in YAML 1.1, and a number in 1.2: 0o17, 1e3, 08, .5e2.
_NUMBER_IN_1_2 = re.compile(r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)")
# What stands in quotes inside of brackets, and in none on a line of its own.
_MARKS = re.compile(r"[\n:{}\[\],#]")
# A list of short words up to this long stands in one line.
_ONE_LINE = 80


class _Dumper(yaml.SafeDumper):
    """Writes each value where it stands, without anchors; code and other long texts line by line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML calls it with the data
        """An anchor saves lines, and costs a reader the overview."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if _NUMBER_IN_1_2.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    words = [
        str(item) for item in items if isinstance(item, str | int | float) and not _MARKS.search(str(item))
    ]
    short = len(words) == len(items) and sum(len(word) + 2 for word in words) <= _ONE_LINE
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)


def yaml_text(data: Any, remarks: Mapping[str, str] | None = None) -> str:
    """The data as YAML; `remarks` maps SECTION.KEY to a comment for that line."""
    text = str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=1_000_000, allow_unicode=True))
    return _with_remarks(text, remarks) if remarks else text


def _with_remarks(text: str, remarks: Mapping[str, str]) -> str:
    lines, section = [], ""
    for line in text.splitlines():
        key = line.strip().partition(":")[0]
        if line and line[0] not in " -":
            section = key
        depth = len(line) - len(line.lstrip(" "))
        remark = remarks.get(f"{section}.{key}") if depth == 2 else None
        lines.append(f"{line}  # {remark}" if remark else line)
    return "\n".join(lines) + "\n"
