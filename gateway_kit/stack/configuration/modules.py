"""Findings about Python code that a configuration names: its modules, their attributes and their imports.

The code is read, not run: `up` checks a configuration too, and running the code there would repeat its side effects.
`module_loading` checks that it loads; and a new gateway replaces the old one only once it answers.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.module_references import ModuleReference, module_references
from gateway_kit.stack.configuration.module_source import (
    attributes_of,
    imports_of,
    local_files,
    parsed,
    relative_imports_of,
)


def check_modules(root: yaml.Node, folder: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about every module that a configuration in `folder` names, at the line that names it."""
    for reference in module_references(root, folder, env):
        yield from _check(reference, folder)


def module_files(root: yaml.Node, folder: Path, env: Mapping[str, str]) -> list[Path]:
    """The files of a configuration's modules: those it names, and those they import from `folder`."""
    named = [each.path for each in module_references(root, folder, env) if each.path is not None]
    return local_files(named, folder)


def _check(reference: ModuleReference, folder: Path) -> Iterator[Finding]:
    if reference.path is None:
        yield from _check_installed(reference, folder)
        return
    name = reference.path.relative_to(folder)
    if reference.beside_only and "." in reference.module:
        message = (
            f"`{reference.setting}: {_value(reference)}`: LiteLLM looks only in the configuration's folder."
        )
        fix = f"Move {name} there, and write `{reference.path.stem}.{reference.attribute}`."
        yield finding_at(reference.node, "error", "module", message, fix)
        return
    tree = parsed(reference.path)
    if isinstance(tree, str):
        yield finding_at(
            reference.node, "error", "module", f"{name} cannot be loaded: {tree}.", f"Fix {reference.path}."
        )
        return
    known = attributes_of(tree)
    if known is not None and reference.attribute not in known:
        meant = closest(reference.attribute, known, cutoff=0.6)
        public = sorted(name for name in known if not name.startswith("_"))
        fix = (
            f"Did you mean `{reference.module}.{meant}`?"
            if meant
            else f"Write one of those that it has: {', '.join(public)}."
            if public
            else f"Define it in {reference.path}."
        )
        message = f"{name} has no `{shown(reference.attribute)}`."
        yield finding_at(reference.node, "error", "module", message, fix)
    for file in local_files([reference.path], folder):
        yield from _check_imports(reference, file, folder)


def _check_imports(reference: ModuleReference, file: Path, folder: Path) -> Iterator[Finding]:
    tree = parsed(file)
    name = file.relative_to(folder)
    if isinstance(tree, str):
        if file != reference.path:
            message = f"{name}, which {reference.module} imports, cannot be loaded: {tree}."
            yield finding_at(reference.node, "error", "module", message, f"Fix {file}.")
        return
    if file == reference.path:
        for line in relative_imports_of(tree):
            message = (
                f"{name} line {line} uses a relative import, which fails: LiteLLM loads the file on its own."
            )
            yield finding_at(
                reference.node, "error", "module", message, "Write `from NAME import …`, without the dot."
            )
    for top, line in imports_of(tree):
        if (folder / f"{top}.py").is_file() or (folder / top).is_dir() or _is_installed(top):
            continue
        message = f"{name} line {line} imports `{shown(top)}`, which is not beside it and not installed."
        fix = f"Install it where the gateway runs: {_pip()} install {shown(top)}"
        yield finding_at(reference.node, "error", "module", message, fix)


def _check_installed(reference: ModuleReference, folder: Path) -> Iterator[Finding]:
    top = reference.module.split(".")[0]
    package = folder / top / "__init__.py"
    if not reference.beside_only and (package.is_file() or _has_submodule(reference.module)):
        return
    file = f"{reference.module.replace('.', '/')}.py"
    message = f"`{reference.setting}: {_value(reference)}` names {file}, which is not in {folder}"
    message += "." if reference.beside_only else ", nor is such a module installed."
    stems = [file.stem for file in folder.glob("*.py")] if folder.is_dir() else []
    meant = closest(reference.module, stems, cutoff=0.6)
    fix = (
        f"Did you mean `{meant}.{reference.attribute}`?"
        if meant
        else f"Put {file} there, or correct the name."
    )
    yield finding_at(reference.node, "error", "module", message, fix)


def _value(reference: ModuleReference) -> str:
    return shown(f"{reference.module}.{reference.attribute}")


def _is_installed(top: str) -> bool:
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _has_submodule(module: str) -> bool:
    """Whether an installed module has this dotted name; nothing is imported."""
    top, *rest = module.split(".")
    if not _is_installed(top):
        return False
    spec = importlib.util.find_spec(top)
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for part in rest:
        files = [place / part for place in places]
        places = [file for file in files if file.is_dir()]
        if not places and not any(True for file in files for _ in file.parent.glob(f"{file.name}.*")):
            return False
    return True


def _pip() -> str:
    return f"{sys.executable} -m pip"
