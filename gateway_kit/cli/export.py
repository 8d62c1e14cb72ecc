"""`gateway-kit export compose`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click


@click.group()
def export() -> None:
    """Make a deployment of the configuration in force: files for production, without a secret in them.

    Simulated providers become the real ones, each key a variable that you fill in. README.md in the folder says what,
    and in which order.
    """


@export.command("compose")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--force", is_flag=True, help="Also into a folder that is not empty: replaces files of the same names."
)
def export_compose(folder: Path, force: bool) -> None:
    """Write a folder for Docker Compose: LiteLLM, PostgreSQL, Redis, Langfuse, for one machine.

    With as many gateways as the stack has (`up --replicas N`), behind a balancer.
    """
    from gateway_kit.stack.exporting.compose import compose_files
    from gateway_kit.stack.exporting.production_config import production_config
    from gateway_kit.stack.exporting.target import write_target
    from gateway_kit.stack.stack import Stack

    stack = Stack()
    made = production_config(stack)
    written = write_target(folder, compose_files(made), stack, force=force)
    tell(folder, written, made.notes)


def tell(folder: Path, written: Iterable[Path], notes: Iterable[str]) -> None:
    """Print what was written, what to look through, and what comes next."""
    for path in written:
        click.echo(f"  {path.relative_to(folder)}")
    for note in notes:
        click.echo(f"note: {note}")
    click.echo(f"{folder} written. Next: read {folder / 'README.md'}")
