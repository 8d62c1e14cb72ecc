"""A seat's results reach the real store: in the background, after an outage, from the next process, of two kernels."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from query_engine.database_server import free_port
from workshop_made import made_result, made_workshop

from gateway_kit.common.polling import poll_until
from gateway_kit.gateway.record import Call, Totals
from gateway_kit.workshop.delivery import deliver
from gateway_kit.workshop.membership import Membership, membership, save_membership
from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.record import Store, Workshop
from gateway_kit.workshop.reporter import Reporter
from gateway_kit.workshop.results import now
from gateway_kit.workshop.store import StoreClient
from gateway_kit.workshop.verified import Verified, verified

from .store_program import StoreProgram

CHECKS = """
import os, sys, time
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import Criterion, Exercise
from gateway_kit.lessons.registry import EXERCISES
EXERCISES["01.1"] = Exercise("01.1", lambda given: [Criterion("`a` is set", "a" in given)], ("Set it.",))
{checks}
"""


@pytest.fixture
def workshop(empty_store: StoreProgram) -> Workshop:
    return made_workshop(store=Store(empty_store.url, empty_store.public_key, empty_store.secret_key))


@pytest.fixture
def member(workshop: Workshop, tmp_path: Path) -> Membership:
    made = membership(workshop, "seat-01")
    save_membership(made, tmp_path)
    return made


@pytest.fixture
def reporter(member: Membership, tmp_path: Path) -> Iterator[Reporter]:
    made = Reporter(tmp_path, member, retry_after_s=0.05, state_every_s=0.05)
    yield made
    made.end()


def run_checks(home: Path, checks: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "GATEWAY_HOME": str(home)}
    code = CHECKS.format(checks=checks)
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)


def stored(workshop: Workshop) -> Verified:
    with StoreClient(workshop.store) as client:
        return verified(client.scores(), workshop)


def wait_for_results(workshop: Workshop, count: int) -> Verified:
    found, enough = poll_until(
        lambda: stored(workshop), lambda found: len(found.results) >= count, timeout_s=60, pause_s=0.05
    )
    assert enough, found
    return found


def checked(reporter: Reporter, *, passed: bool = True) -> None:
    missing = () if passed else ("`a` is set",)
    reporter.checked("01.1", missing=missing, passed=passed, solution_shown=False, lesson="01_routing")


def test_a_check_is_in_the_store_while_the_kernel_goes_on(
    workshop: Workshop, member: Membership, tmp_path: Path
) -> None:
    handed_in = "r = lesson._reporter\nwhile r._stored[0] < 2 or r.outbox.waiting(): time.sleep(0.02)"
    done = run_checks(
        tmp_path,
        f"from gateway_kit.workshop import lesson; check('01.1', {{}}); check('01.1', {{'a': 1}})\n{handed_in}",
    )
    assert (done.stdout, done.stderr) == ("", "")
    found = stored(workshop)
    assert [(r.seat, r.attempt, r.passed, r.missing) for r in found.results] == [
        ("seat-01", 1, False, ("`a` is set",)), ("seat-01", 2, True, ()),
    ]  # fmt: skip
    assert [state.lesson for state in found.states] == ["01"]
    assert Outbox(tmp_path, member).waiting() == []


def test_a_kernel_that_is_killed_right_after_loses_nothing(
    workshop: Workshop, member: Membership, tmp_path: Path
) -> None:
    run_checks(tmp_path, 'check("01.1", {"a": 1}); os.kill(os.getpid(), 9)')
    with StoreClient(member.store) as client:
        deliver(Outbox(tmp_path, member), client)
        again = deliver(Outbox(tmp_path, member), client)
    assert len(stored(workshop).results) == 1
    assert again is not None
    assert again.sent == ()


def test_a_store_that_answers_errors_then_is_gone_then_comes_back(
    empty_store: StoreProgram, member: Membership, tmp_path: Path
) -> None:
    port = free_port()
    elsewhere = made_workshop(
        store=Store(f"http://127.0.0.1:{port}", empty_store.public_key, empty_store.secret_key)
    )
    at_port = membership(elsewhere, "seat-01")
    save_membership(at_port, tmp_path)
    broken = HTTPServer(("127.0.0.1", port), Broken)
    threading.Thread(target=broken.serve_forever, daemon=True).start()
    reporter = Reporter(tmp_path, at_port, retry_after_s=0.05, state_every_s=0.05)
    back = StoreProgram(empty_store.database_url, port, tmp_path / "log")
    try:
        for problem in ("status 500", "does not answer"):
            checked(reporter, passed=False)
            assert poll_until(lambda: problem in reporter._problem, timeout_s=60, pause_s=0.01)[1]  # noqa: B023
            broken.shutdown()
            broken.server_close()
        assert reporter.news() != ""
        checked(reporter)
        back.start()
        found = wait_for_results(elsewhere, 3)
        assert [result.attempt for result in found.results] == [1, 2, 3]
        assert poll_until(lambda: reporter.outbox.waiting() == [], timeout_s=60, pause_s=0.05)[1]
        assert reporter.news() == ""
    finally:
        reporter.end()
        back.close()


class Broken(BaseHTTPRequestHandler):
    """A store that answers 500."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_error(500)

    def log_message(self, *arguments: object) -> None: ...


