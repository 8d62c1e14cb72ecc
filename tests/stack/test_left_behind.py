"""If a running stack's record is deleted or damaged, doctor and down still work, and nothing is left running."""

from __future__ import annotations

from pathlib import Path

import psutil

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import Cli


def working_in(folder: Path) -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        except (psutil.Error, OSError):
            continue
    return processes


def test_down_stops_a_stack_without_its_record(tmp_path: Path):
    alone = Cli(tmp_path / "home")
    offset = str(free_offset())
    try:
        alone("up", "--port-offset", offset)
        assert len(working_in(alone.home)) >= 7
        assert read_local_stack({"GATEWAY_HOME": str(alone.home)}).variables == alone.json("env")
        assert (alone.home / "clients.json").stat().st_mode & 0o777 == 0o600
        (alone.home / "state.json").write_text("null")
        told = alone("doctor", check=False)
        assert told.returncode == 1
        assert "error   record" in told.stdout
        assert "fix: gateway-kit down" in told.stdout
        assert "Stopped." in alone("down").stdout
        assert working_in(alone.home) == []
        alone("up", "--port-offset", offset)  # nothing stored was lost
        (alone.home / "state.json").unlink()
        assert "Stopped." in alone("down").stdout
        assert working_in(alone.home) == []
        assert not (alone.home / "clients.json").exists()
    finally:
        alone("down")
