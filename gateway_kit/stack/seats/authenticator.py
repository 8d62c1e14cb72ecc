"""Who may sign in at the hub: a seat with its code, and the facilitator, who may also start and stop seats."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tornado.web import HTTPError
from traitlets import Unicode

from gateway_kit.stack.seats.hub_secrets import read_secrets
from gateway_kit.stack.seats.signing_in import FACILITATOR, CodeAuthenticator, Room
from gateway_kit.workshop.record import load

_ROOM = 20_000_000


class SeatAuthenticator(CodeAuthenticator):
    """Seat and code as they stand in the workshop's record, which is read at each try: seats can be added."""

    workshop = Unicode(help="The workshop's folder.").tag(config=True)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str:
        """The seat that may come in, if the hub can note it."""
        if shutil.disk_usage(self.workshop).free < _ROOM:
            raise HTTPError(503, "The server's disk is full: tell the facilitator.")
        return await super().authenticate(handler, data)

    def room(self) -> Room:
        """The record's seats, and the facilitator once there is a code for that."""
        folder = Path(self.workshop)
        record, kept = load(folder), read_secrets(folder)
        facilitator = {FACILITATOR: kept.facilitator_code} if kept else {}
        codes = {**{seat.name: seat.code for seat in record.seats}, **facilitator}
        return Room(record.name, record.until, codes, closed=record.closed is not None)
