"""Merge the files that a configuration includes as LiteLLM does, so that they can be checked, shown and used as one.

LiteLLM's rules (1.106, `config_includes.py`): an entry names a file beside the file that declares it, or else beside
the first file; included files may include others; each file counts once. Lists at the top level are joined; any other
value of the included file replaces the earlier one, even a whole section.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    entries,
    items,
    kind_of,
    lookup,
    read_document,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.reading import read_text

_KEY = "include"
_SHAPE = f"Write below `{_KEY}:` a line `- FILE` for each file."


@dataclass(frozen=True)
class Merged:
    """A configuration merged with its included files: a mapping whose nodes know their files, and the findings."""

    root: yaml.MappingNode
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]


def merge_includes(root: yaml.MappingNode, path: Path) -> Merged:
    """`root`, read from `path`, merged with all files it includes; `root` itself if it has no `include`."""
    if lookup(root, _KEY) is None:
        return Merged(root, (), ())
    first = _plain(path)
    merged, findings = _without_include(root), list(_check_shape(root))
    pending = [(node, first) for node in _named(root)]
    loaded: list[Path] = []
    while pending:
        node, declared_in = pending.pop(0)
        location = _locate(text_of(node) or "", declared_in, first)
        if location in (first, *loaded):
            continue
        included, wrong = _read_included(node, location)
        findings += wrong
        if included is None:
            continue
        loaded.append(location)
        findings += _check_shape(included)
        findings += _check_replaced(merged, included)
        pending += [(entry, location) for entry in _named(included)]
        merged = _merged(merged, _without_include(included))
    declared = lookup(root, _KEY)
    if declared is not None and any(finding.level == "error" for finding in findings):
        # A missing file may hold anything, such as models: keep `include`, so that other checks know of it.
        merged = _mapping(merged, [*entries(merged), declared])
    return Merged(merged, tuple(findings), tuple(loaded))


def flattened(text: str, path: Path) -> str:
    """A valid configuration's text with the included files merged in; unchanged if it has no `include`."""
    root, _ = read_document(text)
    if not isinstance(root, yaml.MappingNode) or lookup(root, _KEY) is None:
        return text
    merged = merge_includes(root, path)
    head = "\n".join(f"# with {file}" for file in merged.files)
    body = yaml.serialize(merged.root, Dumper=yaml.SafeDumper, allow_unicode=True, width=1_000_000)
    return f"# {path}\n{head}\n{body}"


def _named(root: yaml.Node) -> list[yaml.Node]:
    include = lookup(root, _KEY)
    return [node for node in items(include.value if include else None) if text_of(node)]


def _check_shape(root: yaml.Node) -> list[Finding]:
    include = lookup(root, _KEY)
    if include is None:
        return []
    if not isinstance(include.value, yaml.SequenceNode):
        message = f"`{_KEY}` must be a list of files, not {kind_of(include.value)}."
        return [finding_at(include.key_node, "error", "shape", message, _SHAPE)]
    return [
        finding_at(node, "error", "shape", f"`{_KEY}` must name files, and holds {kind_of(node)}.", _SHAPE)
        for node in items(include.value)
        if not text_of(node)
    ]


def _locate(entry: str, declared_in: Path, first: Path) -> Path:
    beside = _plain(declared_in.parent / entry)
    fallback = _plain(first.parent / entry)
    return fallback if not beside.exists() and fallback.exists() else beside


def _plain(path: Path) -> Path:
    """The absolute path without `..` and with its links unresolved, as LiteLLM compares paths."""
    return Path(os.path.normpath(path.absolute()))


def _read_included(node: yaml.Node, location: Path) -> tuple[yaml.MappingNode | None, list[Finding]]:
    text = read_text(location)
    if isinstance(text, Finding):
        fix = text.fix
        if not location.exists():
            folder = location.parent
            names = [file.name for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
            meant = closest(location.name, names)
            fix = (
                f"Did you mean `{meant}`?" if meant else "Check the name: it is looked for beside this file."
            )
        return None, [finding_at(node, "error", "include", f"the included {text.message}", fix)]
    root, findings = read_document(text, str(location))
    if root is None:
        return None, findings  # LiteLLM ignores an empty file too
    if not isinstance(root, yaml.MappingNode):
        message = f"an included file must be a mapping of sections, not {kind_of(root)}."
        findings.append(finding_at(root, "error", "shape", message, "Begin with `model_list:`."))
        return None, findings
    return root, findings


def _check_replaced(base: yaml.MappingNode, included: yaml.MappingNode) -> list[Finding]:
    """Findings about sections that are in both files: only the included one counts."""
    findings = []
    for entry in entries(included):
        earlier = lookup(base, entry.key)
        if earlier is None or entry.key == _KEY or _joined(earlier.value, entry.value):
            continue
        mark = earlier.key_node.start_mark
        line = f"line {mark.line + 1}"
        place = f"{mark.name} {line}" if mark.name else f"{line} of the file that includes it"
        message = f"this `{shown(entry.key)}` replaces the one in {place}: LiteLLM joins only lists."
        fix = "Keep the whole section in one of the files."
        findings.append(finding_at(entry.key_node, "warning", "replaced-section", message, fix))
    return findings


def _joined(first: yaml.Node, second: yaml.Node) -> bool:
    return isinstance(first, yaml.SequenceNode) and isinstance(second, yaml.SequenceNode)


def _merged(base: yaml.MappingNode, included: yaml.MappingNode) -> yaml.MappingNode:
    sections = {entry.key: entry for entry in entries(base)}
    for entry in entries(included):
        earlier = sections.get(entry.key)
        if earlier is not None and _joined(earlier.value, entry.value):
            both = yaml.SequenceNode(
                earlier.value.tag,
                [*earlier.value.value, *entry.value.value],
                earlier.value.start_mark,
                earlier.value.end_mark,
            )
            sections[entry.key] = replace(earlier, value=both)
        else:
            sections[entry.key] = entry
    return _mapping(base, list(sections.values()))


def _without_include(root: yaml.MappingNode) -> yaml.MappingNode:
    return _mapping(root, [entry for entry in entries(root) if entry.key != _KEY])


def _mapping(like: yaml.MappingNode, content: list[Entry]) -> yaml.MappingNode:
    pairs = [(entry.key_node, entry.value) for entry in content]
    return yaml.MappingNode(like.tag, pairs, like.start_mark, like.end_mark)
