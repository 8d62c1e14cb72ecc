"""In a notebook: which failed cell should have set a name that a later cell lacks."""

from __future__ import annotations

import ast
import sys
from typing import Any


def explain_missing_names() -> None:
    """From now on, a cell that ends with a NameError says so if an earlier cell failed to set that name.

    Outside of IPython nothing happens.
    """
    interactive = sys.modules.get("IPython.core.getipython")
    shell = interactive.get_ipython() if interactive is not None else None
    if shell is None or any(isinstance(c, FailedCells) for c in shell.events.callbacks["post_run_cell"]):
        return
    shell.events.register("post_run_cell", FailedCells(shell))


class FailedCells:
    """What IPython calls after each cell. It remembers the names that failed cells should have set, and why."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._reasons: dict[str, str] = {}

    def __call__(self, result: Any) -> None:
        """Remember a failed cell's names; explain a NameError."""
        error = result.error_before_exec or result.error_in_exec
        names = self._names_set_by(result.info.raw_cell or "")
        if error is None:
            for name in names:
                self._reasons.pop(name, None)
            return
        missing = error.name if isinstance(error, NameError) else None
        if missing in self._reasons:
            reason = self._reasons[missing]  # the first failure, not the ones that follow from it
            print(f"`{missing}` is not there, because {reason}")  # noqa: T201  # shown below the error
        else:
            lines = str(error).splitlines() or [""]
            reason = f"In[{result.execution_count}] ended with {type(error).__name__}: {lines[0]}"
        for name in names - set(self._shell.user_ns):
            self._reasons[name] = reason

    def _names_set_by(self, cell: str) -> set[str]:
        """The variables, functions and imports that a cell sets at its top level; none if it is no Python."""
        try:
            return _names_set_in(ast.parse(self._shell.transform_cell(cell)))
        except (SyntaxError, ValueError):
            return set()


def _names_set_in(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue  # what is inside is its own
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        if not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            waiting.extend(ast.iter_child_nodes(node))
    return found
