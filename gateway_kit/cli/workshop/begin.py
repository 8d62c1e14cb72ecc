"""`gateway-kit workshop begin` and `codes`."""

from __future__ import annotations

import json
from datetime import datetime

import click

NAME = "workshop"


@click.command()
@click.option("--seats", type=click.IntRange(1, 999), metavar="N", required=True, help="How many seats.")
@click.option(
    "--name", default=NAME, show_default=True, metavar="NAME", help="What results and certificates call it."
)
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=1,
    show_default=True,
    metavar="N",
    help="How long join codes are good for.",
)
@click.option("--until", type=click.DateTime(), help="The same as a time, such as 2027-01-31T18:00:00.")
@click.option(
    "--store-url", metavar="URL", help="A Langfuse that results go to.  [default: this stack's store]"
)
@click.option("--public-key", metavar="KEY", help="Its project's public key.  [default: LANGFUSE_PUBLIC_KEY]")
def begin(
    seats: int,
    name: str,
    days: int,
    until: datetime | None,
    store_url: str | None,
    public_key: str | None,
) -> None:
    """Begin a workshop whose attendees have stacks of their own: laptops, Codespaces.

    Nothing is served: each attendee joins with a code (`gateway-kit workshop codes`), and results go to this stack's
    trace store, or to any Langfuse with --store-url. Its secret key is read from the variable LANGFUSE_SECRET_KEY,
    since a command line can be seen by others. Every join code holds the store's keys: take a project for the
    workshop alone. Again with more seats, it adds them. For seats on this machine: gateway-kit workshop serve.
    """
    import os
    from datetime import timedelta

    from gateway_kit.settings import load_settings
    from gateway_kit.workshop import beginning
    from gateway_kit.workshop.record import workshop_folder
    from gateway_kit.workshop.signing import fingerprint, make_key

    folder = workshop_folder(os.environ, load_settings().home)
    store = beginning.store_of(store_url, public_key, os.environ)
    ends = (datetime.now() + timedelta(days=days) if until is None else until).astimezone()
    workshop, new = beginning.begin(folder, name, seats, store, ends)
    click.echo(
        f"{workshop.name} {'has begun' if new else 'goes on'}: {len(workshop.seats)} seats, until "
        f"{workshop.until.astimezone():%d %B %Y, %H:%M}; results go to {store.url}"
    )
    click.echo(f"Its certificates will be signed by the key {fingerprint(make_key(folder))}")
    if beginning.is_only_here(store):
        click.echo(
            "note: only this machine reaches that address. For attendees elsewhere, give the address by which they "
            "reach the store: --store-url",
            err=True,
        )
    click.echo("Each seat's join code: gateway-kit workshop codes")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def codes(as_json: bool) -> None:
    """Print each seat, the code it signs in with at `serve`, and its join code. They are secrets: hand out one each."""
    import os

    from gateway_kit.settings import load_settings
    from gateway_kit.workshop.errors import WorkshopError
    from gateway_kit.workshop.membership import join_code
    from gateway_kit.workshop.record import load, workshop_folder
    from gateway_kit.workshop.results import now

    workshop = load(workshop_folder(os.environ, load_settings().home))
    if workshop.closed or workshop.until <= now():
        raise WorkshopError(
            f"The workshop {workshop.name} ended on "
            f"{(workshop.closed or workshop.until).astimezone():%d %B %Y at %H:%M}: its codes count no longer"
        )
    rows = [
        {"seat": seat.name, "code": seat.code, "join_code": join_code(workshop, seat.name)}
        for seat in workshop.seats
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo("  ".join(row.values()))
