"""Every panel of every lesson in JupyterLab: shown by the lesson's own cells, driven, and looked at in two widths.

The first lesson is executed down to its panel. Of the others, which share a kernel, run the cells that set the lesson
up and those that the panel needs, as after a restart; `tests/notebooks/` executes each lesson whole. What each panel
can do beside this is in `test_widgets_in_lab.py`. GATEWAY_KIT_SCREENSHOTS names a folder that keeps the pictures.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
import pytest
from lab_page import NARROW, ROOT, WIDE, LabProgram, LabWindow, NotebookPage, Shown, drag
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "notebooks"))
from parts import cells_up_to_connect, code_cells  # beside the other tests of lessons

FIRST, PANEL_OF_FIRST = "00_start_here", "panel = widgets.StackPanel()"
# Lesson → how the cells begin that make what its panels show, and that show them.
SHOWN_BY: Mapping[str, tuple[str, ...]] = {
    "01_routing": ("playground = widgets.RoutingPlayground(",),
    "03_simple_caching": ("run = new_run()\nfirst = gateway.ask(", "run = new_run()\nfor _ in range(2):"),
    "04_semantic_caching": (
        "lab = gateway.stack.semantic_gateway(**lab_settings)\nstudy = lab.cache.study()\npairs",
        "slider = widgets.ThresholdSlider(",
    ),
    "05_tracing": ("asked = desk.day(visitors)  # trace", "explorer = widgets.TraceExplorer("),
    "06_cost_and_latency": ("dashboard = widgets.LiveDashboard(", "day, space = the_day(), "),
}
NO_NAMES = "%reset -f"
CLOSED = "import ipywidgets\n\nipywidgets.Widget.close_all()"

Open = Callable[[str], Shown]


def down_to_the_panel(lesson: str) -> list[str]:
    """A lesson's cells that show its panels, in a kernel whose names are gone."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    every = [cell.source for cell in code_cells(notebook)]
    chosen = [next(code for code in every if code.startswith(begin)) for begin in SHOWN_BY[lesson]]
    return [NO_NAMES, *(cell.source for cell in cells_up_to_connect(notebook)), *chosen]


def last_cell(lesson: str) -> str:
    """A lesson takes away there what it made."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    return str(code_cells(notebook)[-1].source)


def mark(lesson: str, what: str | int) -> str:
    """The first line of a lesson's cell, by which it is found."""
    return f"# {lesson}: {what}."


def many_lessons(lab: LabProgram) -> str:
    """A notebook with the cells of all lessons but the first; its path in JupyterLab."""
    cells = []
    for name in SHOWN_BY:
        marked = [*enumerate(down_to_the_panel(name)), ("clean-up", last_cell(name)), ("closed", CLOSED)]
        cells += [f"{mark(name, what)}\n{code}" for what, code in marked]
    return lab.write(f"panels-{secrets.token_hex(4)}", *cells)


@pytest.fixture(scope="module")
def kept() -> Iterator[list[NotebookPage]]:
    """The notebook of many lessons, unless the last test failed in it: its kernel has imported what they need."""
    notebooks: list[NotebookPage] = []
    yield notebooks
    for notebook in notebooks:
        notebook.shut_down()


@pytest.fixture
def lesson(
    lab: LabProgram, lab_window: LabWindow, kept: list[NotebookPage], tmp_path: Path
) -> Iterator[Open]:
    """Runs a lesson's cells, and gives the panel that the last of them shows.

    Afterwards it is looked at in both widths, and the lesson cleans up, for other tests use the same stack.
    """
    opened: list[tuple[str, Shown]] = []

    def one(name: str) -> Shown:
        if name == FIRST:
            notebook = NotebookPage(lab_window.page(), lab, lab.copy(FIRST))
            output = notebook.run_up_to(PANEL_OF_FIRST)
        else:
            notebook = kept.pop() if kept else NotebookPage(lab_window.page(), lab, many_lessons(lab))
            for number in range(len(down_to_the_panel(name))):
                output = notebook.run_up_to(mark(name, number), alone=True)
        shown = Shown(notebook, output.locator(".gk-panel").first)
        expect(shown.root).to_be_visible()
        opened.append((name, shown))
        return shown

    yield one
    folder = Path(os.environ.get("GATEWAY_KIT_SCREENSHOTS", tmp_path))
    for name, shown in opened:
        for width, height in (WIDE, NARROW):
            shown.fit(width, height)
            words = "-".join(re.findall(r"\w+", shown.heading().lower()))
            picture = folder / f"{name}-{words}-{width}.png"
            assert len(shown.root.screenshot(path=picture)) > 10_000
        # The name of the kernel, by which its end is known, has no room in a narrow window.
        shown.notebook.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        if name == FIRST:
            shown.notebook.clean_up()
        else:
            shown.notebook.run_up_to(mark(name, "clean-up"), alone=True)
        # After Run All a reader wants to use the panel.
        expect(shown.root.locator("select, button, input, .noUi-handle").first).to_be_visible()
        if name == FIRST:
            shown.notebook.shut_down()
        else:
            shown.notebook.run_up_to(mark(name, "closed"), alone=True)
            kept.append(shown.notebook)
    lab_window.check()


