"""Read LiteLLM's source files for the checks: classes, signatures, lists, and whether a name is read.

Importing LiteLLM takes seconds; this takes a fraction of a second. If a file no longer has the expected shape, the
result is empty.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@functools.cache
def folder_of(package: str) -> Path | None:
    """The folder of an installed package; None if it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def read_source(path: Path) -> str:
    """A file's text; empty if there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def json_of(path: Path) -> dict[str, Any]:
    """The object of a JSON file; empty if there is none."""
    try:
        content = json.loads(read_source(path) or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def classes_of(path: Path) -> dict[str, ast.ClassDef]:
    """The classes of a module by name."""
    return {node.name: node for node in ast.parse(read_source(path)).body if isinstance(node, ast.ClassDef)}


def annotations_of(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Name → annotation, for the annotated names of a class or a module."""
    return {
        node.target.id: node.annotation
        for node in body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def field_annotations(classes: dict[str, ast.ClassDef], *names: str) -> dict[str, ast.expr]:
    """Name → annotation, for the fields of the named classes; missing classes are ignored."""
    annotations: dict[str, ast.expr] = {}
    for name in names:
        if name in classes:
            annotations |= annotations_of(classes[name].body)
    return annotations


def field_names(classes: dict[str, ast.ClassDef], *names: str) -> frozenset[str]:
    """The fields of the named classes; missing classes are ignored."""
    return frozenset(field_annotations(classes, *names))


def enum_values(classes: dict[str, ast.ClassDef], name: str) -> list[str]:
    """The values of an enumeration of strings."""
    body = classes[name].body if name in classes else []
    return [
        node.value.value
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def string_list(path: Path, name: str) -> frozenset[str]:
    """The strings in a module's list of this name."""
    for node in ast.parse(read_source(path)).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            elements = node.value.elts if isinstance(node.value, ast.List) else []
            return frozenset(
                e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)
            )
    return frozenset()


def listed_strings(path: Path) -> frozenset[str]:
    """Every string in any list or set of a module."""
    return frozenset(
        element.value
        for node in ast.walk(ast.parse(read_source(path)))
        if isinstance(node, ast.List | ast.Set)
        for element in node.elts
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    )


def argument_annotations(
    path: Path, function: str, in_class: str | None = None
) -> dict[str, ast.expr | None]:
    """Name → annotation (None if it has none), for the arguments of a function or of a method.

    Only the signature is parsed: the files have up to 15,000 lines.
    """
    source = read_source(path)
    indent = "    " if in_class else ""
    begin = re.search(rf"^class {in_class}\b", source, re.MULTILINE) if in_class else None
    if in_class and begin is None:
        return {}
    signature = re.compile(
        rf"^{indent}(def {function}\(.*?\n{indent}\)[^\n]*:)(?:\s*#[^\n]*)?\n", re.DOTALL | re.MULTILINE
    ).search(source, begin.end() if begin else 0)
    if signature is None:
        return {}
    try:
        parsed = ast.parse(signature.group(1) + " pass").body[0]
    except SyntaxError:
        return {}
    if not isinstance(parsed, ast.FunctionDef):
        return {}
    arguments = parsed.args.args + parsed.args.kwonlyargs
    return {argument.arg: argument.annotation for argument in arguments if argument.arg != "self"}


def arguments_of_constructors(path: Path) -> frozenset[str]:
    """The arguments of every `__init__` of a module, and its strings, which may be keys read from keyword arguments."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(read_source(path))):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            names |= {argument.arg for argument in node.args.args + node.args.kwonlyargs}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            names.add(node.value)
    return frozenset(names - {"self"})


def is_read_setting(name: str) -> bool:
    """Whether any of LiteLLM's files reads `name` as an attribute of the module or from `litellm_settings`."""
    word = re.escape(name)
    reading = re.compile(
        rf"litellm\.{word}\b"
        rf"|getattr\(\s*\w*litellm\w*,\s*[\"']{word}[\"']"
        rf"|litellm_settings[\"']?(?:, \{{\}}\))?(?: or \{{\}}\))?(?:\.get\(|\[)\s*[\"']{word}[\"']"
        rf"|[\"']{word}[\"'] (?:not )?in \w*litellm_settings\b"
    )
    return any(reading.search(text) for text in _files_with(name))


def is_read_general_setting(name: str) -> bool:
    """Whether any LiteLLM file that mentions `general_settings` has `name` in quotes or as a field."""
    reading = re.compile(rf"[\"']{re.escape(name)}[\"']|^ +{re.escape(name)}:", re.MULTILINE)
    return any("general_settings" in text and reading.search(text) for text in _files_with(name))


def is_read_parameter(name: str) -> bool:
    """Whether any file that makes calls reads `name` from the call's or a provider's parameters."""
    word = re.escape(name)
    reading = re.compile(rf"[\"']{word}[\"']|^    (?:    )?{word}: ", re.MULTILINE)
    under = ("llms", "vector_stores", "main.py", "utils.py", "router.py")
    return any(reading.search(text) for text in _files_with(name, *under))


def _files_with(word: str, *under: str) -> Iterator[str]:
    """The contents of LiteLLM's files that contain a word; with `under`, only of these folders and files."""
    sought = word.encode()
    for path, content in _all_files():
        if sought in content and (not under or path.parts[0] in under):
            yield content.decode("utf-8", "replace")


@functools.lru_cache(maxsize=1)
def _all_files() -> list[tuple[Path, bytes]]:
    """Every source file with its path inside its package: 37 MB, read only if a name is not known otherwise."""
    return [
        (path.relative_to(folder), path.read_bytes())
        for package in ("litellm", "litellm_enterprise")
        if (folder := folder_of(package)) is not None
        for path in sorted(folder.rglob("*.py"))
    ]
