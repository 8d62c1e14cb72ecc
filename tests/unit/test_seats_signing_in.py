"""Who may sign in at the hub, and how wrong codes are slowed down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.web import HTTPError

from gateway_kit.stack.seats.authenticator import SeatAuthenticator
from gateway_kit.stack.seats.hub_secrets import make_secrets, read_secrets
from gateway_kit.stack.seats.options import hub_folder
from gateway_kit.stack.seats.tries import FREE_FOR_ADDRESS, FREE_FOR_SEAT, LONGEST_WAIT_S, Tries
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Store, Workshop, load, new_workshop, save

HANDLER = SimpleNamespace(request=SimpleNamespace(remote_ip="10.0.0.7"))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = new_workshop(
        "team-a",
        3,
        store=Store("http://127.0.0.1:1", "pk", "sk"),
        until=datetime.now().astimezone() + timedelta(1),
    )
    save(made, tmp_path)
    hub_folder(tmp_path).mkdir()
    make_secrets(tmp_path)
    return made


@pytest.fixture
def door(workshop: Workshop, tmp_path: Path) -> SeatAuthenticator:
    return SeatAuthenticator(workshop=str(tmp_path))


async def refusal(door: SeatAuthenticator, seat: str, code: str) -> tuple[int, str]:
    with pytest.raises(HTTPError) as refused:
        await door.authenticate(HANDLER, {"username": seat, "password": code})
    return refused.value.status_code, str(refused.value.log_message)


async def enter(door: SeatAuthenticator, seat: str, code: str) -> Any:
    return await door.authenticate(HANDLER, {"username": seat, "password": code})


@pytest.mark.parametrize("typed", ["seat-02", "Seat 2", " SEAT-02 ", "seat_2", "2", "02", "seat 02"])
async def test_a_seat_signs_in_as_people_type_it(door: SeatAuthenticator, workshop: Workshop, typed: str):
    code = workshop.seats[1].code
    for written in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert await enter(door, typed, written) == "seat-02"


async def test_no_seat_opens_with_another_ones_code_nor_with_none(
    door: SeatAuthenticator, workshop: Workshop
):
    wrong = (403, "Seat and code do not belong together: type both as your card has them.")
    for seat, code in (
        ("seat-02", workshop.seats[0].code), ("seat-02", ""), ("seat-09", workshop.seats[0].code),
        ("seat-09", "no seat"), ("", ""), ("facilitator", workshop.seats[0].code), ("../seat-01", "x"),
    ):  # fmt: skip
        assert await refusal(SeatAuthenticator(workshop=door.workshop), seat, code) == wrong


async def test_the_facilitator_has_a_code_of_its_own(
    door: SeatAuthenticator, workshop: Workshop, tmp_path: Path
):
    kept = read_secrets(tmp_path)
    assert kept is not None
    assert await enter(door, "facilitator", kept.facilitator_code.lower()) == "facilitator"
    assert kept.facilitator_code not in repr(kept)
    assert (hub_folder(tmp_path) / "secrets.json").stat().st_mode & 0o777 == 0o600


async def test_a_seat_that_was_added_can_sign_in_at_a_hub_that_runs(
    door: SeatAuthenticator, workshop: Workshop, tmp_path: Path
):
    await refusal(door, "seat-04", "x")
    more = replace(workshop, seats=(*workshop.seats, replace(workshop.seats[0], name="seat-04")))
    save(more, tmp_path)
    assert await enter(door, "seat-04", workshop.seats[0].code) == "seat-04"


async def test_a_workshop_that_has_ended_lets_in_the_facilitator_alone(
    door: SeatAuthenticator, workshop: Workshop, tmp_path: Path
):
    now = datetime.now().astimezone()
    for ended in (replace(workshop, closed=now), replace(workshop, until=now - timedelta(minutes=1))):
        save(ended, tmp_path)
        assert load(tmp_path) == ended
        said = await refusal(door, "seat-01", workshop.seats[0].code)
        assert said == (403, "The workshop team-a has ended.")
        kept = read_secrets(tmp_path)
        assert kept is not None
        assert await enter(door, "facilitator", kept.facilitator_code) == "facilitator"


async def test_after_a_few_wrong_codes_even_the_right_one_has_to_wait(
    door: SeatAuthenticator, workshop: Workshop
):
    for _ in range(FREE_FOR_SEAT):
        assert (await refusal(door, "seat-01", "wrong"))[0] == 403
    status, said = await refusal(door, "seat-01", workshop.seats[0].code)
    assert (status, said) == (429, "Too many wrong codes: wait 2 seconds, then try again.")
    assert await enter(door, "seat-02", workshop.seats[1].code) == "seat-02"  # the others do not wait


def test_the_wait_grows_to_half_a_minute_and_is_forgotten():
    now = 0.0
    tries = Tries(lambda: now)
    waits = []
    for _ in range(9):
        tries.wrong("seat-01", "a")
        waits.append(tries.wait_s("seat-01", "a"))
    assert waits == [0, 0, 0, 2, 4, 8, 16, 30, LONGEST_WAIT_S]
    now = 12.0
    assert tries.wait_s("seat-01", "b") == LONGEST_WAIT_S - 12  # the seat waits, whoever asks
    now = 31.0
    assert tries.wait_s("seat-01", "a") == 0
    now = 631.0
    tries.wrong("seat-01", "a")
    assert tries.wait_s("seat-01", "a") == 0


def test_an_address_waits_too_after_many_wrong_codes_for_many_seats_and_a_right_one_frees_the_seat():
    tries = Tries(lambda: 0.0)
    for number in range(FREE_FOR_ADDRESS):
        assert tries.wait_s(f"seat-{number}", "a") == 0
        tries.wrong(f"seat-{number}", "a")
    assert tries.wait_s("seat-99", "a") > 0
    assert tries.wait_s("seat-99", "b") == 0
    for _ in range(FREE_FOR_SEAT):
        tries.wrong("seat-01", "c")
    tries.right("seat-01")
    assert tries.wait_s("seat-01", "c") == 0


async def test_a_full_disk_is_a_sentence_on_the_page(
    door: SeatAuthenticator, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    said = await refusal(door, "seat-01", workshop.seats[0].code)
    assert said == (503, "The server's disk is full: tell the facilitator.")


def test_damaged_secrets_are_a_sentence(tmp_path: Path):
    hub_folder(tmp_path).mkdir()
    (hub_folder(tmp_path) / "secrets.json").write_text("{")
    with pytest.raises(WorkshopError, match=r"secrets\.json is damaged.*gateway-kit workshop stop"):
        read_secrets(tmp_path)
