"""The facilitator's record of a workshop: written for its owner, read back whole, clear when it cannot be read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import (
    FILE,
    Store,
    Workshop,
    load,
    more_seats,
    new_workshop,
    save,
    workshop_folder,
)

STORE = Store("http://127.0.0.1:3001", "pk-lf-1", "sk-lf-very-secret")


def workshop(seats: int = 3) -> Workshop:
    return new_workshop("team-a", seats, store=STORE, until=datetime.now().astimezone() + timedelta(days=2))


def test_a_saved_workshop_is_read_back_and_only_its_owner_can(tmp_path: Path) -> None:
    made = workshop()
    save(made, tmp_path / "w")
    assert load(tmp_path / "w") == made
    assert (tmp_path / "w" / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o700


def test_every_seat_has_a_code_and_a_secret_of_its_own() -> None:
    made = workshop(30)
    assert [seat.name for seat in made.seats][:2] == ["seat-01", "seat-02"]
    assert len({seat.code for seat in made.seats}) == 30
    assert len({made.seat_secret(seat.name) for seat in made.seats}) == 30
    assert made.seat_secret("seat-01") == made.seat_secret("seat-01") != workshop().seat_secret("seat-01")


def test_more_seats_keep_the_codes_of_the_others() -> None:
    made = workshop(2)
    grown = more_seats(made, 4)
    assert grown.seats[:2] == made.seats
    assert [seat.name for seat in grown.seats] == ["seat-01", "seat-02", "seat-03", "seat-04"]
    assert more_seats(grown, 1) == grown


def test_no_secret_is_shown() -> None:
    made = workshop()
    for secret in (made.secret, STORE.secret_key, made.seats[0].code):
        assert secret not in repr(made)


@pytest.mark.parametrize("name", ["", "Team A", "a/b", "-a", "a" * 41])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(WorkshopError, match="1 to 40 small letters"):
        new_workshop(name, 1, store=STORE, until=datetime.now().astimezone())


@pytest.mark.parametrize("seats", [0, -1, 1000])
def test_a_number_of_seats_that_cannot_be_used_is_refused(seats: int) -> None:
    with pytest.raises(WorkshopError, match="1 to 999 seats"):
        workshop(seats)


def test_an_unknown_seat_is_refused_with_the_seats_there_are() -> None:
    with pytest.raises(WorkshopError, match="seat-01 to seat-03"):
        workshop().seat("seat-09")


def test_without_a_record_the_next_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="gateway-kit workshop serve --seats 4"):
        load(tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "null", "[]", '{"format": 2}', '{"format": 1}'])
def test_a_damaged_record_is_one_sentence(tmp_path: Path, damage: str) -> None:
    (tmp_path / FILE).write_text(damage)
    with pytest.raises(WorkshopError, match="is damaged"):
        load(tmp_path)


def test_a_record_without_seats_is_damaged(tmp_path: Path) -> None:
    save(workshop(), tmp_path)
    values = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(values | {"seats": []}))
    with pytest.raises(WorkshopError, match="no seats"):
        load(tmp_path)


def test_the_folder_is_in_the_state_folder_unless_named(tmp_path: Path) -> None:
    assert workshop_folder({}, tmp_path) == tmp_path / "workshop"
    assert workshop_folder({"GATEWAY_WORKSHOP": "/srv/w"}, tmp_path) == Path("/srv/w")
