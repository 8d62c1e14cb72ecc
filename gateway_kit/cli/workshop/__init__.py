"""`gateway-kit workshop`: one file per command, each a few lines over the package's functions."""

from __future__ import annotations

import click

from gateway_kit.cli.workshop.board import board
from gateway_kit.cli.workshop.serve import serve, stop


@click.group()
def workshop() -> None:
    """Give a workshop: seats on this machine, cards, a board of who has solved what, certificates."""


_COMMANDS: tuple[click.Command, ...] = (board, serve, stop)
for command in _COMMANDS:
    workshop.add_command(command)
