"""A configuration file as YAML nodes with their line numbers, and its YAML errors.

PyYAML reads it because LiteLLM uses PyYAML: other parsers disagree on what is valid.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from gateway_kit.stack.configuration.findings import Finding, finding_at, shown

# A block of a template of Helm or Jinja on a line of its own; `{{` in YAML is a mapping within a mapping.
_TEMPLATE = re.compile(r"^\s*\{\{-? *(?:if|end|range|with|include|define|toYaml|-|\.)", re.MULTILINE)
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Entry:
    """One `key: value` of a mapping."""

    key: str
    key_node: yaml.Node
    value: yaml.Node


def read_document(text: str, name: str = "") -> tuple[yaml.Node | None, list[Finding]]:
    """The root node (None for an empty or broken file) and the file's YAML errors.

    `name` is the file name for findings about an included file; empty for the checked file.
    """
    root, findings = _read(text, name)
    return root, [replace(finding, file=name) for finding in findings]


def _read(text: str, name: str) -> tuple[yaml.Node | None, list[Finding]]:
    try:
        loader = yaml.SafeLoader(text)
        loader.name = name  # every node's marks have it
        root = loader.get_single_node()
        if root is None:
            return None, []
        findings = list(_duplicate_keys(root))
        # Values that Python cannot construct are errors too. This also resolves merges (`<<`) in the nodes.
        loader.construct_document(root)
    except yaml.MarkedYAMLError as exc:
        return None, [_syntax_finding(text, exc)]
    except yaml.reader.ReaderError as exc:
        line = text[: exc.position].count("\n") + 1 if isinstance(exc.position, int) else 1
        message = (
            f"the character U+{exc.character:04X} is not allowed in YAML."
            if isinstance(exc.character, int)
            else "the file holds a character that YAML does not allow."
        )
        return None, [Finding(line, 1, "error", "yaml", message, "Delete it.")]
    except RecursionError:
        fix = "Write the settings as in the template: gateway-kit config show"
        return None, [Finding(1, 1, "error", "yaml", "brackets or indentation nest too deeply.", fix)]
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, ArithmeticError) as exc:
        # A value that looks like a date or a number but is not valid, such as 2024-99-99.
        message = f"a value cannot be read: {shown(str(exc), 120)}."
        line = _line_of_unreadable_value(text)
        fix = 'Put text that looks like a date or a number in "quotes".'
        return None, [Finding(line, 1, "error", "yaml", message, fix)]
    return root, findings


def entries(node: yaml.Node | None) -> list[Entry]:
    """The entries of a mapping; empty for any other node. If a key is repeated, the last one counts."""
    if not isinstance(node, yaml.MappingNode):
        return []
    pairs = [Entry(key.value, key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    return list({entry.key: entry for entry in pairs}.values())


def lookup(node: yaml.Node | None, *path: str) -> Entry | None:
    """The entry at a path of keys, or None."""
    result: Entry | None = None
    for key in path:
        result = next((entry for entry in entries(node) if entry.key == key), None)
        if result is None:
            return None
        node = result.value
    return result


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The items of a list; empty for any other node."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def text_of(node: yaml.Node | None) -> str | None:
    """The text of a string; None for any other node."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") else None


def is_number(node: yaml.Node) -> bool:
    """Whether the node is a number, or a text that Python reads as one, such as 1e-6."""
    if node.tag.endswith((":int", ":float")):
        return True
    try:
        float(text_of(node) or "")
    except ValueError:
        return False
    return True


def number_of(node: yaml.Node) -> float | None:
    """The value of a number, infinity if it is too large for a float; None for any other node."""
    if not node.tag.endswith((":int", ":float")):
        return None
    try:
        return float(yaml.SafeLoader("").construct_object(node))
    except OverflowError:
        return math.inf


def is_false(node: yaml.Node) -> bool:
    """Whether the node is false, in any of YAML's spellings."""
    return bool(node.tag.endswith(":bool")) and yaml.SafeLoader("").construct_object(node) is False