def test_lesson_00_shows_the_stack(lesson: Open) -> None:
    panel = lesson(FIRST)
    rows = panel.part("services").locator("tbody tr")
    expect(rows.filter(has_text="gateway")).to_contain_text("running")
    panel.part("service").locator("select").select_option("providers")
    expect(panel.part("log")).not_to_be_empty()
    panel.part("stop").click()
    expect(panel.part("question")).to_contain_text("providers")
    panel.part("stop-no").click()
    expect(rows.filter(has_text="providers")).to_contain_text("running")


def test_lesson_01_spreads_calls_by_weight(lesson: Open) -> None:
    panel = lesson("01_routing")
    expect(panel.part("outcome")).to_contain_text("48")
    before = panel.picture()
    panel.root.locator(".gk-weight-openai .noUi-handle").press("Home")
    panel.part("send").click()
    panel.wait_for_another_picture(before)
    panel.says("azure answered most, 100%; 0 of 48 calls failed.")


def test_lesson_03_looks_into_the_cache(lesson: Open) -> None:
    panel = lesson("03_simple_caching")
    choices = panel.part("selected").locator("option")
    expect(choices.nth(1)).to_be_attached()
    first = choices.first.inner_text()
    panel.part("delete-entry").click()
    panel.part("confirm").click()
    panel.says("Deleted 1 entry")
    expect(choices.first).not_to_have_text(first)


def test_lesson_04_weighs_wrong_answers_against_saved_calls(lesson: Open) -> None:
    panel = lesson("04_semantic_caching")
    panel.says("At 0.90")
    before = panel.picture()
    drag(panel.part("threshold-slider").locator(".noUi-handle"), panel.notebook.page, -80)
    panel.wait_for_another_picture(before)
    panel.says(f"At {panel.part('threshold-slider').locator('.widget-readout').inner_text()}")


def test_lesson_05_finds_a_users_traces(lesson: Open) -> None:
    panel = lesson("05_tracing")
    options = panel.part("trace-list").locator("option")
    expect(options).to_have_count(4)
    panel.part("filter-user").locator("input").fill("ann")
    panel.part("search").click()
    expect(options).to_have_count(2)
    before = panel.picture()
    panel.part("trace-list").locator("select").select_option(index=1)
    panel.wait_for_another_picture(before)
    expect(panel.part("tree")).to_contain_text("help_desk")


def test_lesson_06_shows_its_traffic_and_the_month_to_come(lesson: Open) -> None:
    panel = lesson("06_cost_and_latency")
    bill = panel.root.get_by_role("status").inner_text()
    drag(panel.part("hit-rate").locator(".noUi-handle"), panel.notebook.page, 40)
    expect(panel.root.get_by_role("status")).not_to_have_text(bill)
    output = panel.notebook.cell("dashboard = widgets.LiveDashboard(").locator(".jp-Cell-outputWrapper")
    dashboard = Shown(panel.notebook, output.locator(".gk-panel").first)
    dashboard.says(re.compile(r"^\d+ calls"))
    before = dashboard.picture()
    dashboard.part("percentile").locator("select").select_option("p50")
    dashboard.wait_for_another_picture(before)
    before = dashboard.picture()
    dashboard.part("by").locator("select").select_option("provider")
    dashboard.wait_for_another_picture(before)
    dashboard.fit(*NARROW)
