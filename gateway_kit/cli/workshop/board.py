"""`gateway-kit workshop board`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway_kit.workshop.board.feed import Feed

PORT = 8800
_FILE = click.Path(path_type=Path, dir_okay=False)
_TRY_AGAIN = (
    "If it is the one of your seats: gateway-kit workshop serve; if it is your own stack's: gateway-kit up. Then run "
    "the command again"
)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="The page's port."
)
@click.option("--listen", "host", default="127.0.0.1", show_default=True, help="The page's address.")
@click.option(
    "--hide-names", is_flag=True, help="Numbers in place of the seats' names, in an order of their own."
)
@click.option(
    "--stuck-after",
    type=click.IntRange(1, 600),
    default=10,
    show_default=True,
    help="Minutes until a seat is stuck.",
)
@click.option("--once", is_flag=True, help="Print who is where, and end.")
@click.option(
    "--csv",
    "csv_file",
    type=_FILE,
    help="Write a row per seat and exercise to FILE, and end.",
)
@click.option(
    "--html",
    "html_file",
    type=_FILE,
    help="Write the board as one page to FILE, and end.",
)
def board(
    port: int,
    host: str,
    hide_names: bool,
    stuck_after: int,
    once: bool,
    csv_file: Path | None,
    html_file: Path | None,
) -> None:
    """Show who has passed what, who is where, and who is stuck, live on a page.

    It reads the workshop's record on this machine (in .gateway/workshop, or the folder that GATEWAY_WORKSHOP names)
    and the results in the workshop's store.
    """
    from datetime import timedelta

    from gateway_kit.settings import load_settings
    from gateway_kit.workshop.board.feed import Feed
    from gateway_kit.workshop.record import workshop_folder

    folder = workshop_folder(os.environ, load_settings().home)
    feed = Feed(folder, stuck_after=timedelta(minutes=stuck_after))
    if once or csv_file or html_file:
        try:
            _write(feed, hide_names, once, csv_file, html_file)
        finally:
            feed.close()
        return
    from gateway_kit.workshop.board.server import LOOPBACK, serve_board

    def ready(address: str) -> None:
        click.echo(f"The board: {address}  (Ctrl-C ends it)")
        if host not in LOOPBACK:
            click.echo(f"Everybody who reaches {host}:{port} can read it, without a password.")

    serve_board(feed, host=host, port=port, names_hidden=hide_names, ready=ready)


def _write(feed: Feed, hide_names: bool, once: bool, csv_file: Path | None, html_file: Path | None) -> None:
    from gateway_kit.workshop.board.page import static_page
    from gateway_kit.workshop.board.summary import summary_text
    from gateway_kit.workshop.board.tables import board_csv
    from gateway_kit.workshop.errors import WorkshopError

    feed.poll()
    if feed.trouble:
        # Not a file that looks like a workshop in which nobody has solved anything.
        raise WorkshopError(f"{feed.trouble.partition('. ')[0]}. Nothing was written. {_TRY_AGAIN}")
    snapshot = feed.snapshot(names_hidden=hide_names)
    if csv_file:
        csv_file.write_text(board_csv(snapshot), encoding="utf-8")
    if html_file:
        html_file.write_text(static_page(snapshot), encoding="utf-8")
    for path in filter(None, (csv_file, html_file)):
        click.echo(f"Written to {path}")
    if once:
        click.echo(summary_text(snapshot))
