"""Every panel in JupyterLab, driven as a person does: dragged, clicked, typed into, and read from the page."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator

import pytest
from lab_page import NARROW, WIDE, LabProgram, LabWindow, NotebookPage, Shown, drag
from playwright.sync_api import expect
from workshop_class import EXERCISES

from gateway_kit.charts.theme import DARK_INVERT

SET_UP = """
from gateway_kit import connect
from gateway_kit.widgets import *

gateway = connect()
providers, cache, tracing = gateway.providers, gateway.cache, gateway.tracing
for question in ["What is a token?", "What is a cache hit?", "What is a token?"]:
    gateway.ask(question, **cache.controls(namespace="browser", ttl_s=300))
"""
# What each test writes: how its panel is made.
PANEL = "panel.py"
# The last line of the panel's cell, by which it is found.
SHOWN = "panel  # shown"
MORE = "gateway.ask('What is a rate limit?', 'claude-haiku-4-5')  # one more call"
CLOSED = """
import threading
import ipywidgets

panel.close()
alive = [thread.name for thread in threading.enumerate() if thread.name.startswith(type(panel).__name__)]
print("threads left:", alive, "controls left:", len(ipywidgets.widgets.widget._instances))
"""

# Controls that a screen reader could not name.
NAMELESS = """root => [...root.querySelectorAll("button, input, select, [role=slider], img")]
  .filter(e => e.checkVisibility() && e.type !== "hidden")
  .filter(e => !(e.getAttribute("aria-label") || e.getAttribute("title") || e.textContent.trim() || e.labels?.length
    || e.getAttribute("alt") || e.closest(".jupyter-widgets")?.querySelector("label")?.textContent.trim()))
  .map(e => e.outerHTML.slice(0, 200))"""


CELLS = (SET_UP, f"exec(open({PANEL!r}).read())\n{SHOWN}", MORE, CLOSED)


@pytest.fixture(scope="module")
def kept(lab_window: LabWindow) -> Iterator[list[NotebookPage]]:
    """The notebook of the last test, unless that failed: its kernel has imported what the next one needs."""
    notebooks: list[NotebookPage] = []
    yield notebooks
    for notebook in notebooks:
        notebook.shut_down()


@pytest.fixture
def show(lab: LabProgram, lab_window: LabWindow, kept: list[NotebookPage]) -> Iterator[Callable[..., Shown]]:
    """Shows one panel in a notebook; afterwards the panel is closed, and must leave nothing behind."""
    opened: list[Shown] = []

    def new_notebook() -> NotebookPage:
        return NotebookPage(lab_window.page(), lab, lab.write(f"panels-{secrets.token_hex(4)}", *CELLS))

    def one(made: str, before: str = "") -> Shown:
        (lab.folder / PANEL).write_text(f"{before}\npanel = {made}\n")
        notebook = kept.pop() if kept else new_notebook()
        output = notebook.run_up_to(SHOWN)
        opened.append(Shown(notebook, output.locator(".gk-panel").first))
        expect(opened[0].root).to_be_visible()
        nameless = opened[0].root.evaluate(NAMELESS)
        assert nameless == [], nameless
        return opened[0]

    yield one
    for shown in opened:
        for width, height in (NARROW, WIDE):
            shown.fit(width, height)
        left = shown.notebook.run_up_to("panel.close()", alone=True)
        expect(left).to_contain_text("threads left: [] controls left: 0")
        kept.append(shown.notebook)
    lab_window.check()


THRESHOLD = """ThresholdSlider(__import__("pandas").DataFrame(
    {"similarity": [0.55, 0.65, 0.75, 0.85, 0.95], "same": [False, True, False, True, True]}))"""


def test_the_threshold_is_dragged_and_the_picture_and_the_sentence_follow(
    show: Callable[..., Shown],
) -> None:
    panel = show(THRESHOLD)
    panel.says("At 0.90, of 1,000 such questions 200 get a right answer")
    before = panel.picture()
    drag(panel.part("threshold-slider").locator(".noUi-handle"), panel.notebook.page, -120)
    panel.wait_for_another_picture(before)
    reading = panel.part("threshold-slider").locator(".widget-readout").inner_text()
    assert 0.5 <= float(reading) < 0.9
    panel.says(f"At {reading}")
    # By keyboard too: End is the largest.
    panel.part("threshold-slider").locator(".noUi-handle").press("End")
    panel.says("At 1.00")


def test_a_typed_price_moves_the_cheapest_threshold(show: Callable[..., Shown]) -> None:
    panel = show(THRESHOLD)
    before = panel.picture()
    panel.part("wrong-usd").locator("input").fill("100")
    panel.part("wrong-usd").locator("input").press("Enter")
    panel.wait_for_another_picture(before)


def test_a_figure_is_dark_while_jupyterlab_is(show: Callable[..., Shown]) -> None:
    panel = show(THRESHOLD)
    image = panel.root.locator(".gk-picture img")
    expect(image).to_have_css("filter", "none")
    for theme, shown in (
        ("JupyterLab Dark", f"invert({DARK_INVERT}) hue-rotate(180deg)"),
        ("JupyterLab Light", "none"),
    ):
        panel.notebook.choose_theme(theme)
        expect(image).to_have_css("filter", shown)


def test_the_cache_is_searched_and_an_entry_deleted_after_a_question(show: Callable[..., Shown]) -> None:
    panel = show('CacheExplorer(cache, gateway.calls, text="browser")')
    rows = panel.part("entries").locator("tbody tr")
    expect(rows).to_have_count(2)
    panel.part("delete-entry").click()
    expect(panel.part("question")).to_be_visible()
    panel.part("keep").click()
    expect(panel.part("question")).to_be_hidden()
    expect(rows).to_have_count(2)
    panel.part("delete-entry").click()
    panel.part("confirm").click()
    expect(rows).to_have_count(1)
    panel.part("search").locator("input").fill("no such thing")
    panel.part("search").locator("input").press("Enter")
    expect(rows).to_have_count(0)


def test_the_dashboard_follows_the_calls_and_pauses(show: Callable[..., Shown]) -> None:
    panel = show("LiveDashboard(gateway.calls)")
    panel.says(re.compile(r"^3 calls"))
    before = panel.picture()
    panel.notebook.run_up_to("# one more call", alone=True)
    panel.says(re.compile(r"^4 calls"))
    panel.wait_for_another_picture(before)
    panel.part("pause").click()
    expect(panel.part("pause")).to_have_text("Resume")
    panel.notebook.run_up_to("# one more call", alone=True)
    still = panel.picture()
    time.sleep(1.5)  # longer than a live update may take
    assert panel.picture() == still
    panel.part("pause").click()
    panel.says(re.compile(r"^5 calls"))
    before = panel.picture()
    panel.part("percentile").locator("select").select_option("p50")
    panel.wait_for_another_picture(before)


def test_the_monthly_bill_follows_what_is_typed(show: Callable[..., Shown]) -> None:
    panel = show('WhatIfCalculator(gateway.models.list(), models=["gpt-4o-mini", "claude-haiku-4-5"])')
    before, bill = panel.picture(), panel.root.get_by_role("status").inner_text()
    volume = panel.part("calls-per-day").locator("input")
    volume.fill("20000")
    volume.press("Enter")
    panel.wait_for_another_picture(before)
    expect(panel.root.get_by_role("status")).not_to_have_text(bill)
    dearer = panel.root.get_by_role("status").inner_text()
    drag(panel.part("hit-rate").locator(".noUi-handle"), panel.notebook.page, 60)
    expect(panel.root.get_by_role("status")).not_to_have_text(dearer)


def test_a_trace_is_searched_and_opened(show: Callable[..., Shown]) -> None:
    traced = 'tracing.wait_for_trace(request_id=gateway.calls.last["request_id"])'
    panel = show("TraceExplorer(tracing)", traced)
    options = panel.part("trace-list").locator("option")
    panel.part("search").click()
    expect(options.first).to_be_attached()
    panel.part("filter-name").locator("input").fill("no such trace")
    panel.part("search").click()
    expect(options).to_have_count(0)
    panel.part("filter-name").locator("input").fill("")
    panel.part("search").click()
    expect(options.first).to_be_attached()
    panel.part("trace-list").locator("select").select_option(index=0)
    expect(panel.part("tree")).to_contain_text("gpt-4o-mini")
    expect(panel.root.locator(".gk-picture img")).to_be_visible()


def test_the_playground_sends_calls_and_a_weight_moves_their_share(show: Callable[..., Shown]) -> None:
    panel = show("RoutingPlayground(gateway, providers, calls=12)")
    panel.part("send").click()
    expect(panel.root.locator(".gk-picture img")).to_be_visible(timeout=60_000)
    before = panel.picture()
    weight = panel.root.locator("[class*=gk-weight-]").first.locator(".noUi-handle")
    weight.press("Home")
    panel.part("send").click()
    panel.wait_for_another_picture(before)
    expect(panel.part("outcome")).to_contain_text("12")


def test_the_stack_panel_shows_a_log_and_asks_before_it_stops(show: Callable[..., Shown]) -> None:
    panel = show("StackPanel()")
    expect(panel.part("services").locator("tbody tr").first).to_contain_text("gateway")
    panel.part("service").locator("select").select_option("chat-model")
    panel.part("stop").click()
    expect(panel.part("question")).to_contain_text("chat-model")
    panel.part("stop-no").click()
    expect(panel.part("question")).to_be_hidden()
    expect(panel.part("log")).not_to_be_empty()


WORKSHOP = """
import tempfile, uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.workshop.record import Store, new_workshop, save
from gateway_kit.workshop.results import Result, sign
from gateway_kit.workshop.store import StoreClient

