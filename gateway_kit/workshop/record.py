"""The facilitator's record of a workshop: its seats, their codes, where results go, and the secrets behind them.

One folder per workshop, readable by its owner alone: `.gateway/workshop` unless `GATEWAY_WORKSHOP` names another.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.workshop.errors import WorkshopError

FORMAT = 1
FILE = "workshop.json"
# Read aloud and typed from a card: no letter or digit that looks like another.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MAX_SEATS = 999


@dataclass(frozen=True)
class Seat:
    """A place in a workshop. `code` is what the attendee signs in with."""

    name: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class Store:
    """The trace store that results go to: Langfuse's API at `url`, with a project's keys."""

    url: str
    public_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Workshop:
    """A workshop as the facilitator's machine knows it.

    `address` is what attendees open, `until` when codes and join codes end (both with a zone), `closed` when
    `gateway-kit workshop close` ended it, or None. `secret` is the root of the seats' own secrets.
    """

    name: str
    created: datetime
    until: datetime
    secret: str = field(repr=False)
    seats: tuple[Seat, ...]
    store: Store
    address: str = ""
    closed: datetime | None = None

    def seat(self, name: str) -> Seat:
        """A seat by its name. Raises WorkshopError."""
        for seat in self.seats:
            if seat.name == name:
                return seat
        raise WorkshopError(
            f"The workshop {self.name} has no seat {name!r}; it has {self.seats[0].name} to {self.seats[-1].name}"
        )

    def seat_secret(self, name: str) -> str:
        """What a seat signs its results with; no other seat can work it out."""
        return hmac.digest(
            bytes.fromhex(self.secret), f"{self.name}/{self.seat(name).name}".encode(), "sha256"
        ).hex()


def new_workshop(name: str, seats: int, *, store: Store, until: datetime, address: str = "") -> Workshop:
    """A workshop with seats `seat-01`, `seat-02` … and fresh secrets; nothing is written.

    Raises WorkshopError for a name or a number of seats that cannot be used.
    """
    if not NAME.fullmatch(name):
        raise WorkshopError(
            f"The workshop's name {name!r} must have 1 to 40 small letters, digits and hyphens, such as team-a-2026"
        )
    if not 1 <= seats <= MAX_SEATS:
        raise WorkshopError(f"A workshop has 1 to {MAX_SEATS} seats, not {seats}")
    return Workshop(
        name=name,
        created=datetime.now().astimezone(),
        until=until,
        secret=secrets.token_hex(32),
        seats=tuple(Seat(f"seat-{number:02d}", new_code()) for number in range(1, seats + 1)),
        store=store,
        address=address,
    )


def more_seats(workshop: Workshop, seats: int) -> Workshop:
    """The workshop with as many seats as `seats` says, if it has fewer; the others keep their codes."""
    added = range(len(workshop.seats) + 1, seats + 1)
    new = tuple(Seat(f"seat-{number:02d}", new_code()) for number in added)
    return replace(workshop, seats=workshop.seats + new)


def save(workshop: Workshop, folder: Path) -> None:
    """Write the record, for its owner alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    times = {"created": workshop.created, "until": workshop.until, "closed": workshop.closed}
    values = asdict(workshop) | {key: value and value.isoformat() for key, value in times.items()}
    write_private(folder / FILE, json.dumps({"format": FORMAT, **values}, indent=1) + "\n")


def load(folder: Path) -> Workshop:
    """The record in a folder. Raises WorkshopError, with the next command, if there is none or it is damaged."""
    path = folder / FILE
    text = read_private(path, "Begin a new workshop in another folder, by GATEWAY_WORKSHOP")
    if text is None:
        raise WorkshopError(
            f"There is no workshop in {folder}. Begin one: gateway-kit workshop serve --seats 4"
        )
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError) as exc:
        raise WorkshopError(
            f"{path} is damaged ({type(exc).__name__}: {exc}). Restore it, or begin a new workshop in another folder: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --seats 4"
        ) from exc


def workshop_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where this machine's workshop is: what `GATEWAY_WORKSHOP` names, or `workshop` in the state folder."""
    named = environ.get("GATEWAY_WORKSHOP")
    return Path(named).expanduser().absolute() if named else home / "workshop"


def _read(values: Mapping[str, object]) -> Workshop:
    if values["format"] != FORMAT:
        raise ValueError(f"its format is {values['format']}, this version reads {FORMAT}")
    seats, store, closed = values["seats"], values["store"], values["closed"]
    if not isinstance(seats, list) or not isinstance(store, dict) or not seats:
        raise ValueError("it lists no seats or no store")
    return Workshop(
        name=str(values["name"]),
        created=datetime.fromisoformat(str(values["created"])),
        until=datetime.fromisoformat(str(values["until"])),
        secret=bytes.fromhex(str(values["secret"])).hex(),
        seats=tuple(Seat(str(seat["name"]), str(seat["code"])) for seat in seats),
        store=Store(**{key: str(store[key]) for key in ("url", "public_key", "secret_key")}),
        address=str(values["address"]),
        closed=None if closed is None else datetime.fromisoformat(str(closed)),
    )


def new_code() -> str:
    """A code that nobody guesses, easy to type from a card."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
