"""Every panel of every lesson where a learner meets it: executed down to its cell, driven, and looked at in two widths.

What each panel can do beside this is in `test_widgets_in_lab.py`. GATEWAY_KIT_SCREENSHOTS names a folder that keeps
the pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_page import NARROW, WIDE, LabProgram, NotebookPage, Shown, drag
from playwright.sync_api import Page, expect

Open = Callable[[str, str], Shown]


@pytest.fixture
def lesson(lab: LabProgram, lab_page: Page, tmp_path: Path) -> Iterator[Open]:
    """Opens a lesson, executes it down to the cell with a text, and gives the panel that this cell shows.

    Afterwards it is looked at in both widths, the lesson cleans up, for other tests use the same stack, and the kernel
    is shut down.
    """
    opened: list[tuple[str, Shown]] = []

    def one(name: str, text: str) -> Shown:
        notebook = NotebookPage(lab_page, lab, lab.copy(name))
        shown = Shown(notebook, notebook.run_up_to(text).locator(".gk-panel").first)
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
        shown.notebook.clean_up()
        # After Run All a reader wants to use the panel.
        expect(shown.root.locator("select, button, input, .noUi-handle").first).to_be_visible()
        shown.notebook.shut_down()


def test_lesson_00_shows_the_stack(lesson: Open) -> None:
    panel = lesson("00_start_here", "panel = widgets.StackPanel()")
    rows = panel.part("services").locator("tbody tr")
    expect(rows.filter(has_text="gateway")).to_contain_text("running")
    panel.part("service").locator("select").select_option("providers")
    expect(panel.part("log")).not_to_be_empty()
    panel.part("stop").click()
    expect(panel.part("question")).to_contain_text("providers")
    panel.part("stop-no").click()
    expect(rows.filter(has_text="providers")).to_contain_text("running")


def test_lesson_01_spreads_calls_by_weight(lesson: Open) -> None:
    panel = lesson("01_routing", "playground = widgets.RoutingPlayground(")
    expect(panel.part("outcome")).to_contain_text("48")
    before = panel.picture()
    panel.root.locator(".gk-weight-openai .noUi-handle").press("Home")
    panel.part("send").click()
    panel.wait_for_another_picture(before)
    panel.says("azure answered most, 100%; 0 of 48 calls failed.")


def test_lesson_03_looks_into_the_cache(lesson: Open) -> None:
    panel = lesson("03_simple_caching", "explorer = widgets.CacheExplorer(")
    choices = panel.part("selected").locator("option")
    expect(choices.nth(1)).to_be_attached()
    first = choices.first.inner_text()
    panel.part("delete-entry").click()
    panel.part("confirm").click()
    panel.says("Deleted 1 entry")
    expect(choices.first).not_to_have_text(first)


def test_lesson_04_weighs_wrong_answers_against_saved_calls(lesson: Open) -> None:
    panel = lesson("04_semantic_caching", "slider = widgets.ThresholdSlider(")
    panel.says("At 0.90")
    before = panel.picture()
    drag(panel.part("threshold-slider").locator(".noUi-handle"), panel.notebook.page, -80)
    panel.wait_for_another_picture(before)
    panel.says(f"At {panel.part('threshold-slider').locator('.widget-readout').inner_text()}")


def test_lesson_05_finds_a_users_traces(lesson: Open) -> None:
    panel = lesson("05_tracing", "explorer = widgets.TraceExplorer(")
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
    panel = lesson("06_cost_and_latency", "calculator = widgets.WhatIfCalculator(")
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
