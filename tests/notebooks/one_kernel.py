"""A kernel in which one lesson runs after the other: it imports what they need once, which takes it seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import nbformat
from nbclient import NotebookClient

from tests.conftest import FOREIGN

# What a new kernel begins with, but for the modules: no names, no panels, no memory of failed cells, and the variables
# of its environment.
_AS_NEW = """%reset -f
import os
import IPython
import ipywidgets

def as_new(known, folder, events=IPython.get_ipython().events):
    for remembered in list(events.callbacks["post_run_cell"]):
        if type(remembered).__name__ == "FailedCells":
            events.unregister("post_run_cell", remembered)
    for name, value in known.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    os.chdir(folder)
    ipywidgets.Widget.close_all()

as_new({known!r}, {folder!r})
del as_new, os, IPython, ipywidgets"""


class OneKernel:
    """Runs lessons as notebooks that know of a stack only what their environment says."""

    def __init__(self) -> None:
        self._client: NotebookClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.nb = nbformat.v4.new_notebook()
            self._client.execute()  # which ends the kernel

    def run(self, lesson: Path, env: Mapping[str, str], folder: Path) -> nbformat.NotebookNode:
        """The lesson with all of its cells executed in this folder, those after an error too."""
        notebook = nbformat.read(lesson, as_version=4)
        known = {name: env.get(name) for name in (*FOREIGN, "GATEWAY_HOME")}
        begin = nbformat.v4.new_code_cell(_AS_NEW.format(known=known, folder=str(folder)))
        notebook.cells.insert(0, begin)
        if self._client is None:
            self._client = NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True)
        self._client.nb = notebook
        self._client.execute(env=dict(env), cleanup_kc=False)
        assert begin.outputs == []
        del notebook.cells[0]
        return notebook
