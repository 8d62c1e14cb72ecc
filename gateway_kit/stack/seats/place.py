"""A seat's place on this machine: its folder, its ports, its user, and the environment of its programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway_kit.common.environment import minimal_env
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.lab import COPIES
from gateway_kit.stack.seats.options import ServeOptions
from gateway_kit.stack.seats.users import SeatUser, seat_user
from gateway_kit.stack.services.fork_server import FORK_SERVER
from gateway_kit.stack.supervisor.unprivileged import make_passable

HOME = ".gateway"
# Others may pass through these folders, and neither list nor read them; a seat's own is closed.
_PASSABLE, _CLOSED = 0o711, 0o700


@dataclass(frozen=True)
class Place:
    """Where a seat works, and as whom; `user` is None if seats share the facilitator's user.

    `shared` are the variables that name what all seats use together.
    """

    seat: str
    folder: Path
    port_offset: int
    user: SeatUser | None
    shared: Mapping[str, str]

    @property
    def home(self) -> Path:
        """The state folder of the seat's stack."""
        return self.folder / HOME

    def port(self, service: str) -> int:
        """Where a service of the seat listens, on 127.0.0.1."""
        return BASE_PORTS[service] + self.port_offset

    def environ(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """What the seat's programs are given: nothing of the facilitator's but path, locale and certificates."""
        me = self.user.name if self.user else (os.environ if environ is None else environ).get("USER", "root")
        own = {
            "HOME": str(self.folder),
            "USER": me,
            "LOGNAME": me,
            "SHELL": "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh",
            "GATEWAY_HOME": str(self.home),
            "GATEWAY_COPIES": str(self.folder / COPIES),
            **self.shared,
        }
        return minimal_env(environ, **own)

    def process(self) -> dict[str, Any]:
        """How `subprocess` starts a program of the seat's: as its user, in its folder, with files for it alone."""
        who = {} if self.user is None else {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        return {"cwd": str(self.folder), "umask": 0o077, "start_new_session": True, **who}


def seats_folder(folder: Path) -> Path:
    """Where the seats of the workshop in `folder` are."""
    return folder / "seats"


def fork_socket(folder: Path) -> Path:
    """Where the server listens that starts the seats' gateways, in a folder that every seat may pass through."""
    return seats_folder(folder) / "gateways.sock"


def find_place(folder: Path, seat: str, options: ServeOptions) -> Place:
    """The place of a seat. Raises WorkshopError if its user is gone."""
    user = seat_user(seat, seats_folder(folder)) if options.own_users else None
    shared = {**options.shared_models, FORK_SERVER: str(fork_socket(folder))}
    return Place(seat, seats_folder(folder) / seat, options.seat_offset(seat), user, shared)


def make_place(place: Place) -> None:
    """Make the seat's folder, which nobody else may enter. Raises OSError.

    Nothing is written into it here: that is done by a program that runs as the seat's user, since what lies in it may
    be links to anywhere.
    """
    place.folder.mkdir(mode=_CLOSED, parents=True, exist_ok=True)
    if place.user is None:
        return
    if place.folder.stat().st_uid != place.user.uid:
        _hand_over(place.folder, place.user)
    for above in (place.folder.parent, place.folder.parent.parent):
        above.chmod(_PASSABLE)
    make_passable(place.folder.parent)


def _hand_over(folder: Path, user: SeatUser) -> None:
    """Give the folder and all in it to the user: it is new, or its workshop was moved or comes from a backup.

    The folder comes last, so that the next start goes on with what was broken off.
    """
    for above, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(above, name), user.uid, user.gid, follow_symlinks=False)
    os.chown(folder, user.uid, user.gid)
