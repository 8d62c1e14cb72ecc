"""A Chromium for each file, since Playwright holds an event loop as long as it is there; one trace store for all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stack"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import get_chromium
from lab_page import LabProgram, LabWindow
from query_engine.database_server import DatabaseServer, free_port
from tracestore.page_traffic import HOSTILE, assistant_trace, busy_day, gateway_call, score, send
from tracestore.store_program import StoreProgram
from watch import Watch

from gateway_kit.stack.services.programs import node
from tests.conftest import Cli

# Playwright's own Node needs libatomic, which a small system lacks.
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node()))

# Of what is shown once a kernel has worked: Playwright's own 5 s are too few for a busy machine.
expect.set_options(timeout=60_000)

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProgram]:
    """The trace store with a day of traffic, one trace of an application and one of hostile texts."""
    server = DatabaseServer()
    program = None
    try:
        server.start()
        server.create_database("traces")
        program = StoreProgram(
            server.url("traces"), free_port(), tmp_path_factory.mktemp("tracestore") / "log"
        )
        program.start()
        now = time.time()
        hostile = gateway_call(
            now - 300, name="hostile", user=HOSTILE, tags=(HOSTILE,), question=HOSTILE, answer=HOSTILE
        )
        assistant = assistant_trace(now - 60)
        send(program.http, [*busy_day(now, 150), *assistant, hostile])
        score(program.http, assistant[0]["traceId"], "helpful", 0.5, 0.9)
        yield program
    finally:
        if program is not None:
            program.close()
        server.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=get_chromium.find(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(cli: Cli) -> Iterator[LabProgram]:
    """JupyterLab on the run's stack."""
    with LabProgram(cli.home) as program:
        yield program


@pytest.fixture(scope="module")
def lab_window(chromium: Browser) -> Iterator[LabWindow]:
    window = LabWindow(chromium)
    yield window
    window.close()


@pytest.fixture
def lab_page(lab_window: LabWindow) -> Iterator[Page]:
    """A wide page for JupyterLab; it must not ask any other host, nor report an error."""
    yield lab_window.page()
    lab_window.check()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, store: StoreProgram) -> Any:
    """The cookies of a session."""
    context = chromium.new_context(base_url=store.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", store.email)
    page.fill("#password", store.password)
    page.click("main button")
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["1440", "390"])
def page(
    request: pytest.FixtureRequest, chromium: Browser, store: StoreProgram, signed_in: Any
) -> Iterator[Page]:
    """A signed-in page at each width; it must not complain, nor ask any other host."""
    width, height = request.param
    context = chromium.new_context(
        base_url=store.url, storage_state=signed_in, viewport={"width": width, "height": height}
    )
    context.set_default_timeout(60_000)
    watch = Watch(context)
    yield context.new_page()
    context.close()
    assert watch.complaints == []
    assert watch.hosts == {"127.0.0.1"}
