"""Who may sign in at the hub: a seat with its code, and the facilitator, who may also start and stop seats."""

from __future__ import annotations

import hmac
import math
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Unicode

from gateway_kit.stack.seats.hub_secrets import read_secrets
from gateway_kit.stack.seats.tries import Tries
from gateway_kit.workshop.record import Workshop, load

FACILITATOR = "facilitator"
_ROOM = 20_000_000


class SeatAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """Seat and code as they stand in the workshop's record, which is read at each try: seats can be added."""

    workshop = Unicode(help="The workshop's folder.").tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._tries = Tries()

    def normalize_username(self, username: str) -> str:
        """A seat as its card has it: `Seat 3` and `SEAT-03` mean seat-03."""
        name = "-".join(username.strip().lower().replace("_", "-").split())
        stem, _, number = name.rpartition("-")
        return f"seat-{int(number):02d}" if stem in ("", "seat") and number.isdecimal() else name

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str:
        """The seat that may come in. The refusal's sentence is what the page of the form shows."""
        seat = self.normalize_username(data.get("username", ""))
        if shutil.disk_usage(self.workshop).free < _ROOM:  # the hub could not even note who comes in
            raise HTTPError(503, "The server's disk is full: tell the facilitator.")
        address = handler.request.remote_ip
        if wait_s := self._tries.wait_s(seat, address):
            raise HTTPError(429, f"Too many wrong codes: wait {math.ceil(wait_s)} seconds, then try again.")
        record = load(Path(self.workshop))
        if seat != FACILITATOR and (record.closed or record.until < datetime.now(record.until.tzinfo)):
            raise HTTPError(403, f"The workshop {record.name} has ended.")
        expected = self._codes(record).get(seat)
        # As long for a seat that does not exist as for a wrong code.
        right = hmac.compare_digest(plain(data.get("password", "")), plain(expected or "no seat"))
        if expected is None or not right:
            self._tries.wrong(seat, address)
            raise HTTPError(403, "Seat and code do not belong together: type both as your card has them.")
        self._tries.right(seat)
        return seat

    def _codes(self, record: Workshop) -> dict[str, str]:
        kept = read_secrets(Path(self.workshop))
        facilitator = {FACILITATOR: kept.facilitator_code} if kept else {}
        return {**{seat.name: seat.code for seat in record.seats}, **facilitator}


def plain(code: str) -> bytes:
    """A code without hyphens and blanks, in capitals: what differs between two ways to type it."""
    return "".join(letter for letter in code.upper() if letter.isalnum()).encode()