named = read_local_stack().variables
where = Store(named["LANGFUSE_HOST"], named["LANGFUSE_PUBLIC_KEY"], named["LANGFUSE_SECRET_KEY"])
workshop = new_workshop("panel", 12, store=where, until=datetime.now(UTC) + timedelta(days=1))
folder = Path(tempfile.mkdtemp())
save(workshop, folder)

def solve(seat, exercise):
    done = Result(str(uuid.uuid4()), "panel", seat, exercise, attempt=1, at=datetime.now(UTC), passed=True)
    with StoreClient(where) as client:
        client.write(done, sign(done, workshop.seat_secret(seat)))

solve("seat-02", "00.1")
"""
# Solves another exercise while the board is shown.
SOLVE = "__import__('threading').Timer(3, solve, ['seat-02', '01.1']).start()"


def test_the_workshops_board_shows_a_new_result_and_hides_the_names(show: Callable[..., Shown]) -> None:
    panel = show("WorkshopBoard(folder)", before=f"{WORKSHOP}\n{SOLVE}")
    seat = panel.root.locator("tbody tr", has=panel.notebook.page.locator("th", has_text="seat-02"))
    expect(seat.locator(".gk-pass")).to_have_count(2)
    panel.says(f"1 of 12 seats joined · 2 of {12 * len(EXERCISES)} exercises passed")
    panel.part("names").click()
    expect(panel.root.locator("tbody th").first).to_have_text("1")
    expect(seat).to_have_count(0)
    panel.part("names").click()
    expect(seat.locator(".gk-pass")).to_have_count(2)


PAIRS = """
import json, tempfile
from pathlib import Path
from gateway_kit.rehearsal.study import study_cache

