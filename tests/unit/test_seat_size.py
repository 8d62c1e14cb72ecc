from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.seat_size import SEAT_MB, SHARED_MB, needed_mb, seats_that_fit, too_many_seats

SEATS = st.integers(1, 999)
FREE = st.integers(0, 10**6)


@given(SEATS)
def test_as_many_seats_fit_as_the_memory_was_computed_for(seats: int):
    assert seats_that_fit(needed_mb(seats)) == seats
    assert seats_that_fit(needed_mb(seats) - 1) == seats - 1
    assert too_many_seats(seats, needed_mb(seats)) == ""


@given(SEATS, FREE, st.integers(0, 50))
def test_the_command_in_the_sentence_is_one_that_is_taken(seats: int, free_mb: int, running: int):
    sentence = too_many_seats(seats, free_mb, running=running)
    if not sentence:
        return
    _, _, fit = sentence.partition("--seats ")
    if fit:
        assert running <= int(fit) < seats
        assert too_many_seats(int(fit), free_mb, running=running) == ""
        assert too_many_seats(int(fit) + 1, free_mb, running=running) != ""
    else:
        assert running == 0
        assert seats_that_fit(free_mb) == 0


def test_the_sentence_says_what_is_needed_what_is_free_and_what_fits():
    free_mb = needed_mb(17) + 30
    need = f"{-(-needed_mb(25) // 100) / 10:g}"
    free = f"{free_mb // 100 / 10:g}"
    assert too_many_seats(25, free_mb) == (
        f"25 seats need about {need} GB; this machine has {free} GB free, enough for 17: "
        "gateway-kit workshop serve --seats 17"
    )


def test_a_machine_without_room_for_one_seat_is_said_to_be_too_small():
    assert too_many_seats(1, 200).startswith("1 seat needs about ")
    assert too_many_seats(1, 200).endswith(
        "0.2 GB free, not enough for one. End other programs, or choose a larger machine"
    )


@pytest.mark.parametrize("running", [1, 4])
def test_seats_that_run_need_no_memory_again(running: int):
    assert too_many_seats(running, 0, running=running) == ""
    assert too_many_seats(running + 1, SEAT_MB, running=running) == ""
    sentence = too_many_seats(running + 2, SEAT_MB, running=running)
    assert sentence.startswith("2 more seats need about ")
    assert sentence.endswith(
        f"enough for {running + 1} in all: gateway-kit workshop serve --seats {running + 1}"
    )
    assert SHARED_MB > 0


def test_the_guides_table_is_computed_from_the_same_numbers():
    page = (Path(__file__).resolve().parents[2] / "docs" / "facilitator" / "sizing.md").read_text(
        encoding="utf-8"
    )
    rows = {int(gb): int(seats) for gb, seats in re.findall(r"^\| (\d+) GB \| (\d+) \|$", page, re.MULTILINE)}
    assert rows == {gb: seats_that_fit((gb - 1) * 1000) for gb in (8, 32, 64)}
    assert f"counts {SEAT_MB / 1000:g} GB for each seat" in page
    assert f"{SHARED_MB / 1000:g} GB for what all share" in page
