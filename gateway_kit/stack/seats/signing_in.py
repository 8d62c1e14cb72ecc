"""How a seat signs in, wherever the hub finds the codes: on this machine, or in a cluster's secret.

This file and `tries.py` also run in the hub's pod of a cluster, where nothing else of the kit is installed.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError

from gateway_kit.stack.seats.tries import Tries

FACILITATOR = "facilitator"


@dataclass(frozen=True)
class Room:
    """Who may come in: the code of each seat and of the facilitator, and until when seats may."""

    workshop: str
    until: datetime
    codes: Mapping[str, str] = field(repr=False)
    closed: bool = False


class CodeAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """Asks for seat and code, and slows down who tries codes. `room` says which are right, at each try anew."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._tries = Tries()

    def room(self) -> Room:
        """The codes that are good now."""
        raise NotImplementedError

    def normalize_username(self, username: str) -> str:
        """A seat as its card has it: `Seat 3` and `SEAT-03` mean seat-03."""
        name = "-".join(username.strip().lower().replace("_", "-").split())
        stem, _, number = name.rpartition("-")
        return f"seat-{int(number):02d}" if stem in ("", "seat") and number.isdecimal() else name

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str:
        """The seat that may come in. The refusal's sentence is what the page of the form shows."""
        seat = self.normalize_username(data.get("username", ""))
        address = handler.request.remote_ip
        if wait_s := self._tries.wait_s(seat, address):
            seconds = math.ceil(wait_s)
            pause = f"{seconds} second{'' if seconds == 1 else 's'}"
            raise HTTPError(429, f"Too many wrong codes: wait {pause}, then try again.")
        room = self.room()
        if seat != FACILITATOR and (room.closed or room.until < datetime.now(room.until.tzinfo)):
            raise HTTPError(403, f"The workshop {room.workshop} has ended.")
        expected = room.codes.get(seat)
        # As long for a seat that does not exist as for a wrong code.
        right = hmac.compare_digest(plain(data.get("password", "")), plain(expected or "no seat"))
        if expected is None or not right:
            self._tries.wrong(seat, address)
            raise HTTPError(403, "Seat and code do not belong together: type both as your card has them.")
        self._tries.right(seat)
        return seat


def plain(code: str) -> bytes:
    """A code without hyphens and blanks, in capitals: what differs between two ways to type it."""
    return "".join(letter for letter in code.upper() if letter.isalnum()).encode()


def first_page(handler: Any) -> str:
    """Where a person goes after signing in: the facilitator to the list of seats, a seat to its JupyterLab."""
    user = handler.current_user
    page = "login" if user is None else "admin" if user.admin else "spawn"
    return f"{handler.hub.base_url}{page}"
