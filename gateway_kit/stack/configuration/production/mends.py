"""What mends a finding, as steps that a person reads and a program can carry out.

Write(("general_settings", "proxy_batch_write_at"), 60)
str(…)         → "Write `proxy_batch_write_at: 60` under `general_settings:`."
….as_json()    → {"write": ["general_settings", "proxy_batch_write_at"], "value": 60}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import yaml

from gateway_kit.stack.configuration.findings import SECRET_VALUE, masked_secret

# The keys that lead to a place in the file; a number counts a list's items from 0.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Write:
    """Write a value at a place, in place of what stands there."""

    path: Path
    value: Any

    def __str__(self) -> str:
        return f"Write `{_entry(self)}`{_under(self.path)}."

    def as_json(self) -> dict[str, Any]:
        """The step for a program."""
        return {"write": list(self.path), "value": masked(self.value)}


@dataclass(frozen=True)
class Add:
    """Add an item to a list, which may not be there yet."""

    path: Path
    item: Any

    def __str__(self) -> str:
        return f"Add `- {_flow(self.item)}` under `{_keys(self.path)}`."

    def as_json(self) -> dict[str, Any]:
        """The step for a program."""
        return {"add": list(self.path), "item": self.item}


@dataclass(frozen=True)
class Delete:
    """Delete what stands at a place."""

    path: Path

    def __str__(self) -> str:
        return f"Delete `{self.path[-1]}`{_under(self.path)}."

    def as_json(self) -> dict[str, Any]:
        """The step for a program."""
        return {"delete": list(self.path)}


@dataclass(frozen=True)
class SetVariable:
    """Set a variable where the gateway runs."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"Set the variable `{self.name}={self.value}` for the gateway."

    def as_json(self) -> dict[str, Any]:
        """The step for a program."""
        return {"set_variable": self.name, "value": self.value}


@dataclass(frozen=True)
class UnsetVariable:
    """Leave a variable out where the gateway runs."""

    name: str

    def __str__(self) -> str:
        return f"Do not set the variable `{self.name}` for the gateway."

    def as_json(self) -> dict[str, Any]:
        """The step for a program."""
        return {"unset_variable": self.name}


@dataclass(frozen=True)
class Do:
    """What no line of a file mends."""

    what: str

    def __str__(self) -> str:
        return self.what

    def as_json(self) -> dict[str, Any]:
        """The step for a person."""
        return {"do": self.what}


Step = Write | Add | Delete | SetVariable | UnsetVariable | Do


def told(steps: Iterable[Step]) -> str:
    """The steps in one line; values that belong under the same key are told together."""
    sentences = []
    for place, group in groupby(steps, key=_place):
        together = list(group)
        if place is None or len(together) == 1:
            sentences += [str(step) for step in together]
        else:
            writes = [step for step in together if isinstance(step, Write)]
            listed = ", ".join(f"`{_entry(step)}`" for step in writes)
            sentences.append(f"Write {listed}{_under(writes[0].path)}.")
    return " ".join(sentences)


def masked(value: Any) -> Any:
    """A value without the secrets that may stand in it, such as in a command."""
    if isinstance(value, str):
        return SECRET_VALUE.sub(lambda match: masked_secret(match.group()), value)
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value


def _place(step: Step) -> Path | None:
    return step.path[:-1] if isinstance(step, Write) else None


def _entry(step: Write) -> str:
    key = step.path[-1]
    return f"{key}: {_flow(step.value)}" if isinstance(key, str) else f"- {_flow(step.value)}"


def _under(path: Path) -> str:
    if len(path) == 1:
        return " at the start of a line" if isinstance(path[0], str) else ""
    return f" under `{_keys(path[:-1])}`"


def _keys(path: Path) -> str:
    return " ".join(f"{key}:" if isinstance(key, str) else f"item {key + 1}:" for key in path)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, width=1_000_000, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()
