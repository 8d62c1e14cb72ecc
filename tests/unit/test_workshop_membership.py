"""Join codes and the membership file: read back whole, refused with one clear sentence when damaged or over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from workshop_made import made_workshop

from gateway_kit.common.joined import MEMBERSHIP, joined_home
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.membership import (
    join_code,
    load_membership,
    membership,
    read_join_code,
    remove_membership,
    save_membership,
)

WORKSHOP = made_workshop()
CODE = join_code(WORKSHOP, "seat-02")


def test_a_join_code_carries_the_membership_and_its_file_too(tmp_path: Path) -> None:
    read = read_join_code(CODE)
    assert (read.workshop, read.seat, read.store) == ("team-a", "seat-02", WORKSHOP.store)
    assert read.secret == WORKSHOP.seat_secret("seat-02")
    assert abs(read.until - WORKSHOP.until).total_seconds() < 1
    save_membership(read, tmp_path / "home")
    assert load_membership(tmp_path / "home") == read
    assert (tmp_path / "home" / MEMBERSHIP).stat().st_mode & 0o777 == 0o600
    remove_membership(tmp_path / "home")
    assert load_membership(tmp_path / "home") is None


def test_a_code_is_read_however_it_was_pasted() -> None:
    broken = "\n  ".join(CODE[n : n + 60] for n in range(0, len(CODE), 60))
    assert read_join_code(f" '{broken}'\n") == read_join_code(CODE)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "no join code"),
        ("hello", "begins with gk1-"),
        (CODE[:-1], "damaged"),
        (CODE[:-20], "damaged"),
        (CODE[:30] + ("A" if CODE[30] != "A" else "B") + CODE[31:], "damaged"),
        ("gk1-", "damaged"),
        (CODE.replace("gk1-", "gk2-"), "another version"),
    ],
)
def test_a_code_that_cannot_be_used_says_why(code: str, says: str) -> None:
    with pytest.raises(WorkshopError, match=says) as caught:
        read_join_code(code)
    assert len(str(caught.value)) < 300


def test_a_code_of_a_workshop_that_has_ended_says_so() -> None:
    with pytest.raises(WorkshopError, match="team-a ended on"):
        read_join_code(join_code(made_workshop(days=-1), "seat-01"))


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.pop("secret"),
        lambda values: values.update(secret="no hex"),
        lambda values: values.update(until="2026-11-30T12:00:00"),
        lambda values: values.update(until=None),
        lambda values: values["store"].update(url="file:///etc"),
        lambda values: values.update(store=None),
        lambda values: values.update(format=2),
    ],
)
def test_a_damaged_membership_says_how_to_join_again(tmp_path: Path, change) -> None:
    save_membership(membership(WORKSHOP, "seat-01"), tmp_path)
    values = json.loads((tmp_path / MEMBERSHIP).read_text())
    change(values)
    (tmp_path / MEMBERSHIP).write_text(json.dumps(values))
    with pytest.raises(WorkshopError, match="gateway-kit workshop join CODE"):
        load_membership(tmp_path)


def test_no_secret_is_shown() -> None:
    shown = repr(read_join_code(CODE))
    assert WORKSHOP.seat_secret("seat-02") not in shown
    assert WORKSHOP.store.secret_key not in shown


def test_whether_a_state_folder_is_a_seat_is_one_look_at_a_file(tmp_path: Path) -> None:
    environ = {"GATEWAY_HOME": str(tmp_path)}
    assert joined_home(environ) is None
    save_membership(membership(WORKSHOP, "seat-01"), tmp_path)
    assert joined_home(environ) == tmp_path
    assert joined_home({"GATEWAY_URL": "nonsense", **environ}) is None  # no lesson fails of a setting here
