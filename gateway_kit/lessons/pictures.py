"""Embeds a lesson's pictures in its executed copy, so that the copy is complete by itself."""

from __future__ import annotations

import base64
import re
from functools import partial
from pathlib import Path

import nbformat

_LOCAL_PNG = re.compile(r"(!\[[^\]]*\]\()([^():\s]+\.png)(\))")


def embed_pictures(executed: Path, lesson_folder: Path) -> int:
    """Turn the PNG files that Markdown cells refer to, relative to `lesson_folder`, into attachments.

    Returns how many. A reference to a missing file stays as it is.
    """
    notebook = nbformat.read(executed, as_version=4)
    embedded = 0

    def attach(cell: nbformat.NotebookNode, match: re.Match[str]) -> str:
        nonlocal embedded
        path = lesson_folder / match[2]
        if not path.is_file():
            return match[0]
        embedded += 1
        png = base64.b64encode(path.read_bytes()).decode()
        cell.setdefault("attachments", {})[path.name] = {"image/png": png}
        return f"{match[1]}attachment:{path.name}{match[3]}"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _LOCAL_PNG.sub(partial(attach, cell), cell.source)
    if embedded:
        nbformat.write(notebook, executed)
    return embedded
