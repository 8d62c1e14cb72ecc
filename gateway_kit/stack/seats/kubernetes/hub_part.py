"""What runs in the hub's pod: who may sign in, and what a seat's pod is given to become that seat.

Both read the secret that is mounted there. The pod has JupyterHub and, of the kit, this file and two more.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tornado.web import HTTPError
from traitlets import Unicode

from gateway_kit.stack.seats.signing_in import FACILITATOR, CodeAuthenticator, Room

JOIN_CODE = "GATEWAY_JOIN_CODE"


class PodAuthenticator(CodeAuthenticator):
    """Seat and code as they stand in the mounted secret, which is read at each try: it can be replaced."""

    seats_file = Unicode("/etc/gateway-kit/seats.json", help="The mounted secret.").tag(config=True)

    def room(self) -> Room:
        """The secret's seats and the facilitator."""
        kept = json.loads(Path(self.seats_file).read_text())
        codes = {seat: given["code"] for seat, given in kept["seats"].items()}
        until = datetime.fromisoformat(kept["until"])
        return Room(kept["workshop"], until, {**codes, FACILITATOR: kept["facilitator_code"]})


def give_join_code(spawner: Any) -> None:
    """Before a pod starts: what makes it that seat of the workshop. Raises HTTPError, which the page shows."""
    name = spawner.user.name
    seats = json.loads(Path(spawner.authenticator.seats_file).read_text())["seats"]
    if name not in seats:
        raise HTTPError(403, f"{name} has no seat. The page Admin starts, stops and opens the seats.")
    # A new dictionary: that of the configuration belongs to all spawners.
    spawner.environment = {**spawner.environment, JOIN_CODE: seats[name]["join"]}