def test_two_kernels_at_once_hand_in_everything_once(
    workshop: Workshop, member: Membership, tmp_path: Path
) -> None:
    reporters = [Reporter(tmp_path, member, retry_after_s=0.05, state_every_s=0.05) for _ in range(2)]
    try:
        for _ in range(10):
            for reporter in reporters:
                checked(reporter)
        found = wait_for_results(workshop, 20)
        assert sorted(result.attempt for result in found.results) == list(range(1, 21))
        assert poll_until(lambda: len(stored(workshop).states) == 2, timeout_s=60, pause_s=0.05)[1]
    finally:
        for reporter in reporters:
            reporter.end()


def test_keys_that_are_refused_keep_the_results(workshop: Workshop, tmp_path: Path) -> None:
    closed = made_workshop(store=Store(workshop.store.url, workshop.store.public_key, "another"))
    refused = membership(closed, "seat-01")
    save_membership(refused, tmp_path)
    reporter = Reporter(tmp_path, refused, retry_after_s=0.05)
    try:
        checked(reporter)
        assert poll_until(lambda: reporter._problem, timeout_s=60, pause_s=0.01)[1]
        assert "the workshop may be closed" in reporter.news()
        assert len(reporter.outbox.waiting()) == 1
    finally:
        reporter.end()


def test_a_report_that_the_store_never_takes_holds_up_no_other(
    workshop: Workshop, member: Membership, reporter: Reporter
) -> None:
    before_1970 = datetime(1900, 1, 1, tzinfo=UTC)
    reporter.outbox.add_result("01.1", lambda n: made_result(workshop, attempt=n, at=before_1970))
    checked(reporter)
    assert len(wait_for_results(workshop, 1).results) == 1
    assert poll_until(lambda: reporter.outbox.waiting() == [], timeout_s=60, pause_s=0.05)[1]
    assert reporter.outbox.refused == 1


def test_a_result_that_the_disk_did_not_take_is_handed_in_from_memory(
    workshop: Workshop, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Outbox, "_append", full)
    checked(reporter)
    assert "No space left on device" in reporter.news()
    assert len(wait_for_results(workshop, 1).results) == 1


def test_half_a_character_does_not_hold_up_a_result(workshop: Workshop, reporter: Reporter) -> None:
    reporter.checked("01.1", missing=["`\ud800` is set"], passed=False, solution_shown=False, lesson="")
    assert wait_for_results(workshop, 1).results[0].missing == ("`?` is set",)


def test_the_state_follows_the_calls(workshop: Workshop, reporter: Reporter) -> None:
    counts = Totals()
    reporter.connected(counts, "02_virtual_keys")
    assert poll_until(lambda: len(stored(workshop).states) == 1, timeout_s=60, pause_s=0.05)[1]
    counts.add(Call(now(), "chat", cost_usd=0.125))
    counts.add(Call(now(), "chat", error="429"))
    states, enough = poll_until(
        lambda: stored(workshop).states, lambda states: states[0].calls == 2, timeout_s=60, pause_s=0.05
    )
    assert enough
    assert [(s.lesson, s.failed, s.spent_usd) for s in states] == [("02_virtual_keys", 1, 0.125)]


def test_whoever_leaves_reports_nothing_more(workshop: Workshop, reporter: Reporter, tmp_path: Path) -> None:
    checked(reporter)
    wait_for_results(workshop, 1)
    (tmp_path / "workshop.json").unlink()
    assert reporter._thread is not None
    reporter._wake.set()
    reporter._thread.join(60)
    assert not reporter._thread.is_alive()