asked = ["How do I reset my password?", "How can I reset my password?", "Can I get a refund?", "Is a refund possible?",
         "Where is my parcel?", "Where is my package right now?", "How do I reset my password?"]
log = Path(tempfile.mkdtemp()) / "calls.jsonl"
lines = [{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]} for text in asked]
log.write_text("\\n".join(json.dumps(line) for line in lines))
study = study_cache(log, out=log.parent / "study", thresholds=[0.6, 0.7, 0.8], call_usd=0.002)
"""


def test_pairs_are_labelled_by_keyboard_and_stay_labelled(show: Callable[..., Shown]) -> None:
    panel = show("PairLabels(study)", before=PAIRS)
    questions, keys = panel.part("questions"), panel.part("keys").locator("input")
    expect(questions).to_contain_text("First: its answer was kept")
    panel.says(re.compile(r"^Pair 1 of \d+, 0 labelled"))
    first = questions.inner_text()
    keys.click()
    keys.press("s")
    panel.says(re.compile(r"^Pair 2 of \d+, 1 labelled"))
    expect(keys).to_be_focused()
    keys.press("D")
    panel.says(re.compile(r", 2 labelled"))
    keys.press("u")
    panel.says(re.compile(r"^Pair 2 of \d+, 1 labelled"))
    keys.press("ArrowLeft")
    expect(questions).to_contain_text("same answer")
    keys.press("ArrowRight")
    expect(questions).to_contain_text("not labelled")
    keys.press("ArrowUp")
    keys.press("u")
    expect(questions).to_have_text(first, use_inner_text=True)
    panel.says(re.compile(r"^Pair 1 of \d+, 0 labelled"))
    # By mouse too; a letter that is no key of the panel, and the cell's own shortcuts, do nothing.
    keys.press("x")
    panel.part("different").click()
    expect(panel.part("precision")).to_contain_text("%")
    panel.says(re.compile(r", 1 labelled"))


# A rehearsal takes a minute, and has tests of its own: here the panel gets the folder of one.
REHEARSE = """
import sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parents[1]))
import gateway_kit.rehearsal
from gateway_kit.rehearsal.result import Rehearsal
from gateway_kit.rehearsal.run_folder import Progress
from tests.unit.rehearsal_made import Made, made_rehearsal

