"""The private parts of Langfuse's SDK: used in one module only, by the version that is pinned."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = {"LangfuseResourceManager", "_instances", "_lock", "_resources"}


def test_one_module_uses_them():
    users = [
        path.name
        for path in (ROOT / "gateway_kit").rglob("*.py")
        if "node_modules" not in path.parts
        if re.search(r"(from|import) langfuse\._|langfuse\.\w+\._", path.read_text())
    ]
    assert users == ["langfuse_sdk.py"]


def test_its_docstring_names_all_of_them():
    source = (ROOT / "gateway_kit/tracing/langfuse_sdk.py").read_text()
    tree = ast.parse(source)
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and node.attr != "_lock"
    }
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and re.search(r"\._", node.module or "")
        for alias in node.names
    }
    assert private | imported | {"_lock"} == PRIVATE
    assert all(f"`{name}`" in (ast.get_docstring(tree) or "").replace("Langfuse._", "_") for name in PRIVATE)


def test_the_sdk_is_pinned_exactly_and_installed_so():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [
        *project["dependencies"],
        *(line for extra in project.get("optional-dependencies", {}).values() for line in extra),
    ]
    pins = [line for line in every if re.match(r"langfuse\b", line)]
    assert pins == [f"langfuse=={version('langfuse')}"]
