"""Read a Python file without running it: the names it defines, its imports, and the files those lead to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

# Functions that can define names at run time, which reading cannot see.
_DYNAMIC = frozenset({"globals", "setattr", "exec", "eval", "vars"})

# The most files to follow; a folder with more is a whole project.
_MOST_FILES = 500


def parsed(path: Path) -> ast.Module | str:
    """The syntax tree of a file, or the error: `line 3: invalid syntax`."""
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as exc:
        return f"line {exc.lineno}: {exc.msg}" if exc.lineno else str(exc.msg)
    except OSError as exc:
        return str(exc.strerror)
    except (ValueError, RecursionError, MemoryError) as exc:
        return str(exc) or type(exc).__name__


def attributes_of(tree: ast.Module) -> set[str] | None:
    """The names that a module has once loaded; None if only loading it can show them."""
    names: set[str] = set()
    for node in _at_load(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    declared = any(isinstance(node, ast.Global) for node in ast.walk(tree))
    return None if names & {"*", "__getattr__"} or called & _DYNAMIC or declared else names


def imports_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(top-level package, line) of each absolute import at load time outside `try` and `if`."""
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    guarded |= {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) for inner in ast.walk(node)}
    for node in _at_load(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.split(".")[0], node.lineno


def relative_imports_of(tree: ast.Module) -> Iterator[int]:
    """The lines of relative imports that run when the module is loaded."""
    return (node.lineno for node in _at_load(tree) if isinstance(node, ast.ImportFrom) and node.level)


def local_files(named: Iterable[Path], folder: Path) -> list[Path]:
    """The named files and, recursively, the files in `folder` that they import."""
    files: dict[Path, None] = {}
    waiting = list(named)
    while waiting and len(files) < _MOST_FILES:
        file = waiting.pop(0)
        if file in files:
            continue
        files[file] = None
        tree = parsed(file)
        if isinstance(tree, str):
            continue
        tops = {
            name.split(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
        }
        for top in sorted(tops - {""}):
            if (folder / f"{top}.py").is_file():
                waiting.append(folder / f"{top}.py")
            elif (folder / top).is_dir():
                waiting += sorted((folder / top).rglob("*.py"))
    return list(files)


def _at_load(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is loaded: not the bodies of its functions and classes."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.AnnAssign) and node.value is None:
            continue  # only an annotation: defines no name
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        waiting += list(ast.iter_child_nodes(node))
