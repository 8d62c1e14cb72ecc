"""What makes a stack a workshop's seat: a file in its state folder, and the same as a line of text, the join code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.common.joined import MEMBERSHIP
from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import NAME, Store, Workshop
from gateway_kit.workshop.results import now

_PREFIX = "gk1-"
_SEAT = re.compile(r"seat-\d{2,3}")
_CHECKSUM = 8  # characters at the end of a join code
_NEW_CODE = "Ask for your join code again, and copy the whole line"


@dataclass(frozen=True)
class Membership:
    """A seat of a workshop: where its results go until when, and the secret that signs them."""

    workshop: str
    seat: str
    secret: str = field(repr=False)
    store: Store
    until: datetime

    @property
    def over(self) -> bool:
        """Whether the workshop's time has passed; nothing new is reported from then on."""
        return now() >= self.until


def membership(workshop: Workshop, seat: str) -> Membership:
    """The membership of a seat, from the facilitator's record. Raises WorkshopError if there is no such seat."""
    return Membership(workshop.name, seat, workshop.seat_secret(seat), workshop.store, workshop.until)


def join_code(workshop: Workshop, seat: str) -> str:
    """The membership of a seat as one line of text, for `gateway-kit workshop join`. It holds secrets."""
    made = membership(workshop, seat)
    values = [
        made.workshop, made.seat, made.secret, made.until.isoformat(timespec="seconds"),
        made.store.url, made.store.public_key, made.store.secret_key,
    ]  # fmt: skip
    text = base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")
    return _PREFIX + text + _checksum(text)


def read_join_code(text: str) -> Membership:
    """The membership in a join code, however it was broken over lines.

    Raises WorkshopError for a code that is damaged, of another version of the kit, or of a workshop that has ended.
    """
    code = "".join(text.split()).strip("'\"`<>")
    if not code.startswith(_PREFIX):
        if code.startswith("gk") and code[2:3].isdigit():
            raise WorkshopError(
                f"This join code was made by another version of the kit: it begins with {code.partition('-')[0]}-, "
                f"this version reads {_PREFIX}. Use the version that the workshop uses"
            )
        raise WorkshopError(f"This is no join code: one begins with {_PREFIX}. {_NEW_CODE}")
    body, checksum = code[len(_PREFIX) : -_CHECKSUM], code[-_CHECKSUM:]
    if not body or _checksum(body) != checksum:
        raise WorkshopError(f"This join code is damaged: characters are missing or changed. {_NEW_CODE}")
    try:
        name, seat, secret, until, url, public_key, secret_key = json.loads(
            base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        )
        read = _checked(name, seat, secret, until, Store(url, public_key, secret_key))
    except (ValueError, TypeError, binascii.Error) as exc:
        raise WorkshopError(f"This join code cannot be read ({exc}). {_NEW_CODE}") from exc
    if read.over:
        raise WorkshopError(
            f"The workshop {read.workshop} ended on {read.until.astimezone():%d %B %Y at %H:%M}: this join code counts "
            "no longer. Ask for one of the workshop that you attend"
        )
    return read


def save_membership(made: Membership, home: Path) -> None:
    """Make the stack of a state folder a seat, for its owner alone. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {
        "format": 1, "workshop": made.workshop, "seat": made.seat, "secret": made.secret,
        "until": made.until.isoformat(),
        "store": {name: getattr(made.store, name) for name in ("url", "public_key", "secret_key")},
    }  # fmt: skip
    write_private(home / MEMBERSHIP, json.dumps(values, indent=1) + "\n")


def load_membership(home: Path) -> Membership | None:
    """The membership of a state folder; None without one. Raises WorkshopError or StateFolderError."""
    path = home / MEMBERSHIP
    advice = "Join again: gateway-kit workshop join CODE"
    text = read_private(path, advice)
    if text is None:
        return None
    try:
        values: Mapping[str, Any] = json.loads(text)
        if values["format"] != 1:
            raise ValueError(f"its format is {values['format']}, this version reads 1")
        store = Store(**{name: values["store"][name] for name in ("url", "public_key", "secret_key")})
        return _checked(values["workshop"], values["seat"], values["secret"], values["until"], store)
    except (ValueError, KeyError, TypeError) as exc:
        raise WorkshopError(f"{path} is damaged ({type(exc).__name__}: {exc}). {advice}") from exc


def remove_membership(home: Path) -> None:
    """End the membership of a state folder. Raises OSError."""
    (home / MEMBERSHIP).unlink(missing_ok=True)


def _checked(name: Any, seat: Any, secret: Any, until: Any, store: Store) -> Membership:
    """Raises ValueError or TypeError for values that no membership has."""
    texts = (name, seat, secret, until, store.url, store.public_key, store.secret_key)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError("a field is missing")
    ends = datetime.fromisoformat(until)
    if ends.tzinfo is None:
        raise ValueError("its end has no zone")
    if not (NAME.fullmatch(name) and _SEAT.fullmatch(seat)):
        raise ValueError("it names no workshop or no seat")  # files are named so
    parts = urlsplit(store.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the store's address is no URL")
    return Membership(name, seat, bytes.fromhex(secret).hex(), store, ends)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECKSUM]
