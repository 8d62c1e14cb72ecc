"""`gateway-kit workshop`: one file per command, each a few lines over the package's functions."""

from __future__ import annotations

import click

from gateway_kit.cli.workshop.begin import begin, codes
from gateway_kit.cli.workshop.board import board
from gateway_kit.cli.workshop.cards import cards
from gateway_kit.cli.workshop.close import close, end_seat
from gateway_kit.cli.workshop.export import export
from gateway_kit.cli.workshop.join import join
from gateway_kit.cli.workshop.serve import serve, stop
from gateway_kit.cli.workshop.serve_bundle import serve_bundle
from gateway_kit.cli.workshop.verify import verify


@click.group()
def workshop() -> None:
    """Give a workshop: seats on this machine, cards, a board of who has solved what, certificates."""


_COMMANDS: tuple[click.Command, ...] = (
    begin,
    board,
    cards,
    close,
    codes,
    end_seat,
    export,
    join,
    serve,
    serve_bundle,
    stop,
    verify,
)
for command in _COMMANDS:
    workshop.add_command(command)
