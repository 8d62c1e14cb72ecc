"""Check the committed lessons: stripped of outputs, short cells, a `parameters` cell first, one promise per lesson."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MAX_CELLS = 40
MAX_LINES = 25


def problems(path: Path) -> list[str]:
    """What is wrong with one lesson, a line each."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = []
    if any(cell.outputs or cell.execution_count for cell in code):
        found.append("has stored outputs; run: nbstripout " + str(path.relative_to(ROOT)))
    if extra := sorted({"widgets", "papermill"} & set(notebook.metadata)):
        found.append(f"has stored metadata: {', '.join(extra)}")
    if len(notebook.cells) > MAX_CELLS:
        found.append(f"has {len(notebook.cells)} cells; {MAX_CELLS} are the most a reader sits through")
    for number, cell in enumerate(notebook.cells, start=1):
        lines = len(cell.source.splitlines())
        if cell.cell_type == "code" and lines > MAX_LINES:
            found.append(f"cell {number} has {lines} lines of code; {MAX_LINES} are the most")
        if cell.cell_type == "code" and ("%pip" in cell.source or "sys.path" in cell.source):
            found.append(f"cell {number} changes the environment")
    if not code or "parameters" not in code[0].metadata.get("tags", []):
        found.append("its first code cell is not tagged `parameters`")
    return found


def main() -> int:
    """Print every problem; 1 where there was one."""
    failed = False
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in lessons:
        for problem in problems(path):
            failed = True
            print(f"{path.relative_to(ROOT)}: {problem}")
    print(f"{len(lessons)} lessons checked")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
