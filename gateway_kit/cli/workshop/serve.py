"""`gateway-kit workshop serve` and `stop`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.stack.seats.opening import Opened
    from gateway_kit.stack.supervisor.launch import Progress


@click.command()
@click.option(
    "--seats", type=click.IntRange(1, 999), metavar="N", help="How many seats; more can be added later."
)
@click.option("--name", metavar="NAME", help="What results and certificates call it.  [default: workshop]")
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="Address that attendees reach; anything but 127.0.0.1 opens the sign-in page to others.  "
    "[default: 127.0.0.1]",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N", help="Port of that address.  [default: 8000]"
)
@click.option(
    "--tls-cert", type=click.Path(exists=True, dir_okay=False, resolve_path=True), help="Certificate, PEM."
)
@click.option(
    "--tls-key", type=click.Path(exists=True, dir_okay=False, resolve_path=True), help="Its key, PEM."
)
@click.option(
    "--address",
    metavar="URL",
    help="What attendees open, if not that address: a name, or the venue's own proxy in front.",
)
@click.option(
    "--days", type=click.IntRange(1, 366), metavar="N", help="How long codes are good for.  [default: 1]"
)
@click.option("--until", type=click.DateTime(), help="The same as a time, such as 2027-01-31T18:00:00.")
@click.option(
    "--cull-after",
    type=click.IntRange(0),
    metavar="MINUTES",
    help="End seats that nobody has used for so long; they come back as they were. 0 ends none.  [default: 0]",
)
@click.option(
    "--shared-user", is_flag=True, help="Run all seats as your own user, even where each could have one."
)
@click.option(
    "--port-offset",
    type=click.IntRange(0),
    metavar="N",
    help="Where the seats' own ports begin.  [default: 1000]",
)
@click.option("--detach", is_flag=True, help="Return once attendees can sign in, and watch over nothing.")
def serve(
    seats: int | None,
    name: str | None,
    listen: str | None,
    port: int | None,
    tls_cert: str | None,
    tls_key: str | None,
    address: str | None,
    days: int | None,
    until: datetime | None,
    cull_after: int | None,
    shared_user: bool,
    port_offset: int | None,
    detach: bool,
) -> None:
    """Serve seats on this machine: attendees need a browser, their seat's name and its code.

    Each seat gets a JupyterLab at its own copies of the lessons, on a gateway, database, cache, trace store and
    simulated providers of its own, when it signs in. Served again, the same workshop goes on with the same codes.
    Ctrl-C ends the watching and nothing else; gateway-kit workshop stop ends everything and keeps all files.
    """
    import os

    from gateway_kit.settings import load_settings
    from gateway_kit.stack.seats.opening import Request, open_workshop
    from gateway_kit.stack.seats.services import check_installed

    if days is not None and until is not None:
        raise click.UsageError("Give --days or --until, not both.")
    check_installed()
    from gateway_kit.stack.seats.serving import bring_up, keep_up, tell_seats
    from gateway_kit.workshop.record import workshop_folder

    folder = workshop_folder(os.environ, load_settings().home)
    ends = datetime.now() + timedelta(days=days) if days is not None else until
    options = {
        "listen": listen,
        "port": port,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "public_address": address and _checked(address),
        "cull_after_minutes": cull_after,
        "port_offset": port_offset,
    }
    request = Request(seats, name, ends and ends.astimezone(), shared_user, options)
    opened = open_workshop(folder, request)
    for note in opened.notes:
        click.echo(f"note: {note}.", err=True)
    bring_up(opened, _print_progress)
    if opened.renewed:
        tell_seats(opened, _print_progress)
    _print_opened(opened)
    if detach:
        return
    click.echo("Ctrl-C ends this command alone: the hub and the seats go on until gateway-kit workshop stop.")
    try:
        keep_up(opened, _print_progress)
        click.echo("The workshop was stopped. To go on: gateway-kit workshop serve")
    except KeyboardInterrupt:
        _print_left(folder)


@click.command()
def stop() -> None:
    """End the hub, its proxy, every seat and the store of results. Seats' files and results stay."""
    import os

    from gateway_kit.settings import load_settings
    from gateway_kit.stack.seats.services import check_installed

    check_installed()
    from gateway_kit.stack.seats.serving import stop_workshop
    from gateway_kit.workshop.record import workshop_folder

    ran = stop_workshop(workshop_folder(os.environ, load_settings().home), _print_progress)
    click.echo("Stopped. To go on: gateway-kit workshop serve" if ran else "Nothing was running.")


def _print_opened(opened: Opened) -> None:
    from gateway_kit.common.words import counted
    from gateway_kit.stack.seats.hub_secrets import FILE
    from gateway_kit.stack.seats.options import hub_folder

    workshop = opened.workshop
    seats = counted(len(workshop.seats), "seat")
    click.echo(
        f"\n{workshop.name}: {opened.options.address}, {seats}, until {workshop.until:%d %B %Y, %H:%M}"
    )
    for seat in workshop.seats:
        click.echo(f"  {seat.name}  {seat.code}")
    where = hub_folder(opened.folder) / FILE
    if opened.secrets_are_new:
        click.echo(
            f"  facilitator  {opened.secrets.facilitator_code}  (starts and stops seats; shown once, kept in {where})"
        )
    else:
        click.echo(f"  facilitator  as before; kept in {where}")
    click.echo(f"Results go to {workshop.store.url}; certificates are signed by the key {opened.signed_by}")


def _print_left(folder: Path) -> None:
    from gateway_kit.common.words import counted
    from gateway_kit.stack.seats.running import running_seats

    seats = running_seats(folder)
    shown = counted(len(seats), "seat", none="no")
    click.echo(
        f"\nStill running: the hub, its proxy, the store of results and {shown}; nobody watches over them now. To "
        "watch again: gateway-kit workshop serve. To end everything: gateway-kit workshop stop"
    )


def _checked(address: str) -> str:
    """The URL that attendees open, without a path. Raises click's error for what is none."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise click.BadParameter("must look like https://workshop.example.com", param_hint="--address")
    return address.rstrip("/")


def _print_progress(step: Progress) -> None:
    took = f" after {step.seconds:.1f} s" if step.seconds else ""
    click.echo(f"  {step.service:<11} {step.state}{took}")