def is_null(node: yaml.Node) -> bool:
    """Whether the node is null, for instance a key without a value."""
    return bool(node.tag.endswith(":null"))


def kind_of(node: yaml.Node) -> str:
    """A description of a node for a message."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if is_null(node) else f"the value '{shown(str(node.value), 30)}'"


def scalars(root: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """Every scalar value with its key ('' if it has none); each node once."""
    seen: set[int] = set()
    waiting: list[tuple[str, yaml.Node]] = [("", root)]
    while waiting:
        key, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key_node, value in reversed(node.value):
                name = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
                waiting.append((name, value))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(key, item) for item in reversed(node.value)]
        else:
            yield key, node


def _line_of_unreadable_value(text: str) -> int:
    """The line of the first scalar that Python cannot construct, or 1."""
    loader = yaml.SafeLoader(text)
    root = loader.get_single_node()
    for _, node in () if root is None else scalars(root):
        try:
            loader.construct_object(node)
        except (yaml.YAMLError, ValueError, TypeError, OverflowError, ArithmeticError):
            return int(node.start_mark.line) + 1
    return 1


def _duplicate_keys(root: yaml.Node) -> Iterator[Finding]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if not isinstance(node, yaml.MappingNode):
            continue
        first_lines: dict[str, int] = {}
        for key, value in node.value:
            waiting.append(value)
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if key.value in first_lines:
                first = first_lines[key.value]
                message = f"`{shown(key.value)}` stands here and in line {first}; only this one counts."
                yield finding_at(key, "error", "duplicate-key", message, "Keep one of them.")
            first_lines.setdefault(key.value, key.start_mark.line + 1)


def _syntax_finding(text: str, exc: yaml.MarkedYAMLError) -> Finding:
    problem = str(exc.problem or exc.context or "unreadable")
    template = _TEMPLATE.search(text)
    if template is not None:
        message = "this is a template (`{{ ... }}`), no YAML yet."
        line = text[: template.start()].count("\n") + 1
        return Finding(
            line, 1, "error", "yaml", message, "Render it, for instance with `helm template`, and check that."
        )
    mark = exc.problem_mark or exc.context_mark
    lines = text.splitlines() or [""]
    if "\\t" in problem:
        message, fix = (
            "a tab is used where YAML allows only spaces.",
            "Replace it with spaces, two for each level.",
        )
    elif problem == "mapping values are not allowed here":
        message = (
            "a `key: value` is not allowed here; the indentation of this line or of the one above is wrong."
        )
        fix = "Align the line with its neighbours, or put a text that holds ': ' in \"quotes\"."
    elif problem.startswith("expected <block end>"):
        message = "the indentation fits no line above."
        fix = "Align the line with the others of its block; each list item begins with '- '."
    elif problem == "could not find expected ':'":
        mark = exc.context_mark or mark
        message, fix = "a colon is missing.", "Write `key: value`, with a space after the colon."
    elif "end of stream" in problem:
        mark = exc.context_mark or mark
        message, fix = "a quote or bracket is opened here and never closed.", "Close it."
    elif "could not determine a constructor" in problem:
        message, fix = "a YAML tag (`!...`) stands here, which LiteLLM does not read.", "Delete the tag."
    elif problem.startswith("found undefined alias"):
        message, fix = (
            f"{shown(problem, 80)}.",
            'Define it with & above, or put a text that begins with * in "quotes".',
        )
    elif "found character" in problem:
        message = f"{shown(problem, 100)}."
        fix = 'Put text that begins with a special character in "quotes".'
    else:
        message, fix = (
            f"this is not valid YAML: {shown(problem, 100)}.",
            "Compare the line with its neighbours.",
        )
    line = min(mark.line, len(lines) - 1) + 1 if mark else 1
    return Finding(line, mark.column + 1 if mark else 1, "error", "yaml", message, fix)
