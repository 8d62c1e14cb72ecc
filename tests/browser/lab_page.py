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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import nbformat
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLongError
from watch import Watch

ROOT = Path(__file__).resolve().parents[2]
CLI = Path(sys.executable).parent / "gateway-kit"

WIDE, NARROW = (1440, 900), (390, 844)

# What sticks out of its panel; what lies in a part that can be scrolled may, and a slider's handle.
OUTSIDE = """root => {
  const room = root.getBoundingClientRect();
  // Within the panel: the notebook's own cells have a tabindex too.
  const scrolled = [...root.querySelectorAll("[tabindex='0']")];
  return [...root.querySelectorAll("*")]
    .filter(e => e.checkVisibility() && !scrolled.some(part => part.contains(e)))
    .filter(e => e.getBoundingClientRect().right > room.right + 2 || e.getBoundingClientRect().left < room.left - 2)
    .map(e => e.outerHTML.slice(0, 200));
}"""

# JupyterLab shows an error as what was written to stderr.
WRITTEN = "[data-mime-type='application/vnd.jupyter.stderr']"
FAILED = r"Traceback \(most recent call last\)|run: %tb"
EXECUTED_OR_FAILED = f"""prompt => /\\[\\d+\\]:/.test(prompt.textContent)
  || [...document.querySelectorAll("{WRITTEN}")].some(e => /{FAILED}/.test(e.textContent))"""

# A lesson's slowest cell, on a machine that does other things as well.
CELL_TIMEOUT_MS = 90_000


# JupyterLab's own, if a kernel ends while its debugger still asks that kernel for its state.
KERNEL_ENDED = "Could not restore the debugger state: Canceled future"


