"""`check` in a lesson: nothing of a workshop without one; with one, a report that costs the lesson nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from workshop_made import made_workshop

from gateway_kit.common.polling import poll_until
from gateway_kit.gateway.connecting import connect
from gateway_kit.gateway.record import Call, CallRecord
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import CheckResult, Criterion, Exercise
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.workshop import lesson
from gateway_kit.workshop.membership import membership, save_membership
from gateway_kit.workshop.outbox import FOLDER, Outbox
from gateway_kit.workshop.record import Store
from gateway_kit.workshop.reporter import Reporter
from gateway_kit.workshop.results import now

# What `check` makes a process do: the imports, the connections and the files it opens for writing.
WATCHED = """
import json, os, sys, threading
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import Criterion, Exercise
from gateway_kit.lessons.registry import EXERCISES
EXERCISES["01.1"] = Exercise("01.1", lambda variables: [Criterion("it is set", False)], ("Set it.",))
seen = []
def watch(event, arguments):
    if event == "import" or event.startswith("socket."):
        seen.append([event, str(arguments[0])])
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen.append([event, str(arguments[0])])
sys.addaudithook(watch)
before = set(sys.modules)
check("01.1", {})
print(json.dumps([seen, sorted(set(sys.modules) - before), threading.active_count()]))
"""


def watched(home: Path) -> Any:
    environ = {"PATH": os.environ["PATH"], "GATEWAY_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", WATCHED], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_a_workshop_a_check_imports_sends_and_writes_nothing(tmp_path: Path) -> None:
    assert watched(tmp_path) == [[], [], 1]
    assert list(tmp_path.iterdir()) == []


def test_with_a_workshop_the_same_watch_sees_the_report(tmp_path: Path) -> None:
    save_membership(membership(made_workshop(store=unused_store()), "seat-01"), tmp_path)
    events, modules, _ = watched(tmp_path)
    assert "gateway_kit.workshop.reporter" in modules
    assert any(event == "open" and FOLDER in name for event, name in events)


def test_a_report_can_be_turned_off(tmp_path: Path, seat: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REPORTS", "off")
    check("01.1", {})
    assert seat.waiting() == []


def unused_store() -> Store:
    """A store where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Store(f"http://127.0.0.1:{free.getsockname()[1]}", "pk", "sk")


@pytest.fixture
def seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    """The outbox of this process's seat, whose store does not answer; exercise 01.1 asks for `a` and `b`."""
    member = membership(made_workshop(store=unused_store()), "seat-01")
    save_membership(member, tmp_path)
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setitem(EXERCISES, "01.1", Exercise("01.1", grade, ("Set both.",)))
    monkeypatch.setattr(lesson, "_reporter", None)
    monkeypatch.setattr(lesson, "_counts", [])
    monkeypatch.setattr(lesson, "_told", False)
    yield Outbox(tmp_path, member)
    if lesson._reporter is not None:
        lesson._reporter.end()


def grade(variables: Any) -> list[Criterion]:
    return [Criterion(f"`{name}` is set", name in variables, "a secret of the learner") for name in "ab"]


def test_each_check_is_kept_with_what_is_missing_and_nothing_of_the_learners(seat: Outbox) -> None:
    results = [check("01.1", {}), check("01.1", {"a": 1}), check("01.1", {"a": 1, "b": 2})]
    assert [type(result) for result in results] == [CheckResult] * 3
    kept = [report for report, _ in seat.waiting()]
    assert [(r.attempt, r.passed, r.missing) for r in kept] == [  # type: ignore[union-attr]
        (1, False, ("`a` is set", "`b` is set")), (2, False, ("`b` is set",)), (3, True, ()),
    ]  # fmt: skip
    assert "secret" not in seat.path.read_text()


def test_a_store_that_does_not_answer_is_said_once_and_quietly(seat: Outbox, capsys: Any) -> None:
    check("01.1", {})
    reporter = lesson._reporter
    assert reporter is not None
    assert poll_until(lambda: reporter._problem, timeout_s=60, pause_s=0.01)[1]
    for _ in range(3):
        check("01.1", {})
    said = capsys.readouterr().out
    assert said.count("handed in later") == 1
    assert len(said.splitlines()) == 1
    assert "gateway-kit workshop join" in said
    assert len(seat.waiting()) == 4


