"""What `serve` decides before anything starts: the record, the options, the users; and whether all of it can be."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway_kit.stack.seats.checks import check_disk, check_memory, check_offset, check_ports, check_tls
from gateway_kit.stack.seats.hub_secrets import HubSecrets, make_secrets, read_secrets
from gateway_kit.stack.seats.options import (
    LOOPBACK,
    ServeOptions,
    hub_folder,
    read_options,
    write_options,
)
from gateway_kit.stack.seats.place import find_place, make_place, seats_folder
from gateway_kit.stack.seats.running import running_seats
from gateway_kit.stack.seats.services import own_store_url, store_settings
from gateway_kit.stack.seats.users import ensure_users, why_shared
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.supervisor import preflight
from gateway_kit.workshop import record as records
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Store, Workshop
from gateway_kit.workshop.signing import fingerprint, make_key

DAYS = 1
SHARED = (
    "All seats run as one user, yours: whoever sits at one can read the files and the secrets of the others"
)
NAME = "workshop"


@dataclass(frozen=True)
class Request:
    """What was asked of `serve`; None means as last time, or the default. `options` are those of `ServeOptions`."""

    seats: int | None = None
    name: str | None = None
    until: datetime | None = None
    shared_user: bool = False
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Opened:
    """A workshop that can be served.

    `keys` are those of its own store; `secrets_are_new` says that the facilitator has not seen the code yet;
    `signed_by` is the fingerprint of the key that signs certificates; `renewed` says that seats which run have to be
    told of another end or another store.
    """

    folder: Path
    workshop: Workshop
    options: ServeOptions
    secrets: HubSecrets
    keys: keyring.Credentials
    secrets_are_new: bool
    signed_by: str
    renewed: bool
    notes: tuple[str, ...]


def open_workshop(folder: Path, request: Request) -> Opened:
    """Check what can be wrong, then write the record, the options and the seats' folders.

    Raises WorkshopError or StackError, and has started nothing then.
    """
    preflight.check_platform()
    hub_folder(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    elsewhere = "Free some, or choose another: GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --seats 4"
    check_disk(folder, preflight.DISK_NEEDED_MB, elsewhere)
    preflight.check_home(hub_folder(folder))
    before = records.load(folder) if (folder / records.FILE).exists() else None
    kept = read_options(folder)
    options, notes = _options(kept, request)
    if locked := preflight.locked_out(folder):
        notes.append(locked)
    check_tls(options)
    keys = _store_keys(folder, options)
    own = Store(own_store_url(folder, options), keys.langfuse_public_key, keys.langfuse_secret_key)
    # One that has begun without seats here has join codes that name its store.
    begun_elsewhere = before is not None and (kept is None or before.store.url != own_store_url(folder, kept))
    workshop = _record(before, request, before.store if before and begun_elsewhere else own)
    if before is None or len(workshop.seats) > len(before.seats):
        check_memory(len(workshop.seats), running=len(running_seats(folder)))
    check_offset(folder, workshop, options, kept)
    check_ports(folder, workshop, options)

    names = [seat.name for seat in workshop.seats]
    records.save(replace(workshop, address=options.address), folder)
    write_options(folder, options)
    if options.own_users:
        ensure_users(names, seats_folder(folder))
    if workshop.until < datetime.now().astimezone():
        notes.append(f"Its codes ended on {workshop.until:%d %B %Y, %H:%M}. For new time: --days 1")
    for name in names:
        make_place(find_place(folder, name, options))
    found = read_secrets(folder)
    made = found or make_secrets(folder)
    signed_by = fingerprint(make_key(folder))
    renewed = before is not None and (before.until, before.store) != (workshop.until, workshop.store)
    return Opened(
        folder, records.load(folder), options, made, keys, found is None, signed_by, renewed, tuple(notes)
    )


def _options(kept: ServeOptions | None, request: Request) -> tuple[ServeOptions, list[str]]:
    """The options in force and what has to be said about them."""
    given = {name: value for name, value in (request.options or {}).items() if value is not None}
    options = replace(kept or ServeOptions(), **given)
    if not options.cull_after_minutes:
        options = replace(options, cull_after_minutes=None)
    notes = []
    if kept is None:
        shared = SHARED if request.shared_user else why_shared()
        options = replace(options, own_users=not shared)
        notes += [shared] if shared else []
    elif request.shared_user and kept.own_users:
        raise WorkshopError(
            "This workshop's seats have users of their own. For one with a shared user, name another folder: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --shared-user"
        )
    elif not kept.own_users:
        notes.append(SHARED)
    if options.listen not in LOOPBACK:
        notes.append(
            f"Everybody who reaches {options.address} gets the page to sign in; nothing else of this machine is opened"
        )
        if not options.address.startswith("https:"):
            notes.append(
                "Without TLS whoever listens on the network can read codes and results: give --tls-cert and --tls-key, "
                "or put the venue's own proxy in front"
            )
    return options, notes


def _record(before: Workshop | None, request: Request, store: Store) -> Workshop:
    if before is None:
        if request.seats is None:
            raise WorkshopError("Say how many seats there are: gateway-kit workshop serve --seats 4")
        until = request.until or datetime.now().astimezone() + timedelta(days=DAYS)
        return records.new_workshop(request.name or NAME, request.seats, store=store, until=until)
    if before.closed:
        raise WorkshopError(
            f"The workshop {before.name} was closed on {before.closed:%d %B %Y}. Begin another in a folder of its own: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --seats 4"
        )
    if request.name not in (None, before.name):
        raise WorkshopError(
            f"This folder has the workshop {before.name}. For another, name a folder of its own: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --seats 4"
        )
    more = records.more_seats(before, request.seats or 0)
    return replace(more, store=store, until=request.until or before.until)


def _store_keys(folder: Path, options: ServeOptions) -> keyring.Credentials:
    """The store's credentials, made once; none of the facilitator's own stack."""
    home = store_settings(folder, options).home
    preflight.check_home(home)
    kept = keyring.read_env_file(keyring.env_file(home))
    keyring.check_complete(home, kept, {})
    made = keyring.resolve({}, {"LANGFUSE_INIT_USER_PASSWORD": secrets.token_urlsafe(12), **kept})
    keyring.save(home, made)
    return made
