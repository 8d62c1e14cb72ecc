"""The exercises' solutions: kept out of the lessons, put in by `gateway-kit notebooks --solutions`.

A solution is a file `solved/<exercise>.py`; it solves what the code cell tagged `exercise-<exercise>` asks for.
"""

from __future__ import annotations

from importlib.resources import files

import nbformat

from gateway_kit.errors import LessonError

_TAG = "exercise-"


def exercises_in(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """Exercise → its one cell to edit; raises LessonError where two cells claim the same exercise."""
    found: dict[str, nbformat.NotebookNode] = {}
    for cell in notebook.cells:
        for name in _tagged(cell):
            if name in found:
                raise LessonError(f"two cells are tagged {_TAG}{name}")
            found[name] = cell
    return found


def _tagged(cell: nbformat.NotebookNode) -> list[str]:
    return [tag.removeprefix(_TAG) for tag in cell.metadata.get("tags", []) if tag.startswith(_TAG)]


def solution(exercise: str) -> str:
    """The code that solves an exercise; raises LessonError where none is kept."""
    path = files("gateway_kit.lessons") / "solved" / f"{exercise}.py"
    if not path.is_file():
        raise LessonError(f"no solution is kept for exercise {exercise}")
    return path.read_text().strip()


def inject_solutions(notebook: nbformat.NotebookNode) -> list[str]:
    """Add, after the last exercise, each exercise's solution and its check once more, in place; the exercises' names.

    So one execution shows both: the lesson as it is, whose checks say what is still to do, and as it is solved. A
    check is the next cell of code after the exercise's own.
    """
    found = exercises_in(notebook)
    added, last = [], 0
    for name, cell in found.items():
        last = notebook.cells.index(cell)
        added.append(nbformat.v4.new_code_cell(solution(name), metadata={"tags": [f"solution-{name}"]}))
        following = [c for c in notebook.cells[last + 1 :] if c.cell_type == "code"][:1]
        for check in following:
            if not _tagged(check):
                added.append(nbformat.v4.new_code_cell(check.source))
                last = notebook.cells.index(check)
    notebook.cells[last + 1 : last + 1] = added
    return list(found)
