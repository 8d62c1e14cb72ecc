"""Panels in a real kernel, and in notebooks that programs execute: what is sent, what is stored, what is left."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from tests.stack.notebook_kernel import PATIENCE_S, Notebook, kernel

VIEW = "application/vnd.jupyter.widget-view+json"
SETUP = """
import threading, time
from datetime import UTC, datetime
from gateway_kit.gateway import Call, CallRecord
from gateway_kit.widgets import LiveDashboard

calls = CallRecord()
def add():
    calls.add(Call(datetime.now(UTC), "chat", model="m", status=200, latency_s=0.5, cost_usd=0.1))
def own_threads():
    return sorted(t.name for t in threading.enumerate() if t.name.startswith("gateway-kit"))
add()
"""
SHOW = "dash = LiveDashboard(calls)\ndash"


@pytest.fixture(scope="module")
def shared() -> Iterator[Notebook]:
    """A kernel that has imported what every test needs."""
    with kernel() as made:
        yield made


@pytest.fixture
def notebook(shared: Notebook) -> Iterator[Notebook]:
    shared.run(SETUP)
    yield shared
    shared.run("dash.close()")


def displays(messages: list[dict[str, Any]], kind: str = "display_data") -> list[dict[str, Any]]:
    return [message["content"] for message in messages if message["msg_type"] == kind]


def test_the_page_is_told_while_a_cell_keeps_the_kernel_busy(notebook: Notebook) -> None:
    (shown,) = displays(notebook.run(SHOW, "a"))
    assert shown["data"][VIEW]["model_id"]
    assert "1 call in all" in shown["data"]["text/html"]
    # A cell that neither ends nor waits for anything that the dashboard does.
    busy = "add()\nend = time.monotonic() + 30\nwhile dash.model.shown < 2 and time.monotonic() < end: sum(range(1000))"
    updates = [
        message["content"]["data"]["state"]["value"]
        for message in notebook.run(busy)
        if message["msg_type"] == "comm_msg" and "value" in message["content"]["data"].get("state", {})
    ]
    assert any("2 calls in all" in value for value in updates)
    assert any("data:image/png" in value for value in updates)


def test_a_closed_dashboard_leaves_its_picture_and_no_thread_process_or_comm(notebook: Notebook) -> None:
    (shown,) = displays(notebook.run(SHOW, "a"))
    notebook.run("add()\nwhile dash.model.shown < 2: time.sleep(0.01)")
    child = notebook.value("dash._renderer.pid")
    assert psutil.pid_exists(child)
    (left,) = displays(notebook.run("dash.close()"), "update_display_data")
    assert left["transient"]["display_id"] == shown["transient"]["display_id"]
    assert set(left["data"]) == {"text/html", "text/plain"}
    assert "2 calls in all" in left["data"]["text/html"]
    assert not psutil.pid_exists(child)
    assert notebook.value("own_threads()") == []
    assert notebook.value("len(__import__('comm').get_comm_manager().comms)") == 0


def test_a_cell_that_runs_again_ends_the_dashboard_that_it_had_shown(notebook: Notebook) -> None:
    notebook.run(SHOW, "a")
    notebook.run("first = dash")
    notebook.run("first", "b")
    assert notebook.value("first.closed") is False, "another cell shows it too"
    notebook.run(SHOW, "a")
    assert notebook.value("[first.closed, dash.closed]") == [True, False]
    notebook.run("dash", "a")
    assert notebook.value("dash.closed") is False, "it is the same one again"
    notebook.run("dash.close()")
    notebook.run(SHOW, "a")
    assert notebook.value("dash.closed") is False, "the one before was closed by hand"


@pytest.fixture
def doomed() -> Iterator[Notebook]:
    with kernel() as made:
        made.run(SETUP)
        yield made


def test_a_dashboards_process_ends_with_its_kernel(doomed: Notebook) -> None:
    doomed.run(SHOW, "a")
    doomed.run("add()\nwhile dash.model.shown < 2: time.sleep(0.01)")
    child = psutil.Process(doomed.value("dash._renderer.pid"))
    doomed.manager.interrupt_kernel()
    time.sleep(0.2)
    assert child.is_running(), "the Stop button is for cells"
    doomed.manager.shutdown_kernel(now=True)  # killed: nothing can be tidied up
    assert psutil.wait_procs([child], timeout=PATIENCE_S)[1] == []


CELLS = [SETUP, SHOW, "add()\ndash.refresh()\ndash"]
PROGRAMS = ("papermill", "nbconvert")


def execute(*argv: str) -> None:
    # As `python -m` would, without the two seconds of what no notebook needs.
    program = [sys.executable, "-Pm", "gateway_kit.common.jupyter_program", *argv]
    done = subprocess.run(program, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebook as each of two programs executed it, and with both as pages."""
    folder = tmp_path_factory.mktemp("executed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    stored = str(folder / "stored.ipynb")
    nbformat.write(notebook, stored)
    by_papermill, by_nbconvert = (str(folder / f"{program}.ipynb") for program in PROGRAMS)
    execute("papermill", stored, by_papermill, "--no-progress-bar")
    execute("nbconvert", "--to", "notebook", "--execute", stored, "--output", by_nbconvert)
    execute("nbconvert", "--to", "html", by_papermill, by_nbconvert)
    return folder


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_executed_notebook_stores_a_picture_that_needs_no_network(program: str, executed: Path) -> None:
    notebook = nbformat.read(executed / f"{program}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [set(output["data"]) for output in outputs] == [{"text/html", "text/plain"}] * 2
    assert "2 calls in all" in outputs[1]["data"]["text/html"]
    assert "widgets" not in notebook.metadata
    page = (executed / f"{program}.html").read_text()
    assert page.count('<img alt="') == 2
    assert page.count("data:image/png;base64,") >= 2
    assert VIEW not in page
