"""`gateway-kit workshop close`: results are kept, certificates written, seats and their keys ended."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from gateway_kit.common.polling import poll_until
from gateway_kit.common.private_files import write_private
from gateway_kit.workshop.certificates import (
    CertificateError,
    certificate_facts,
    check_certificate,
    sign_certificate,
)
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.kept_results import keep_results, read_results
from gateway_kit.workshop.record import Workshop, load, save
from gateway_kit.workshop.results import CLOSED, Closing, Result, now, sign
from gateway_kit.workshop.signing import fingerprint, make_key, read_key
from gateway_kit.workshop.store import StoreClient, StoreUnreachableError
from gateway_kit.workshop.verified import Verified, verified

CERTIFICATES = "certificates"
MAX_NAME = 80
# Langfuse 4.16 was seen to show a score after 5.7 to 8.4 s; one on which much is going on may take longer.
READABLE_AFTER_S = 60
# A store elsewhere has a clock of its own.
_CLOCKS = timedelta(hours=1)


@dataclass(frozen=True)
class Closed:
    """What `close` has done. `nothing_passed` are the seats without a certificate.

    `complete` is False if the store did not show in time all that it had taken, so that results may be missing.
    """

    workshop: Workshop
    found: Verified
    certificates: tuple[Path, ...]
    nothing_passed: tuple[str, ...]
    key: str
    complete: bool


def close(
    folder: Path,
    *,
    end_seats: Callable[[], None],
    stop: Callable[[], None],
    names: Mapping[str, str] | None = None,
    lessons: Mapping[str, str] | None = None,
    exercises: int = 0,
    open_store: Callable[[Workshop], StoreClient] | None = None,
) -> Closed:
    """Close the workshop of a folder. A closed one gets its certificates anew, from the store or from what was kept.

    Args:
        folder: The workshop's.
        end_seats: Hands in what seats of this machine have left, and ends their keys; called once nobody signs in.
        stop: Ends what serves the workshop.
        names: Seat → the attendee's name. Without any, certificates that are written anew keep theirs.
        lessons: Number → title, for the certificates.
        exercises: How many there are.
        open_store: Makes the store's client.

    Raises:
        WorkshopError: the store does not answer. Then nothing was changed.
    """
    workshop = load(folder)
    unknown = sorted(set(names or {}) - {seat.name for seat in workshop.seats})
    if unknown:
        raise WorkshopError(f"The workshop {workshop.name} has no seat {', '.join(unknown)}")
    make_key(folder)
    kept = read_results(folder) if workshop.closed else None
    complete = True
    with (open_store or _open_store)(workshop) as store:
        try:
            store.check()
        except StoreUnreachableError as exc:
            if kept is None:
                raise WorkshopError(
                    f"The workshop was not closed, since its results cannot be read: {exc}. If seats are served here, "
                    "start it with gateway-kit workshop serve; then close again"
                ) from exc
            found = kept
        else:
            if workshop.closed is None:
                workshop = replace(workshop, closed=now().astimezone())
                save(workshop, folder)
            end_seats()
            complete = _tell_seats(store, workshop)
            found = verified(store.scores(workshop.created - _CLOCKS), workshop)
            keep_results(folder, workshop.name, found)
    stop()
    written, nothing = _certificates(folder, workshop, found, names, lessons or {}, exercises)
    return Closed(workshop, found, written, nothing, fingerprint(make_key(folder)), complete)


def read_names(path: Path) -> dict[str, str]:
    """Seat → name, from a file with a line `seat-01,Ann Example` for each. Raises WorkshopError or OSError."""
    names: dict[str, str] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), start=1) if any(row)]
    except (UnicodeDecodeError, csv.Error) as exc:
        raise WorkshopError(f"{path} is no table of seats and names: {exc}") from exc
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        if number == 1 and cells[0].lower() == "seat":
            continue
        if len(cells) != 2 or not cells[1] or len(cells[1]) > MAX_NAME or not cells[1].isprintable():
            raise WorkshopError(
                f"{path}, line {number}: a line is a seat and a name of up to {MAX_NAME} characters, such as "
                "seat-01,Ann Example"
            )
        if cells[0] in names:
            raise WorkshopError(f"{path}, line {number}: {cells[0]} has a name already")
        names[cells[0]] = cells[1]
    return names


def _certificates(
    folder: Path,
    workshop: Workshop,
    found: Verified,
    names: Mapping[str, str] | None,
    lessons: Mapping[str, str],
    exercises: int,
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The certificates that were written, and the seats that have passed nothing."""
    key = read_key(folder)
    if key is None:
        raise WorkshopError(f"{folder} has no key to sign with")
    by_seat: defaultdict[str, list[Result]] = defaultdict(list)
    for result in found.results:
        by_seat[result.seat].append(result)
    (folder / CERTIFICATES).mkdir(mode=0o700, exist_ok=True)
    written, nothing = [], []
    issued = (workshop.closed or now()).astimezone()
    for seat in workshop.seats:
        path = folder / CERTIFICATES / f"{seat.name}.html"
        name = _name_on(path, folder) if names is None else names.get(seat.name, "")
        facts = certificate_facts(
            workshop.name, seat.name, by_seat[seat.name],
            issued=issued, name=name, lessons=lessons, exercises=exercises,
        )  # fmt: skip
        if not facts["passed"]:
            nothing.append(seat.name)
            continue
        write_private(path, sign_certificate(facts, key))
        written.append(path)
    return tuple(written), tuple(nothing)


def _name_on(path: Path, folder: Path) -> str:
    """The name on the certificate that this workshop has written before; empty if there is none."""
    try:
        certificate = check_certificate(path)
    except (CertificateError, OSError):
        return ""
    return str(certificate.facts["name"]) if certificate.key == fingerprint(make_key(folder)) else ""


def _tell_seats(store: StoreClient, workshop: Workshop) -> bool:
    """Leave word in the store, so that nobody joins any more, and wait until it can be read; whether it can.

    Langfuse shows a score some seconds after it has taken it; once these are shown, so are the results before them.
    Raises WorkshopError.
    """
    at = workshop.closed or now()
    for seat in workshop.seats:
        closing = Closing(workshop.name, seat.name, at)
        store.write(closing, sign(closing, workshop.seat_secret(seat.name)))

    def told() -> int:
        return len(list(store.scores(names=[CLOSED], session=workshop.name)))

    return poll_until(told, lambda count: count >= len(workshop.seats), timeout_s=READABLE_AFTER_S)[1]


def _open_store(workshop: Workshop) -> StoreClient:
    return StoreClient(workshop.store)
