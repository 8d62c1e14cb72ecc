"""Real child processes, small and quick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from gateway_kit.common.processes import birth
from gateway_kit.errors import ServiceError
from gateway_kit.stack.supervisor import orphans, process
from gateway_kit.stack.supervisor.process import ProcessRecord, Service

Make = Callable[..., Service]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes services from a line of Python, and stops what they leave running."""
    started: list[ProcessRecord] = []
    real_start = process.start

    def service(code: str, *, ready: Callable[[], bool] = lambda: True) -> Service:
        return Service(
            name="trial", argv=(sys.executable, "-c", code), port=1, url="", ready=ready,
            log_path=tmp_path / "logs" / "trial.log", env={"PATH": os.environ["PATH"]},
        )  # fmt: skip

    def recording_start(given: Service) -> ProcessRecord:
        started.append(real_start(given))
        return started[-1]

    process.start = recording_start
    yield service
    process.start = real_start
    for record in started:
        process.stop(record, grace_s=0.1)


def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def test_start_alive_stop(make: Make, tmp_path: Path):
    service = make("import os, time; print('folder', os.getcwd(), flush=True); time.sleep(60)")
    record = process.start(service)
    assert process.alive(record) is not None
    assert os.getsid(record.pid) == record.pid  # Ctrl-C in the terminal does not reach it
    wait_for(lambda: "folder" in process.log_tail(service.log_path))
    assert str(tmp_path / "logs") in process.log_tail(service.log_path)
    assert service.log_path.stat().st_mode & 0o777 == 0o600
    assert process.stop(record) is True
    assert process.alive(record) is None
    assert not psutil.pid_exists(record.pid)  # reaped, no zombie
    assert process.stop(record) is False


def test_another_process_with_the_same_pid_is_not_ours(make: Make):
    record = process.start(make("import time; time.sleep(60)"))
    impostor = replace(record, birth=record.birth + "0")
    assert process.alive(impostor) is None
    assert process.stop(impostor) is False
    assert process.alive(record) is not None


def test_a_process_start_time_does_not_depend_on_the_system_clock():
    boot, _, ticks = birth(os.getpid()).partition("/")
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert int(ticks) > 0
    assert birth(2**22 + 1) == ""


def test_the_error_for_a_child_that_exits_at_once_says_why(make: Make):
    service = make("import sys; print('no such file'); sys.exit(3)", ready=lambda: False)
    with pytest.raises(ServiceError) as raised:
        process.wait_ready(service, process.start(service), deadline_s=20)
    assert raised.value.exit_code == 3
    assert "no such file" in raised.value.log_tail
    text = str(raised.value)
    assert "trial ended during its start with exit code 3" in text
    assert str(service.log_path) in text
    assert "gateway-kit logs trial" in text


def test_the_error_for_a_missing_program_says_so(make: Make):
    service = replace(make(""), argv=("/no/such/program",))
    with pytest.raises(ServiceError, match=r"trial could not be executed.*No such file"):
        process.start(service)


def test_the_deadline_uses_the_given_clock(make: Make):
    service = make("import time; time.sleep(60)", ready=lambda: False)
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += 5

    record = process.start(service)
    with pytest.raises(ServiceError, match="was not ready"):
        process.wait_ready(service, record, deadline_s=30, clock=lambda: now[0], sleep=sleep)
    assert 130 <= now[0] <= 140
    assert process.alive(record) is not None  # the next `up` judges it


def test_patience_makes_the_deadline_longer_and_the_error_names_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GATEWAY_PATIENCE", "2")
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 5

    service = make("import time; time.sleep(60)", ready=lambda: False)
    with pytest.raises(ServiceError, match=r"after 60 s; .*: GATEWAY_PATIENCE=6 gateway-kit up"):
        process.wait_ready(service, process.start(service), deadline_s=30, clock=lambda: now[0], sleep=sleep)
    assert 60 <= now[0] <= 70


def test_ready_returns_the_seconds_it_took(make: Make):
    answers = iter([False, False, True])
    service = make("import time; time.sleep(60)", ready=lambda: next(answers))
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 2

    assert (
        process.wait_ready(service, process.start(service), deadline_s=9, clock=lambda: now[0], sleep=sleep)
        == 4
    )


STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "inner = 'import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)'\n"
    "subprocess.Popen([sys.executable, '-c', inner])\n"
    "time.sleep(60)"
)


