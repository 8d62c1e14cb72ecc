"""The stack panel on a real stack of its own: what it shows is so, and what it does happens."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psutil
import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit.common.processes import birth
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, write_record
from gateway_kit.widgets import StackPanel
from tests.conftest import OWN, Cli
from tests.unit.widget_parts import Tags, find

LONG_S = 240.0


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A stack for this file alone."""
    command = Cli(tmp_path_factory.mktemp("panel") / "home")
    try:
        command("up", "--port-offset", str(free_offset()))
        yield command
    finally:
        Stack(command.env).down()  # here, since these tests started processes of their own


@pytest.fixture
def panel(own: Cli) -> Iterator[StackPanel]:
    with StackPanel(Stack(own.env)) as made:
        yield made
    assert not _instances
    assert not [t for t in threading.enumerate() if t.name.startswith("gateway-kit")]


def rows(panel: StackPanel) -> dict[str, dict[str, Any]]:
    return {row["service"]: row for row in panel.model.rows}


def pids(panel: StackPanel) -> dict[str, int | None]:
    return {name: row["pid"] for name, row in rows(panel).items() if name in OWN}


def lives(pid: int | None) -> bool:
    return bool(pid) and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def press(panel: StackPanel, *buttons: str) -> None:
    for button in buttons:
        find(panel.widget, button).click()
        panel.wait(LONG_S)
    assert panel.model.error == ""


def test_it_shows_what_the_command_line_shows(own: Cli, panel: StackPanel) -> None:
    table = {row[0]: row for row in Tags(find(panel.widget, "gk-services").value).rows[1:]}
    for name in OWN:
        told = own.row(name)
        assert table[name][1:3] == [told["state"], told["url"]] == ["running", told["url"]]
        assert table[name][3]
        assert table[name][4].endswith(" MB")
    assert panel.model.status == "7 services run."


def test_a_service_is_stopped_after_two_presses_and_started_again(panel: StackPanel) -> None:
    before = pids(panel)
    find(panel.widget, "gk-service").value = "redis"
    press(panel, "gk-stop")
    assert lives(before["redis"])
    press(panel, "gk-stop-yes")
    assert not lives(before["redis"])
    assert rows(panel)["redis"]["state"] == "stopped"
    assert "stopped: redis" in panel.model.status
    assert panel.model.progress["redis"].startswith("stopped")
    press(panel, "gk-start")
    assert {row["state"] for name, row in rows(panel).items() if name in OWN} == {"running"}
    assert pids(panel)["redis"] not in (None, before["redis"])
    assert panel.model.progress["redis"].startswith("ready after ")
    assert set(panel.model.progress) == set(OWN)


def test_a_restart_gives_a_service_a_new_process(panel: StackPanel) -> None:
    before = pids(panel)
    find(panel.widget, "gk-service").value = "providers"
    press(panel, "gk-restart")
    assert {row["state"] for name, row in rows(panel).items() if name in OWN} == {"running"}
    assert pids(panel)["providers"] not in (None, before["providers"])
    assert panel.model.progress["providers"].startswith("ready after ")
    assert "providers" in panel.model.log


def test_a_killed_service_is_seen_by_itself_and_healed(panel: StackPanel) -> None:
    _ = panel.widget
    dead = threading.Event()
    panel.model.observe(lambda _: rows(panel)["providers"]["state"] == "dead" and dead.set(), "rows")
    psutil.Process(pids(panel)["providers"]).kill()
    assert dead.wait(120)
    assert "dead: providers" in panel.model.status
    press(panel, "gk-start")
    assert rows(panel)["providers"]["state"] == "running"


def test_the_whole_stack_is_stopped_but_for_the_lab_and_starts_on_the_same_ports(
    own: Cli, panel: StackPanel
) -> None:
    stack = Stack(own.env)
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as lab:
        try:
            entry = ServiceRecord(ProcessRecord(lab.pid, birth(lab.pid)), 8888, "http://x", "4", "lab")
            record = stack.record()
            write_record(stack.home, replace(record, services={**record.services, "lab": entry}))
            press(panel, "gk-stop", "gk-stop-yes")
            assert {row["state"] for name, row in rows(panel).items() if name in OWN} == {"stopped"}
            assert lab.poll() is None
            assert list(stack.record().services) == ["lab"]
            press(panel, "gk-start")
            assert stack.record().port_offset == record.port_offset
            assert {row["state"] for name, row in rows(panel).items() if name in OWN} == {"running"}
            assert rows(panel)["gateway"]["url"] == own.row("gateway")["url"]
        finally:
            lab.kill()
