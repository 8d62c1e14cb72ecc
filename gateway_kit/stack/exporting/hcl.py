"""Writes HCL, the language of Terraform's files, laid out as `terraform fmt` does it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Expression:
    """HCL that is written as it stands, such as `var.name`."""

    text: str


@dataclass(frozen=True)
class Block:
    """A block: `kind "label" { ... }`. The body maps arguments to values; a value may be a block or several."""

    kind: str
    labels: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)


def hcl_text(blocks: Sequence[Block]) -> str:
    """Blocks as a file, with an empty line between two."""
    return "\n".join("\n".join(_block(block)) + "\n" for block in blocks)


def _block(block: Block) -> list[str]:
    head = " ".join([block.kind, *(quoted(label) for label in block.labels)])
    return [f"{head} {{", *_indented(_arguments(block.body)), "}"] if block.body else [f"{head} {{}}"]


def _arguments(body: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    aligned: list[tuple[str, str]] = []

    def flush() -> None:
        width = max((len(name) for name, _ in aligned), default=0)
        lines.extend(f"{name.ljust(width)} = {value}" for name, value in aligned)
        aligned.clear()

    for name, value in body.items():
        blocks = [value] if isinstance(value, Block) else value if _are_blocks(value) else []
        if blocks:
            flush()
            for each in blocks:
                lines += [""] if lines else []
                lines += _block(each)
            continue
        written = _value(value)
        if len(written) == 1:
            aligned.append((name, written[0]))
        else:
            flush()
            lines += [f"{name} = {written[0]}", *written[1:]]
    flush()
    return lines


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Block) for each in value)


def _value(value: Any) -> list[str]:
    if isinstance(value, Expression):
        return value.text.splitlines()
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int | float):
        return [str(value)]
    if isinstance(value, str):
        return [quoted(value)]
    if isinstance(value, dict):
        if not value:
            return ["{}"]
        pairs = {name if _NAME.fullmatch(name) else quoted(name): each for name, each in value.items()}
        return ["{", *_indented(_arguments(pairs)), "}"]
    if isinstance(value, list):
        items = [_value(each) for each in value]
        if all(len(item) == 1 for item in items):
            line = f"[{', '.join(item[0] for item in items)}]"
            if len(line) <= 100:
                return [line]
        return ["[", *_indented([line for item in items for line in [*item[:-1], f"{item[-1]},"]]), "]"]
    raise TypeError(f"no HCL for {type(value).__name__}")


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def quoted(text: str) -> str:
    """A string in quotes; `${` and `%{` would begin an expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
