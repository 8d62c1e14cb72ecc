"""The lessons' pages: the stored lesson with the outputs of its last run, exercises unsolved.

    python -m tools.book.lessons [FOLDER]   # names the lessons that have to be executed (for `gateway-kit notebooks`)

A run with solutions fits too: it adds cells, and the lesson's own cells ran unsolved. Texts are the stored lesson's.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat

from gateway_kit.lessons.port_offset import port_offset
from tools.book.links import CODE, ROOT, relinked
from tools.book.outputs import neutral

EXECUTED = ROOT / "out" / "lessons"
# Where the lessons are kept for download, outside of the pages.
DOWNLOADS = "downloads"
_BOX = """```{{admonition}} Run this lesson
:class: tip
{what} To run it yourself, [start the kit](../index.md#start) on your machine with `make lab` or in a Codespace, and \
open your copy, `my_lessons/{name}`. Or take {{download}}`{name} <../{downloads}/{name}>` and open it in a JupyterLab \
that has the kit.
```"""
_EXECUTED = (
    "The outputs are from {date}, and yours will differ a little. The exercises are still to do, and panels are shown "
    "without their controls."
)
_CODE_OR_HEADING = re.compile(CODE + r"|^(?P<marks>#+) ", re.MULTILINE | re.DOTALL)
_STORED = "This page shows the lesson without outputs."


def lessons() -> list[Path]:
    """The lessons as they are stored, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook."""
    return nbformat.read(path, as_version=4)


def executed(stored: nbformat.NotebookNode, path: Path) -> nbformat.NotebookNode | None:
    """The run at `path`, if it is one of this lesson with its present code, and nothing failed; else None."""
    try:
        run = read(path)
    except (OSError, ValueError):
        return None
    ran = {cell.id: cell for cell in run.cells if cell.cell_type == "code" and cell.execution_count}
    own = [cell for cell in stored.cells if cell.cell_type == "code"]
    same = all(cell.id in ran and ran[cell.id].source == cell.source for cell in own)
    failed = any(output.output_type == "error" for cell in ran.values() for output in cell.outputs)
    return run if same and not failed else None


def to_execute(folder: Path) -> list[str]:
    """The names of the lessons whose run in `folder` is missing, failed, or ran other code."""
    return [path.stem for path in lessons() if executed(read(path), folder / path.name) is None]


def pages(folder: Path | None) -> Iterator[tuple[str, str]]:
    """(file name, notebook as JSON) of each lesson's page, with the outputs of its run in `folder`, if there is one."""
    for path in lessons():
        stored = read(path)
        run = executed(stored, folder / path.name) if folder else None
        yield path.name, nbformat.writes(_page(path.name, stored, run))


def _page(
    name: str, stored: nbformat.NotebookNode, run: nbformat.NotebookNode | None
) -> nbformat.NotebookNode:
    page = copy.deepcopy(stored)
    outputs = {cell.id: cell.get("outputs", []) for cell in run.cells} if run else {}
    offset = port_offset(run) if run else 0
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [_shown(output, offset) for output in outputs.get(cell.id, [])]
        else:
            cell.source = relinked(cell.source, f"notebooks/{name}")
    date = run.metadata.get("papermill", {}).get("end_time", "")[:10] if run else ""
    _nest(page)
    title, _, rest = page.cells[0].source.partition("\n")
    what = _EXECUTED.format(date=date) if run else _STORED
    page.cells[0].source = f"{title}\n\n{_BOX.format(what=what, name=name, downloads=DOWNLOADS)}\n{rest}"
    return page


def _nest(page: nbformat.NotebookNode) -> None:
    """Give a lesson with parts, whose headings are of the first level, one title: all other headings go below it."""
    texts = [cell for cell in page.cells if cell.cell_type == "markdown"]
    marks = [match["marks"] for cell in texts for match in _CODE_OR_HEADING.finditer(cell.source)]
    if marks.count("#") > 1:
        for place, cell in enumerate(texts):
            title = "" if place else cell.source.partition("\n")[0]
            below = _CODE_OR_HEADING.sub(
                lambda match: match["code"] or f"#{match[0]}", cell.source.removeprefix(title)
            )
            cell.source = title + below


def _shown(output: nbformat.NotebookNode, offset: int) -> nbformat.NotebookNode:
    """An output without this machine's ports and folders; the kit's own kinds of data are for programs alone."""
    folders = (ROOT, Path.home())
    if "text" in output:
        output.text = neutral(output.text, offset, folders)
    if "data" in output:
        output.data = nbformat.from_dict(dict(_kept(output.data, offset, folders)))
    return output


def _kept(data: Mapping[str, str], offset: int, folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    kinds = set(data)
    for kind, content in data.items():
        if kind.startswith("image/") and "text/html" in kinds:
            continue  # the picture is in the HTML too, with its text alternative
        if kind.startswith("text/"):
            yield kind, neutral(content, offset, folders)
        elif kind.startswith("image/"):
            yield kind, content


if __name__ == "__main__":
    sys.stdout.write(" ".join(to_execute(Path(sys.argv[1]) if len(sys.argv) > 1 else EXECUTED)))
