"""Check the committed lessons, one by one and against README.

No outputs, short cells, asserts with a sentence, a `parameters` cell first, panels that stay, the same minutes wherever
they are stated, and after "Next" the next lesson.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.link_glossary import missing, prose

ROOT = Path(__file__).resolve().parent.parent
MAX_CELLS = 40
MAX_LINES = 25
_MINUTES = re.compile(r"\b(\d+) minutes\.\*\*")


def problems(path: Path) -> list[str]:
    """The problems of one lesson, one line each."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    messages = []
    if any(cell.outputs or cell.execution_count for cell in code):
        messages.append("has stored outputs; run: nbstripout " + str(path.relative_to(ROOT)))
    if extra := sorted({"widgets", "papermill"} & set(notebook.metadata)):
        messages.append(f"has stored metadata: {', '.join(extra)}")
    if len(notebook.cells) > MAX_CELLS:
        messages.append(f"has {len(notebook.cells)} cells; the limit is {MAX_CELLS}")
    for number, cell in enumerate(notebook.cells, start=1):
        lines = len(cell.source.splitlines())
        if cell.cell_type == "code" and lines > MAX_LINES:
            messages.append(f"cell {number} has {lines} lines of code; the limit is {MAX_LINES}")
        if cell.cell_type == "code" and ("%pip" in cell.source or "sys.path" in cell.source):
            messages.append(f"cell {number} changes the environment (%pip or sys.path)")
        if cell.cell_type == "code":
            messages += [
                f"cell {number} has an assert without a sentence: {text}"
                for text in bare_asserts(cell.source)
            ]
    if not code or "parameters" not in code[0].metadata.get("tags", []):
        messages.append("its first code cell is not tagged `parameters`")
    if not any("gateway.clear_leftovers(" in cell.source for cell in code if "= connect(" in cell.source):
        messages.append("does not call gateway.clear_leftovers in the cell of connect()")
    messages += [
        f"closes the panel `{name}`: leave panels open, since after Run All the reader wants to use them"
        for name in closed_panels([cell.source for cell in code])
    ]
    if unlinked := [term for term, *_ in missing([cell.source for cell in prose(notebook)])]:
        messages.append(f"does not link {', '.join(unlinked)}; run: python tools/link_glossary.py")
    return messages


def bare_asserts(source: str) -> list[str]:
    """The asserts that would fail without saying what they mean."""
    asserts = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert))
    return [ast.unparse(node) for node in asserts if node.msg is None]


def closed_panels(sources: Sequence[str]) -> list[str]:
    """The names of panels that a lesson makes and closes, although a clean-up removes only what disturbs."""
    made = {
        name for source in sources for name in re.findall(r"^(\w+) = widgets\.\w+\(", source, re.MULTILINE)
    }
    closed = {name for source in sources for name in re.findall(r"\b(\w+)\.close\(\)", source)}
    return sorted(made & closed)


def course_problems(lessons: Sequence[tuple[str, nbformat.NotebookNode]], readme: str) -> list[str]:
    """What does not fit together: `lessons` are (name, notebook) in the order of the course."""
    messages = []
    for place, (name, notebook) in enumerate(lessons):
        texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        stated = _MINUTES.findall(texts[0]) if texts else []
        listed = re.findall(rf"^\| \[`{name}`\]\([^)]+\) \| (\d+) \|", readme, re.MULTILINE)
        if len(stated) != 1 or stated != listed:
            messages.append(f"{name}: its first cell states {stated} minutes, README {listed}")
        following = [text for text in texts if "**Next**" in text]
        if len(following) != 1:
            messages.append(f"{name}: has {len(following)} texts with **Next**, not one")
        elif place + 1 < len(lessons):
            wanted, sentence = lessons[place + 1][0], following[0].split("**Next**")[1].split("\n")[0]
            if f"({wanted}.ipynb)" not in sentence:
                messages.append(f"{name}: **Next** does not link the next lesson, {wanted}.ipynb")
    return messages


def main() -> int:
    """Print every problem; exit with 1 if there is any."""
    failed = False
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    course = [(path.stem, nbformat.read(path, as_version=4)) for path in lessons]
    for problem in course_problems(course, (ROOT / "README.md").read_text(encoding="utf-8")):
        failed = True
        print(problem)
    for path in lessons:
        for problem in problems(path):
            failed = True
            print(f"{path.relative_to(ROOT)}: {problem}")
    print(f"{len(lessons)} lessons checked")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
