"""JupyterLab in a browser: a copy of a lesson is opened, executed and looked at as a person does it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx
import nbformat
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
CLI = Path(sys.executable).parent / "gateway-kit"

# A lesson's slowest cell, on a machine that does other things as well.
CELL_TIMEOUT_MS = 90_000


class LabProgram:
    """`gateway-kit lab` on a stack that runs; copies of lessons lie in a folder of their own in the working copy.

    JupyterLab saves what it shows, and the lessons are kept without outputs.
    """

    def __init__(self, home: Path, folder: str | None = None) -> None:
        self.home = home
        self.folder = ROOT / "out" / (folder or f"lab-{secrets.token_hex(4)}")
        self._program: subprocess.Popen[str] | None = None
        self.base_url = self.token = ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        environ = {**os.environ, "GATEWAY_HOME": str(self.home)}
        settings = self.home / "lab"
        settings.mkdir(mode=0o700, exist_ok=True)
        # Cells outside of the window stay in the page, where a test can find them.
        tracker = '{"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}'
        (settings / "overrides.json").write_text(tracker)
        self._program = subprocess.Popen(
            [str(CLI), "lab", "--no-browser"],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._program.stdout is not None
        found = re.search(r"(http\S+)/lab/\S+token=(\S+)", self._program.stdout.readline())
        assert found, "gateway-kit lab printed no address"
        self.base_url, self.token = found.groups()
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            # The session has the kernels too: a test that failed may have left one at work.
            self._program.terminate()
            try:
                self._program.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._program.pid, signal.SIGKILL)
                self._program.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.base_url}/api/status", params={"token": self.token}, trust_env=False)
                return
            except httpx.TransportError:
                assert time.monotonic() < end, "JupyterLab does not answer"
                time.sleep(0.2)

    def copy(self, lesson: str) -> str:
        """A copy of a lesson; its path in JupyterLab."""
        shutil.copy(ROOT / "notebooks" / f"{lesson}.ipynb", self.folder)
        return f"{self.folder.relative_to(ROOT)}/{lesson}.ipynb"

    def write(self, name: str, *cells: str) -> str:
        """A notebook of these code cells; its path in JupyterLab."""
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": spec})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(notebook, self.folder / f"{name}.ipynb")
        return f"{self.folder.relative_to(ROOT)}/{name}.ipynb"


class NotebookPage:
    """A notebook that is open in a page."""

    def __init__(self, page: Page, lab: LabProgram, path: str) -> None:
        self.page = page
        # A workspace of its own: what another test had open is not opened again.
        workspace = f"{lab.base_url}/lab/workspaces/{secrets.token_hex(4)}/tree/{path}"
        page.goto(f"{workspace}?token={lab.token}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        expect(page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("Python 3", timeout=60_000)
        expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=60_000)

    def cell(self, text: str) -> Locator:
        """The one code cell that contains a text."""
        found = self.page.locator(".jp-CodeCell", has=self.page.locator(".jp-InputArea", has_text=text))
        expect(found).to_have_count(1)
        return found

    def run_up_to(self, text: str, *, alone: bool = False) -> Locator:
        """The output of the cell with `text`, once it and all above it (or it `alone`) ran without an error."""
        cell = self.cell(text)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        if not alone:
            self._select(cell)
            self._menu("Run All Above Selected Cell")
        self._select(cell)
        # Queued behind those above it.
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=3 * CELL_TIMEOUT_MS)
        self.expect_no_error()
        return cell.locator(".jp-Cell-outputWrapper")

    def _select(self, cell: Locator) -> None:
        cell.locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Escape")

    def run_all(self) -> None:
        """Execute the whole notebook, and wait until its last cell has been."""
        self._menu("Run All Cells")
        last = self.page.locator(".jp-CodeCell .jp-InputPrompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=3 * CELL_TIMEOUT_MS)
        self.expect_no_error()

    def expect_no_error(self) -> None:
        """Fail with the traceback that a cell shows."""
        shown = self.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")
        errors = self.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']")
        assert errors.all_inner_texts() == [], shown.all_inner_texts()

    def shut_down(self) -> None:
        """End the kernel, as a person who is done."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
        expect(self.page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("No Kernel")

    def _menu(self, entry: str) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()


def host_of(url: str) -> str:
    return urlsplit(url).hostname or url