class LabProgram:
    """`gateway-kit lab` on a stack that runs; copies of lessons lie in a folder of their own in the working copy.

    JupyterLab saves what it shows, and the lessons are kept without outputs.
    """

    def __init__(self, home: Path, folder: str | None = None) -> None:
        self.home = home
        self.folder = ROOT / "out" / (folder or f"lab-{secrets.token_hex(4)}")
        self._program: subprocess.Popen[str] | None = None
        self.base_url = self.first_page = self.token = ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        settings = self.home / "lab"
        settings.mkdir(mode=0o700, exist_ok=True)
        # Two servers that share the person's folder read each other's half-written workspaces, and answer 500.
        environ = {
            **os.environ,
            "GATEWAY_HOME": str(self.home),
            "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
            "JUPYTERLAB_SETTINGS_DIR": str(settings / "user-settings"),
        }
        # Cells outside of the window stay in the page, where a test can find them.
        tracker = '{"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}'
        (settings / "overrides.json").write_text(tracker)
        with (settings / "log").open("a") as log:
            self._program = subprocess.Popen(
                [str(CLI), "lab", "--no-browser"],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._program.stdout is not None
        found = re.search(r"(http\S+?)(/lab/\S+)\?token=(\S+)", self._program.stdout.readline())
        assert found, "gateway-kit lab printed no address"
        self.base_url, self.first_page, self.token = found.groups()
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            # The session has the kernels too: a test that failed may have left one at work.
            self._program.terminate()
            try:
                self._program.wait(120)
            except subprocess.TimeoutExpired:
                os.killpg(self._program.pid, signal.SIGKILL)
                self._program.wait(120)
            assert self._program.stdout is not None
            self._program.stdout.close()
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
        source = (ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8")
        # The copy lies a folder deeper.
        (self.folder / f"{lesson}.ipynb").write_text(source.replace("../images/", "../../images/"), "utf-8")
        return f"{self.folder.relative_to(ROOT)}/{lesson}.ipynb"

    def write(self, name: str, *cells: str) -> str:
        """A notebook of these code cells; its path in JupyterLab."""
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": spec})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(notebook, self.folder / f"{name}.ipynb")
        return f"{self.folder.relative_to(ROOT)}/{name}.ipynb"


class LabWindow:
    """A wide window with JupyterLab, in which one notebook after the other is opened: loading it takes seconds.

    After a test that left its notebook open there is a new one.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._context: BrowserContext | None = None

    def page(self) -> Page:
        """The window's page, without a notebook."""
        if self._context is None or self._page.locator(".jp-Notebook").count():
            self.close()
            self._context = self._browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
            self._context.set_default_timeout(60_000)
            self._watch = Watch(self._context)
            self._page = self._context.new_page()
        return self._page

    def check(self) -> None:
        """It must not have asked any other host, nor reported an error since it was last checked."""
        errors, self._watch.errors = self._watch.errors, []
        errors = [error for error in errors if not error.startswith(KERNEL_ENDED)]
        assert errors == [], errors
        assert self._watch.hosts == {"127.0.0.1"}

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None


class NotebookPage:
    """A notebook that is open in a page, the only one."""

    def __init__(self, page: Page, lab: LabProgram, path: str) -> None:
        self.page = page
        if page.url.startswith(lab.base_url):
            self._menu("File", "Open from Path…")
            page.locator(".jp-Dialog input").fill(path)
            page.keyboard.press("Enter")
        else:
            # A workspace of its own: what another window had open is not opened again.
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
            self._menu("Run", "Run All Above Selected Cell")
        self._select(cell)
        # Queued behind those above it.
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        self._wait_for(prompt)
        return cell.locator(".jp-Cell-outputWrapper")

    def _select(self, cell: Locator) -> None:
        cell.locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Escape")

    def run_all(self) -> None:
        """Execute the whole notebook, and wait until its last cell has been."""
        self._menu("Run", "Run All Cells")
        self._wait_for(self.page.locator(".jp-CodeCell .jp-InputPrompt").last)

    def clean_up(self) -> None:
        """Execute the last code cell: a lesson takes away there what it made."""
        cell = self.page.locator(".jp-CodeCell").last
        prompt = cell.locator(".jp-InputPrompt")
        self._select(cell)
        self.page.keyboard.press("Control+Enter")
        self._wait_for(prompt)

    def _wait_for(self, prompt: Locator) -> None:
        """Wait until a cell has been executed; fail with the traceback that it, or one before it, shows."""
        # The page looks by itself: asking it for both again and again takes it and the driver longer.
        with suppress(TooLongError):
            arg, timeout = prompt.element_handle(), 3 * CELL_TIMEOUT_MS
            self.page.wait_for_function(EXECUTED_OR_FAILED, arg=arg, polling=100, timeout=timeout)
        failed = self.page.locator(WRITTEN, has_text=re.compile(FAILED)).all_inner_texts()
        assert not failed, failed[0][-2000:]
        assert re.search(r"\[\d+\]:", prompt.inner_text()), f"the cell is still at {prompt.inner_text()}"

    def shut_down(self) -> None:
        """End the kernel and close the notebook, as a person who is done."""
        self._menu("Kernel", "Shut Down Kernel")
        expect(self.page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("No Kernel")
        self._menu("File", re.compile("^Close Tab"))
        notebook, discard = self.page.locator(".jp-Notebook"), self.page.get_by_role("button", name="Discard")
        end = time.monotonic() + 120
        while notebook.count():  # it asks whether to save, unless it just has
            if discard.is_visible():
                discard.click()
            assert time.monotonic() < end, "the notebook does not close"
            self.page.wait_for_timeout(50)

    def choose_theme(self, name: str) -> None:
        """Change JupyterLab's theme, such as "JupyterLab Dark"."""
        self.page.get_by_role("menuitem", name="Settings", exact=True).click()
        for label in ("Theme", name):  # submenus have no role
            self.page.locator(".lm-Menu-itemLabel").get_by_text(label, exact=True).click()

    def _menu(self, menu: str, entry: str | re.Pattern[str]) -> None:
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()


@dataclass
class Shown:
    """A panel on the page, and the notebook that it is in."""

    notebook: NotebookPage
    root: Locator

    def part(self, name: str) -> Locator:
        return self.root.locator(f".gk-{name}")

    def says(self, text: str | re.Pattern[str]) -> None:
        """Wait until the status line says it."""
        expect(self.root.get_by_role("status")).to_contain_text(text)

    def picture(self) -> str:
        """The picture, as the page has it."""
        return self.root.locator(".gk-picture img").get_attribute("src") or ""

    def wait_for_another_picture(self, before: str) -> None:
        expect(self.root.locator(".gk-picture img")).not_to_have_attribute("src", before)

    def heading(self) -> str:
        return self.root.get_by_role("heading").first.inner_text()

    def fit(self, width: int, height: int) -> None:
        """Make the window this large, with nothing but the notebook in it; all of the panel must find room there."""
        page = self.notebook.page
        page.set_viewport_size({"width": width, "height": height})
        if page.locator("#jp-left-stack").is_visible():
            page.get_by_role("tab", name="File Browser").click()
            expect(page.locator("#jp-left-stack")).to_be_hidden()
        self.root.scroll_into_view_if_needed()
        end = time.monotonic() + 120
        while outside := self.root.evaluate(OUTSIDE):
            assert time.monotonic() < end, outside
            page.wait_for_timeout(100)  # while it is laid out anew


def drag(handle: Locator, page: Page, by: int) -> None:
    """Drag a slider's handle with the mouse."""
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=8)
    page.mouse.up()
