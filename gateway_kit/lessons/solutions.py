"""The exercises' solutions: kept out of the lessons, put in by `gateway-kit notebooks --solutions`.

A solution is a file `solved/<exercise>.py`; it replaces the code cell whose tags hold `exercise-<exercise>`.
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
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(_TAG):
                name = tag.removeprefix(_TAG)
                if name in found:
                    raise LessonError(f"two cells are tagged {tag}")
                found[name] = cell
    return found


def solution(exercise: str) -> str:
    """The code that solves an exercise; raises LessonError where none is kept."""
    path = files("gateway_kit.lessons") / "solved" / f"{exercise}.py"
    if not path.is_file():
        raise LessonError(f"no solution is kept for exercise {exercise}")
    return path.read_text().strip()


def inject_solutions(notebook: nbformat.NotebookNode) -> list[str]:
    """Replace each exercise's cell by its solution, in place; the exercises' names."""
    found = exercises_in(notebook)
    for name, cell in found.items():
        cell.source = solution(name)
    return list(found)
