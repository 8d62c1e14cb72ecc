"""The exercises' solutions, which `solution` shows and `gateway-kit notebooks --solutions` adds to the lessons.

The file `solved/<exercise>.py` solves the code cell tagged `exercise-<exercise>`.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from gateway_kit.errors import LessonError

if TYPE_CHECKING:  # a notebook in an editor has a kernel without this package
    import nbformat

_TAG = "exercise-"


def exercises_in(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """Exercise → its cell. Raises LessonError if two cells have the same exercise."""
    cells: dict[str, nbformat.NotebookNode] = {}
    for cell in notebook.cells:
        for name in _tagged(cell):
            if name in cells:
                raise LessonError(f"two cells are tagged {_TAG}{name}")
            cells[name] = cell
    return cells


def _tagged(cell: nbformat.NotebookNode) -> list[str]:
    return [tag.removeprefix(_TAG) for tag in cell.metadata.get("tags", []) if tag.startswith(_TAG)]


def solved_code(exercise: str) -> str:
    """The code that solves an exercise. Raises LessonError if there is none."""
    path = files("gateway_kit.lessons") / "solved" / f"{exercise}.py"
    if not path.is_file():
        raise LessonError(f"there is no solution for exercise {exercise}")
    return path.read_text().strip()


def inject_solutions(notebook: nbformat.NotebookNode) -> list[str]:
    """Add each exercise's solution and its check after the last exercise, in place; returns the exercises' names.

    So one execution shows the lesson both unsolved and solved. The check of an exercise is the next code cell.
    """
    import nbformat

    exercises = exercises_in(notebook)
    added, last = [], 0
    for name, cell in exercises.items():
        last = notebook.cells.index(cell)
        added.append(nbformat.v4.new_code_cell(solved_code(name), metadata={"tags": [f"solution-{name}"]}))
        following = [c for c in notebook.cells[last + 1 :] if c.cell_type == "code"][:1]
        for check in following:
            if not _tagged(check):
                added.append(nbformat.v4.new_code_cell(check.source))
                last = notebook.cells.index(check)
    notebook.cells[last + 1 : last + 1] = added
    return list(exercises)
