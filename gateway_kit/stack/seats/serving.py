"""Serving a workshop: its services brought up and kept up; and ending all of it, seats included."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock

import psutil

from gateway_kit.errors import StackError
from gateway_kit.stack.seats.opening import Opened
from gateway_kit.stack.seats.options import hub_folder, read_options
from gateway_kit.stack.seats.place import Place, find_place
from gateway_kit.stack.seats.running import (
    running_seats,
    running_services,
    seat_runs,
    seats_with_a_folder,
)
from gateway_kit.stack.seats.services import own_store_url, workshop_services
from gateway_kit.stack.seats.starts import STARTS_AT_ONCE, seat_up
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.launch import Launch, Progress
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from gateway_kit.stack.supervisor.record import (
    ServiceRecord,
    StackRecord,
    read_record,
    stack_lock,
    write_record,
)
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.membership import join_code

Notify = Callable[[Progress], None]

# Seats first would look to a running hub like servers that died.
_STOP_FIRST, _STOP_LAST = (
    ("culler", "hub", "proxy"),
    ("fork-server", "chat-model", "embeddings", "tracing", "postgres"),
)
WATCH_S = 2.0


def bring_up(opened: Opened, notify: Notify, *, again: bool = False) -> None:
    """Start the workshop's own services, or adopt those that run and have not changed. Raises StackError.

    `again` leaves a workshop alone that was stopped meanwhile.
    """
    home = hub_folder(opened.folder)
    with stack_lock(home):
        if again and not read_record(home).services:
            return
        own_store = opened.workshop.store.url == own_store_url(opened.folder, opened.options)
        keys = opened.keys if own_store else None
        services = workshop_services(opened.folder, opened.options, opened.secrets, keys)
        running = running_services(home)
        for name in [name for name in (*_STOP_FIRST, *_STOP_LAST) if name in running]:
            if name not in services or running[name].identity != services[name].identity:
                notify(Progress(name, "restarting" if name in services else "stopped"))
                _stop(name, running.pop(name))
        _launch(home, services, running, notify)


def tell_seats(opened: Opened, notify: Notify) -> None:
    """Give the seats that run their membership anew, with the end and the store of now."""

    def tell(seat: str) -> None:
        place = find_place(opened.folder, seat, opened.options)
        done = subprocess.run(
            seat_up(place), input=join_code(opened.workshop, seat), env=place.environ(), capture_output=True,
            text=True, check=False, **place.process(),
        )  # fmt: skip
        notify(Progress(seat, "told of the new end" if done.returncode == 0 else done.stderr.strip()))

    with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
        list(pool.map(tell, running_seats(opened.folder)))


def _launch(
    home: Path, services: Mapping[str, Service], running: Mapping[str, ServiceRecord], notify: Notify
) -> None:
    guard, current = Lock(), StackRecord(services=dict(running))
    write_record(home, current)

    def remember(service: Service, started: ProcessRecord) -> None:
        nonlocal current
        with guard:
            entry = ServiceRecord(started, service.port, service.url, service.version, service.identity)
            current = current.with_service(service.name, entry)
            write_record(home, current)

    adopted = {name: entry.process for name, entry in running.items()}
    failed = Launch(services, adopted, remember=remember, notify=notify).run()
    for exc in failed.values():
        raise exc


def keep_up(opened: Opened, notify: Notify) -> None:
    """Watch over the workshop's own services, and start what has ended again, until this is interrupted.

    Ends by itself once `gateway-kit workshop stop` has ended them all.
    """
    while True:
        time.sleep(WATCH_S)
        services = read_record(hub_folder(opened.folder)).services
        if not services:
            return
        if all(process.alive(entry.process) is not None for entry in services.values()):
            continue
        try:
            bring_up(opened, notify, again=True)
        except StackError as exc:  # the next look tries again
            notify(Progress("workshop", f"not complete: {str(exc).splitlines()[0]}"))


def stop_workshop(folder: Path, notify: Notify) -> bool:
    """End the hub, its proxy, every seat's server and stack, and the store; whether anything ran. Data stays."""
    options = read_options(folder)
    if options is None:
        raise WorkshopError(
            f"No workshop was served from {folder}. To begin: gateway-kit workshop serve --seats 4"
        )
    home = hub_folder(folder)
    with stack_lock(home):
        record = read_record(home)
        ended = [_end(name, record, notify) for name in _STOP_FIRST]
        places = [find_place(folder, name, options) for name in seats_with_a_folder(folder)]
        with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
            seats = list(pool.map(lambda place: _end_seat(place, notify), places))
        ended += [_end(name, record, notify) for name in _STOP_LAST]
        write_record(home, replace(record, services={}))
    return any((*ended, *seats))


def _stop(name: str, entry: ServiceRecord) -> bool:
    """End a service's process; whether it was alive. Of the hub no child: those are the seats' servers."""
    if name != "hub":
        return process.stop(entry.process)
    hub = process.alive(entry.process)
    if hub is not None:
        process.send(hub, signal.SIGTERM)
        process.end_processes([hub], grace_s=20.0)
    return hub is not None


def _end(name: str, record: StackRecord, notify: Notify) -> bool:
    entry = record.services.get(name)
    if entry is None or not _stop(name, entry):
        return False
    notify(Progress(name, "stopped"))
    return True


def _end_seat(place: Place, notify: Notify) -> bool:
    """End a seat's stack and JupyterLab by `down`, as its user, and then whatever else it left running."""
    if not place.home.is_dir():
        return False
    ran = seat_runs(place.home)
    command = [str(Path(sys.executable).parent / "gateway-kit"), "down"]
    done = subprocess.run(
        command, env=place.environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        **place.process(),
    )  # fmt: skip
    left = _left(place)
    for program in left:
        process.send(program, signal.SIGTERM)
    process.end_processes(left, grace_s=3.0)
    if ran or left:
        notify(Progress(place.seat, "stopped" if done.returncode == 0 else done.stderr.strip()))
    return ran or bool(left)


def _left(place: Place) -> list[psutil.Process]:
    """What still runs of a seat: everything of its user; of a shared one, what works in its folder."""
    if place.user is None:
        return process.working_in(place.folder)
    return [
        p for p in psutil.process_iter(["uids"]) if p.info["uids"] and p.info["uids"].real == place.user.uid
    ]
