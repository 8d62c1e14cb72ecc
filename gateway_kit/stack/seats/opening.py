"""What `serve` decides before anything starts: the record, the options, the users; and whether all of it can be."""

from __future__ import annotations

import errno
import secrets
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway_kit.settings import BASE_PORTS, MAX_PORT_OFFSET
from gateway_kit.stack.seats.hub_secrets import HubSecrets, make_secrets, read_secrets
from gateway_kit.stack.seats.options import (
    LOOPBACK,
    ServeOptions,
    hub_folder,
    read_options,
    write_options,
)
from gateway_kit.stack.seats.place import HOME, find_place, make_place, seats_folder
from gateway_kit.stack.seats.running import running_services
from gateway_kit.stack.seats.services import store_settings
from gateway_kit.stack.seats.users import ensure_users, why_shared
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.services.tracing import own_tracing_url
from gateway_kit.stack.supervisor import ports, preflight
from gateway_kit.workshop import record as records
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Store, Workshop

DAYS = 1
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
    """A workshop that can be served: `secrets_are_new` says that the facilitator has not seen the code yet."""

    folder: Path
    workshop: Workshop
    options: ServeOptions
    secrets: HubSecrets
    keys: keyring.Credentials
    secrets_are_new: bool
    notes: tuple[str, ...]


def open_workshop(folder: Path, request: Request) -> Opened:
    """Check what can be wrong, then write the record, the options and the seats' folders.

    Raises WorkshopError or StackError, and has started nothing then.
    """
    preflight.check_platform()
    preflight.check_home(hub_folder(folder))
    before = records.load(folder) if (folder / records.FILE).exists() else None
    kept = read_options(folder)
    options, notes = _options(kept, request)
    _check_tls(options)
    keys = _store_keys(folder, options)
    workshop = _record(folder, before, request, options, keys)
    _check_offsets(workshop, options)
    check_ports(folder, workshop, options)

    names = [seat.name for seat in workshop.seats]
    records.save(replace(workshop, address=options.address), folder)
    write_options(folder, options)
    if options.own_users:
        ensure_users(names, seats_folder(folder))
    for name in names:
        make_place(find_place(folder, name, options))
    found = read_secrets(folder)
    made = found or make_secrets(folder)
    return Opened(folder, records.load(folder), options, made, keys, found is None, tuple(notes))


def _options(kept: ServeOptions | None, request: Request) -> tuple[ServeOptions, list[str]]:
    """The options in force and what has to be said about them."""
    given = {name: value for name, value in (request.options or {}).items() if value is not None}
    options = replace(kept or ServeOptions(), **given)
    notes = []
    if kept is None:
        shared = "" if request.shared_user else why_shared()
        options = replace(options, own_users=not request.shared_user and not shared)
        notes += [shared] if shared else []
    elif request.shared_user and kept.own_users:
        raise WorkshopError(
            "This workshop's seats have users of their own. For one with a shared user, name another folder: "
            "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve --shared-user"
        )
    elif not kept.own_users:
        notes.append(
            "All seats run as your own user, as when this workshop began: their files are no secret to each other"
        )
    if options.listen not in LOOPBACK:
        notes.append(
            f"Everybody who reaches {options.listen} on port {options.port} gets the page to sign in; nothing else of "
            "this machine is opened"
        )
        if not options.tls_cert:
            notes.append(
                "Without TLS whoever listens on the network can read codes and results: give --tls-cert and --tls-key, "
                "or put the venue's own proxy in front"
            )
    return options, notes


def _record(
    folder: Path, before: Workshop | None, request: Request, options: ServeOptions, keys: keyring.Credentials
) -> Workshop:
    store = Store(
        own_tracing_url(store_settings(folder, options)), keys.langfuse_public_key, keys.langfuse_secret_key
    )
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


def _check_tls(options: ServeOptions) -> None:
    if bool(options.tls_cert) != bool(options.tls_key):
        raise WorkshopError("TLS needs both files: --tls-cert FILE --tls-key FILE")
    if not options.tls_cert or not options.tls_key:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(options.tls_cert, options.tls_key)
    except OSError as exc:  # ssl.SSLError is one
        raise WorkshopError(
            f"{options.tls_cert} and {options.tls_key} cannot be used for TLS: {exc}. Give a certificate and its key, "
            "both in PEM format"
        ) from exc


def _check_offsets(workshop: Workshop, options: ServeOptions) -> None:
    """Raise WorkshopError if the seats' ports do not exist."""
    last = options.seat_offset(workshop.seats[-1].name)
    if not options.port_offset >= 0 or last > MAX_PORT_OFFSET:
        raise WorkshopError(
            f"{len(workshop.seats)} seats from --port-offset {options.port_offset} on need ports above 65535: choose "
            "fewer seats or a smaller offset"
        )


def check_ports(folder: Path, workshop: Workshop, options: ServeOptions) -> None:
    """Raise WorkshopError if a port is taken that the workshop's own services or a new seat will need."""
    running = running_services(hub_folder(folder))
    own = {"proxy": options.proxy_api_port, "hub": options.hub_port}
    own |= {
        name: BASE_PORTS[name] + options.port_offset
        for name in ("postgres", "tracing", "chat-model", "embeddings")
    }
    if "proxy" not in running:
        _check_listen(options)
    taken = [(name, port) for name, port in own.items() if name not in running and not ports.is_free(port)]
    for seat in workshop.seats:
        # A seat that has begun may hold its ports itself; whether it does, its own start finds out.
        if not (seats_folder(folder) / seat.name / HOME).exists():
            wanted = (base + options.seat_offset(seat.name) for base in BASE_PORTS.values())
            taken += [(seat.name, port) for port in wanted if not ports.is_free(port)]
    if taken:
        who, port = taken[0]
        raise WorkshopError(
            f"Nothing was started, since {who} needs port {port}, which {ports.owner(port)} holds. End that process, "
            f"or move all seats: --port-offset {options.port_offset + 1000}"
        )


def _check_listen(options: ServeOptions) -> None:
    """Raise WorkshopError unless the address is this machine's and its port is free."""
    try:
        family, *_, address = socket.getaddrinfo(options.listen, options.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as exc:
        if isinstance(exc, PermissionError):
            what, help_ = "only root may use ports below 1024", "Choose another with --port"
        elif exc.errno == errno.EADDRINUSE:
            what = f"{ports.owner(options.port)} holds it"
            help_ = "End that process, or choose another with --port"
        else:
            what, help_ = str(exc.strerror), "Give an address of this machine with --listen"
        raise WorkshopError(
            f"Nothing was started, since {options.listen} cannot be listened on at port {options.port}: {what}. {help_}"
        ) from exc