place = Path(tempfile.mkdtemp())
(place / "config.yaml").write_text("model_list:\\n")
(place / "calls.jsonl").write_text("")

def rehearse(config, traffic, *, out, against, progress, **_):
    ended = "complete"
    try:
        for made in range(0, 300, 4 if config.endswith("slow.yaml") else 60):
            progress(Progress("candidate", "replaying the calls", made, 2, 300, 40.0, 9.0))
            time.sleep(0.2)
    except KeyboardInterrupt:
        ended = "interrupted"
    made_rehearsal(out, Made(90, failing=0.1, ended=ended), Made(90) if against else None)
    found = Rehearsal.read(out)
    found.write_report()
    return found

gateway_kit.rehearsal.rehearse = rehearse
"""


def test_a_rehearsal_is_chosen_watched_stopped_and_compared(show: Callable[..., Shown]) -> None:
    panel = show('RehearsalPanel(folder=place, out=place / "out")', before=REHEARSE)
    config, traffic = panel.part("config").locator("input"), panel.part("traffic").locator("input")
    panel.part("rehearse").click()
    expect(panel.root.get_by_role("alert")).to_contain_text("Choose a configuration first")
    # The fields offer the folder's files, and take a path that is typed.
    offered = panel.root.locator(".gk-config datalist option")
    expect(offered).to_have_count(1)
    path = offered.first.get_attribute("value")
    assert path is not None
    assert path.endswith("/config.yaml")
    config.fill(path.replace("config", "slow"))
    traffic.fill(path.replace("config.yaml", "calls.jsonl"))
    panel.part("against").locator("input").fill(path)
    # By keyboard from the last field.
    panel.part("speed").locator("input").fill("60")
    panel.part("speed").locator("input").press("Tab")
    expect(panel.part("rehearse")).to_be_focused()
    panel.part("rehearse").press("Enter")
    panel.says(re.compile(r"^candidate: replaying the calls, \d+ of 300 calls, 2 failed, 40 s left"))
    expect(panel.root.get_by_role("progressbar", name="calls made")).to_be_visible()
    expect(config).to_be_disabled()
    panel.part("stop").click()
    panel.says(re.compile("which was broken off: it shows what was made until then"))
    expect(panel.root.get_by_role("progressbar")).to_have_count(0)
    config.fill(path)
    config.press("Tab")
    panel.part("rehearse").click()
    panel.says(re.compile(r"is shown\. Its report: "))
    expect(panel.part("rehearsals").locator("tbody tr")).to_have_count(4)
    expect(panel.part("groups").locator("tbody tr")).to_have_count(3)
    before = panel.picture()
    panel.part("chart").locator("select").select_option(label="Why calls failed")
    panel.wait_for_another_picture(before)
    panel.part("by").locator("select").select_option("team")
    expect(panel.part("groups")).to_contain_text("support")
    panel.part("open-report").click()
    report = panel.root.frame_locator("iframe[title='report of the rehearsal']")
    expect(report.locator("h1")).to_be_visible()
    panel.part("open-report").click()  # the button says now: Close the report
    expect(panel.root.locator("iframe")).to_have_count(0)