def test_a_damaged_membership_costs_the_check_one_sentence(tmp_path: Path, seat: Outbox, capsys: Any) -> None:
    (tmp_path / "workshop.json").write_text("{")
    assert not check("01.1", {}).passed
    assert not check("01.1", {}).passed
    assert capsys.readouterr().out.count("workshop.json is damaged") == 1


def test_after_the_workshops_time_nothing_is_reported(tmp_path: Path, seat: Outbox, capsys: Any) -> None:
    save_membership(membership(made_workshop(days=-1), "seat-01"), tmp_path)
    check("01.1", {})
    check("01.1", {})
    assert capsys.readouterr().out == "The workshop team-a has ended: results are reported no more.\n"
    assert lesson._reporter is None
    assert not (tmp_path / FOLDER).exists()


def test_whoever_joins_another_seat_reports_as_that_one(tmp_path: Path, seat: Outbox) -> None:
    check("01.1", {})
    other = membership(made_workshop(name="team-b", store=unused_store()), "seat-03")
    save_membership(other, tmp_path)
    check("01.1", {})
    assert len(seat.waiting()) == len(Outbox(tmp_path, other).waiting()) == 1


def test_a_disk_that_is_full_keeps_the_result_in_the_kernel(
    seat: Outbox, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("01.1", {})
    with monkeypatch.context() as full:
        full.setattr(Outbox, "_append", no_space)
        assert check("01.1", {"a": 1, "b": 2}).passed
    assert "cannot be written (No space left on device)" in capsys.readouterr().out
    assert lesson._reporter is not None
    ((kept, _),) = lesson._reporter._unsaved
    assert kept.passed  # type: ignore[union-attr]


def no_space(*arguments: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("session", "name"),
    [
        ("my_lessons/01_routing.ipynb", "01_routing"),
        ("/home/ann/05_tracing.ipynb", "05_tracing"),
        ("my_lessons/01_routing-Copy1.ipynb", "01_routing"),
        ("Untitled.ipynb", ""),
        ("", ""),
    ],
)
def test_the_lesson_is_the_notebook(session: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    assert lesson.lesson_name() == name


def test_in_vs_code_the_lesson_is_a_variable_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert lesson.lesson_name() == ""
    shell.user_ns["__vsc_ipynb_file__"] = "/workspaces/kit/my_lessons/03_simple_caching.ipynb"
    assert lesson.lesson_name() == "03_simple_caching"


def test_the_state_counts_the_calls_of_all_connections(seat: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "01_routing.ipynb")
    first, second = CallRecord(capacity=1), CallRecord()
    home = seat.path.parents[1]
    for record in (first, second, second):
        lesson.report_connect(home, record.totals)
    for record, error, cost in ((first, None, 0.5), (first, "429", None), (second, None, 0.25)):
        record.add(Call(now(), "chat", error=error, cost_usd=cost))
    first.clear()
    assert lesson._reporter is not None
    state = lesson._reporter.state()
    assert (state.lesson, state.calls, state.failed, state.spent_usd) == ("01_routing", 3, 1, 0.75)


def test_connect_follows_the_record_of_a_seats_gateway(seat: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any answer at the gateway's address is enough for `connect`."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        gateway = connect("sk-key", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    gateway.calls.add(Call(now(), "chat", cost_usd=0.5))
    assert lesson._reporter is not None
    assert lesson._reporter.state().spent_usd == 0.5
    gateway.close()


def test_a_process_that_ends_leaves_its_state_to_the_next(seat: Outbox, tmp_path: Path) -> None:
    code = (
        "from gateway_kit.common.joined import joined_home; from gateway_kit.gateway.record import CallRecord, Call\n"
        "from gateway_kit.workshop.lesson import report_connect; from gateway_kit.workshop.results import now\n"
        "record = CallRecord(); record.add(Call(now(), 'chat', cost_usd=0.5))\n"
        "report_connect(joined_home(), record.totals)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "GATEWAY_HOME": str(tmp_path)}
    )
    ((state, _),) = seat.waiting()
    assert state.value == 0.5


def test_nothing_new_asks_nobody(seat: Outbox, tmp_path: Path) -> None:
    opened: list[Any] = []
    reporter = Reporter(tmp_path, membership(made_workshop(), "seat-01"), open_store=opened.append)  # type: ignore[arg-type, return-value]
    try:
        assert reporter.deliver()
        assert opened == []
    finally:
        reporter.end()
