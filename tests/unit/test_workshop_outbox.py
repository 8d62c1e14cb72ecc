"""The outbox: results of several kernels, in one file, whatever happens to the file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from workshop_made import BEGIN, made_result, made_state, made_workshop

from gateway_kit.workshop.membership import membership, save_membership
from gateway_kit.workshop.outbox import Outbox, unsent
from gateway_kit.workshop.results import Result, verify

WORKSHOP = made_workshop()
MEMBER = membership(WORKSHOP, "seat-01")

MANY = """
import sys, uuid
from pathlib import Path
from gateway_kit.workshop.membership import load_membership
from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.results import Result, now
home = Path(sys.argv[1])
member = load_membership(home)
outbox = Outbox(home, member)
{before}
for _ in range({times}):
    outbox.add_result("01.1", lambda n: Result(str(uuid.uuid4()), member.workshop, member.seat, "01.1", n, now(), True))
"""


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path, MEMBER)


def add(outbox: Outbox, exercise: str = "01.1") -> Result:
    return outbox.add_result(exercise, lambda n: made_result(WORKSHOP, exercise=exercise, attempt=n))


def waiting(outbox: Outbox) -> list[object]:
    return [report for report, _ in outbox.waiting()]


def test_what_was_added_waits_signed_until_the_store_has_it(outbox: Outbox, tmp_path: Path) -> None:
    first, other, second = add(outbox), add(outbox, "01.2"), add(outbox)
    assert [result.attempt for result in (first, other, second)] == [1, 1, 2]
    for reader in (outbox, Outbox(tmp_path, MEMBER)):
        assert waiting(reader) == [first, other, second]
        assert all(verify(*pair, MEMBER.secret) for pair in reader.waiting())
    outbox.mark_sent(outbox.waiting()[1][1])
    outbox.mark_refused(outbox.waiting()[0][1], "too long")
    later = Outbox(tmp_path, MEMBER)
    assert waiting(later) == [second]
    assert (later.refused, later.damaged, unsent(tmp_path, MEMBER)) == (1, 0, 1)
    assert add(later).attempt == 3


def test_only_its_owner_can_read_it(outbox: Outbox) -> None:
    add(outbox)
    assert outbox.path.stat().st_mode & 0o777 == 0o600
    assert outbox.path.parent.stat().st_mode & 0o777 == 0o700


def test_each_seat_of_each_workshop_has_its_own(outbox: Outbox, tmp_path: Path) -> None:
    add(outbox)
    assert Outbox(tmp_path, membership(WORKSHOP, "seat-02")).waiting() == []


@pytest.mark.parametrize(
    "damage",
    [
        b"\x00\xff\xfe\n", b'{"id": 1}\n', b'["sent"]\n', b"7\n", b"[" * 5000 + b"\n",
        b'{"name": "exercise-01.1", "metada',
    ],
    ids=range(6),
)  # fmt: skip
def test_a_damaged_line_costs_no_other(outbox: Outbox, tmp_path: Path, damage: bytes) -> None:
    before = add(outbox)
    with outbox.path.open("ab") as file:
        file.write(damage)
    after = add(outbox)
    reader = Outbox(tmp_path, MEMBER)
    assert waiting(reader) == waiting(outbox) == [before, after]
    assert (after.attempt, reader.damaged) == (2, 1)


def test_of_a_kernels_states_only_the_last_one_waits(outbox: Outbox) -> None:
    for minutes, kernel in ((1, "a"), (2, "a"), (3, "b")):
        outbox.add_state(made_state(WORKSHOP, kernel=kernel, at=BEGIN + timedelta(minutes=minutes)))
    assert [(state.kernel, state.at.minute) for state in waiting(outbox)] == [("a", 2), ("b", 3)]  # type: ignore[attr-defined]


def test_one_process_hands_in_at_a_time(outbox: Outbox, tmp_path: Path) -> None:
    with outbox.delivering() as first, Outbox(tmp_path, MEMBER).delivering() as second:
        assert (first, second) == (True, False)
    with outbox.delivering() as again:
        assert again


def test_kernels_that_write_at_once_lose_nothing_and_count_every_attempt(
    outbox: Outbox, tmp_path: Path
) -> None:
    save_membership(MEMBER, tmp_path)
    code = MANY.format(before="", times=60)
    kernels = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    for _ in range(20):
        add(outbox)
    assert [kernel.wait() for kernel in kernels] == [0, 0, 0]
    attempts = [report.attempt for report in waiting(outbox)]  # type: ignore[attr-defined]
    assert sorted(attempts) == list(range(1, 201))


def test_a_full_disk_leaves_no_half_line(outbox: Outbox, tmp_path: Path) -> None:
    save_membership(MEMBER, tmp_path)
    add(outbox)
    limit = outbox.path.stat().st_size * 5 // 2  # space for one more, and a part of the next
    before = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    )
    code = MANY.format(before=before, times=5)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert outbox.path.read_text().endswith("}\n")
    assert [json.loads(line)["metadata"]["attempt"] for line in outbox.path.read_text().splitlines()] == [
        1,
        2,
    ]
    assert add(outbox).attempt == 3


def test_a_file_that_somebody_has_emptied_is_read_anew(outbox: Outbox) -> None:
    add(outbox)
    outbox.path.write_text("")
    assert add(outbox).attempt == 1
    assert len(waiting(outbox)) == 1
