"""What stands on a card, whoever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.membership import join_code
from gateway_kit.workshop.record import Workshop

PER_SHEET = 8
STUCK = (
    'Stuck? hint("01.1") prints the next hint; after the last one, solution("01.1") prints a solved cell. '
    "Still stuck, or something is broken? Raise your hand."
)
JOIN = "gateway-kit workshop join"


@dataclass(frozen=True)
class Lesson:
    """A lesson as cards name it."""

    number: str
    title: str
    minutes: int


@dataclass(frozen=True)
class Card:
    """What one seat's card says of it.

    `address` is what to open in a browser, or empty on the card of somebody who has to type `command` on a stack of
    their own. `code` is the seat's code or the join code; `qr` what the QR code holds, and `qr_says` what it does.
    """

    seat: str
    code: str = field(repr=False)
    qr: str = field(repr=False)
    qr_says: str
    address: str = ""
    command: str = ""


@dataclass(frozen=True)
class Cards:
    """The cards of a workshop, and what all of them have in common. `bundle` is made by `bundle_line`."""

    workshop: str
    until: str
    lessons: tuple[Lesson, ...]
    cards: tuple[Card, ...]
    fingerprint: str = ""
    bundle: str = ""

    @property
    def small_print(self) -> str:
        """How long a card is good for, whose signature certificates have, and where the kit is without internet."""
        key = f" Certificates are signed by the key {self.fingerprint}." if self.fingerprint else ""
        return f"Good until {self.until}.{key}{f' {self.bundle}' if self.bundle else ''}"

    @property
    def sheets(self) -> list[tuple[Card, ...]]:
        """The cards of each sheet."""
        return [self.cards[n : n + PER_SHEET] for n in range(0, len(self.cards), PER_SHEET)]


def make_cards(
    workshop: Workshop,
    *,
    address: str = "",
    join: bool = False,
    lessons: Sequence[Lesson] = (),
    fingerprint: str = "",
    bundle: str = "",
) -> Cards:
    """A card for each seat: to sign in at `address`, or to join with a stack of one's own.

    `address` stands for the one that the workshop was served at last. Raises WorkshopError for one that is no URL, and
    if there is none.
    """
    if workshop.closed:
        raise WorkshopError(f"The workshop {workshop.name} is closed: its codes open nothing any more")
    if join:
        cards = tuple(_join_card(workshop, seat.name) for seat in workshop.seats)
    else:
        base = checked_address(address or workshop.address)
        cards = tuple(_seat_card(base, seat.name, seat.code) for seat in workshop.seats)
    until = workshop.until
    shown = f"{until.day} {until:%B %Y}, {until:%H:%M}"
    return Cards(workshop.name, shown, tuple(lessons), cards, fingerprint, bundle)


def bundle_line(address: str, checksum: str) -> str:
    """Where the kit is handed out in the room, as cards say it. Raises WorkshopError for what is no address."""
    return f"Without internet: {checked_address(address, '--bundle')}, SHA-256 {checksum}."


def checked_address(address: str, option: str = "--address") -> str:
    """An address without a slash at its end. Raises WorkshopError for one that no browser opens, and for none."""
    if not address:
        raise WorkshopError(
            "The workshop has no address yet. Serve it (gateway-kit workshop serve), or say what attendees open: "
            "--address https://workshop.example.com. For people with a stack of their own: --join"
        )
    try:
        parts = urlsplit(address)
        right = (
            parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.username
        )
    except ValueError:
        right = False
    if not right or not address.isprintable() or " " in address or parts.query or parts.fragment:
        raise WorkshopError(
            f"{option} {address!r} is no address for a browser: it looks like https://workshop.example.com:8000"
        )
    return address.rstrip("/")


def opens_only_here(address: str) -> bool:
    """Whether other machines cannot open an address: it is this machine's own, or stands for all of its addresses."""
    host = urlsplit(address).hostname or ""
    try:
        number = ip_address(host)
    except ValueError:
        return host == "localhost"
    return number.is_loopback or number.is_unspecified


def sign_in_url(address: str, seat: str) -> str:
    """JupyterHub's page to sign in, with the seat filled in; the code is never part of an address."""
    return f"{address}/hub/login?{urlencode({'username': seat})}"


def _seat_card(address: str, seat: str, code: str) -> Card:
    says = "The QR code opens this page with your seat filled in."
    return Card(seat, code, sign_in_url(address, seat), says, address=address)


def _join_card(workshop: Workshop, seat: str) -> Card:
    code = join_code(workshop, seat)
    says = "On your own stack, type this command with your code; the QR code holds both."
    return Card(seat, code, f"{JOIN} {code}", says, command=f"{JOIN} CODE")
