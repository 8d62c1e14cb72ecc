"""One mistake in a configuration file: its place, what is wrong, and the fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import yaml  # the parser LiteLLM reads the file with

# What keys of well-known services look like; `desk-assistant` and `risk-scoring` are none.
SECRET_VALUE = re.compile(
    r"(?<![A-Za-z0-9])(?:(sk|pk|rk)-[\w-]{6,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{20,}|gh[pousr]_\w{20,}|eyJ[\w-]{20,}"
    r"|gsk_\w{10,}|hf_\w{10,})"
)

# How serious a finding of `config check` or `doctor` is. Only the check for production gives advice.
Level = Literal["ok", "note", "advice", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """A mistake. Line and column count from 1; `code` is a stable word such as `missing-variable`.

    An error keeps the gateway, or a model, from working; a warning is probably not what was meant. `file` is empty
    for the checked file itself, and names the file if the mistake is in an included one. `source` is the page that
    says so; only a finding of the check for production has one.
    """

    line: int
    column: int
    level: Level
    code: str
    message: str
    fix: str
    file: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.level}: {self.message} {self.fix}"

    @property
    def place(self) -> str:
        """`line 3`, or `models.yaml line 3` for an included file."""
        return f"{self.file} line {self.line}" if self.file else f"line {self.line}"


def finding_at(node: yaml.Node, level: Level, code: str, message: str, fix: str) -> Finding:
    """A finding at the place where a YAML node begins."""
    mark = node.start_mark
    return Finding(mark.line + 1, mark.column + 1, level, code, message, fix, mark.name)


def closest(word: str, known: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The known word that was probably meant, or None."""
    by_folded = {name.casefold(): name for name in sorted(known)}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[matches[0]] if matches else None


def shown(text: str, limit: int = 60) -> str:
    """A value of the file, made fit for a one-line message: printable, short, secrets masked."""
    text = SECRET_VALUE.sub(lambda match: masked_secret(match.group()), text)
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= limit else printable[: limit - 3] + "..."


def masked_secret(value: str) -> str:
    """A secret masked for display: its kind, and nothing that helps to guess it."""
    return (value[:3] if value.startswith(("sk-", "pk-")) else "") + "***"