def test_a_child_that_ignores_the_signal_is_killed_with_its_children(make: Make):
    service = make(STUBBORN)
    record = process.start(service)
    wait_for(lambda: "    1" in process.log_tail(service.log_path))
    family = [psutil.Process(record.pid), *psutil.Process(record.pid).children()]
    assert len(family) == 2
    begin = time.monotonic()
    assert process.stop(record, grace_s=0.5) is True
    assert time.monotonic() - begin > 0.4  # they had their time to end
    assert not [member for member in family if member.is_running() and member.status() != "zombie"]


def test_children_of_a_killed_leader_are_found_by_session_and_stopped(make: Make, tmp_path: Path):
    service = make(STUBBORN)
    record = process.start(service)
    wait_for(lambda: "    1" in process.log_tail(service.log_path))
    assert not orphans.outlived(record)
    os.kill(record.pid, signal.SIGKILL)
    wait_for(lambda: process.alive(record) is None)
    assert orphans.outlived(record)
    (orphan,) = process.session(record.pid)
    assert orphans.end_session(record.pid, tmp_path / "another") is False  # works elsewhere: not that stack's
    assert orphan.is_running()
    assert orphans.end_session(record.pid, tmp_path) is True
    assert process.session(record.pid) == []


def test_a_listener_belongs_to_the_stack_if_it_runs_in_its_folder(make: Make, tmp_path: Path):
    code = (
        "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "print('port', s.getsockname()[1], flush=True); time.sleep(60)"
    )
    service = make(code)
    record = process.start(service)
    wait_for(lambda: "port" in process.log_tail(service.log_path))
    port = int(process.log_tail(service.log_path).split()[-1])
    assert orphans.holds_port(port, tmp_path) == record.pid
    assert orphans.holds_port(port, tmp_path / "another") is None


def test_a_log_is_truncated_while_its_writer_appends(make: Make, tmp_path: Path):
    service = make(
        "import itertools, time\nfor n in itertools.count(): print('line', n, flush=True); time.sleep(.001)"
    )
    process.start(service)
    log = service.log_path
    wait_for(lambda: log.stat().st_size > 2000)
    assert process.cap_log(log, cap_bytes=1000) is True
    before = int((tmp_path / "logs" / "trial.log.1").read_text().split()[-1])
    assert (tmp_path / "logs" / "trial.log.1").stat().st_size == 1000
    assert (tmp_path / "logs" / "trial.log.1").stat().st_mode & 0o777 == 0o600
    wait_for(lambda: "line" in log.read_text())
    content = log.read_bytes()
    assert b"\0" not in content  # the writer appends: no hole where the old end was
    assert int(content.split()[1]) > before


def test_a_short_log_is_not_truncated(tmp_path: Path):
    log = tmp_path / "a.log"
    log.write_text("short")
    assert process.cap_log(log, cap_bytes=5) is False
    assert log.read_text() == "short"
    assert not (tmp_path / "a.log.1").exists()


def test_a_zombie_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", ""])
    record = ProcessRecord(child.pid, birth(child.pid))
    wait_for(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert process.alive(record) is None
    assert orphans.outlived(record)
    child.wait()


def test_several_threads_can_start_services(make: Make):
    service = make("import time; time.sleep(60)")
    records: list[ProcessRecord] = []
    threads = [threading.Thread(target=lambda: records.append(process.start(service))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({record.pid for record in records}) == 4
    assert all(process.alive(record) for record in records)


def test_what_is_not_recorded_is_found_by_one_look_in_the_order_of_the_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "redis").symlink_to(tmp_path / "elsewhere")
    folders = [tmp_path / "postgres", tmp_path / "redis", tmp_path / "logs" / "below", tmp_path / "lab"]
    looks, look = [], psutil.process_iter
    monkeypatch.setattr(psutil, "process_iter", lambda: looks.append(1) or look())
    programs = []
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            programs.append(subprocess.Popen(["sleep", "60"], cwd=folder, start_new_session=True))
        found = orphans.unrecorded(tmp_path)
    finally:
        for program in programs:
            program.kill()
            program.wait()
    postgres, redis, below, _ = (program.pid for program in programs)
    assert found == [(below, "sleep"), (redis, "sleep"), (postgres, "sleep")]
    assert len(looks) == 1
