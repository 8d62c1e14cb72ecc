"""What ends with a workshop at each of its seats here: results are handed in, virtual keys deleted, by the seat itself.

A program that runs as the seat's user does it, since what lies in a seat's folder may be links to anywhere.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway_kit.common.joined import MEMBERSHIP
from gateway_kit.stack.seats.options import read_options
from gateway_kit.stack.seats.place import Place, find_place
from gateway_kit.stack.seats.running import seats_with_a_folder

_AT_ONCE = 2
_TIMEOUT_S = 120


def end_seats(folder: Path, notify: Callable[[str], None]) -> None:
    """Have each seat of a served workshop end what it has; `notify` gets a line per seat that did something.

    Nothing happens without a served workshop. A seat that fails is named, and the others go on.
    """
    options = read_options(folder)
    if options is None:
        return
    places = [find_place(folder, seat, options) for seat in seats_with_a_folder(folder)]
    used = [place for place in places if (place.home / MEMBERSHIP).exists()]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for line in pool.map(_end_seat, used):
            if line:
                notify(line)


def _end_seat(place: Place) -> str:
    command = [str(Path(sys.executable).parent / "gateway-kit"), "workshop", "end-seat"]
    try:
        done = subprocess.run(
            command, env=place.environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=_TIMEOUT_S, **place.process(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{place.seat}: did not end within {_TIMEOUT_S} s; what it did not hand in stays in its folder"
    said = "; ".join(
        line.strip().rstrip(".") for line in (done.stdout + done.stderr).splitlines() if line.strip()
    )
    return f"{place.seat}: {said}" if said else ""
