"""What would keep a workshop from being served, found before anything starts; each failure is one sentence."""

from __future__ import annotations

import errno
import shutil
import socket
import ssl
from pathlib import Path

from gateway_kit.settings import BASE_PORTS, MAX_PORT_OFFSET
from gateway_kit.stack.seat_size import too_many_seats
from gateway_kit.stack.seats.options import ServeOptions, hub_folder
from gateway_kit.stack.seats.place import HOME, seats_folder
from gateway_kit.stack.seats.running import running_seats, running_services
from gateway_kit.stack.supervisor import ports, preflight
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Workshop


def check_disk(folder: Path, needed_mb: int, advice: str) -> None:
    """Raise WorkshopError, ending in `advice`, if the disk has less left."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise WorkshopError(
            f"The disk of {folder} has {free_mb} MB left, and {needed_mb} MB are needed. {advice}"
        )


def check_memory(seats: int, *, running: int) -> None:
    """Raise WorkshopError, with how many would fit, if so many seats do not; `running` of them run already."""
    if said := too_many_seats(seats, preflight.available_memory_mb(), running=running):
        raise WorkshopError(said)


def check_tls(options: ServeOptions) -> None:
    """Raise WorkshopError unless certificate and key are both or neither there, and belong together."""
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


def check_offset(folder: Path, workshop: Workshop, options: ServeOptions, kept: ServeOptions | None) -> None:
    """Raise WorkshopError if the seats' ports do not exist, or are others than those of what runs."""
    moved = kept is not None and kept.port_offset != options.port_offset
    if moved and (running_seats(folder) or running_services(hub_folder(folder))):
        raise WorkshopError(
            "This workshop runs on other ports, which --port-offset would change. First run: gateway-kit workshop stop"
        )
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
