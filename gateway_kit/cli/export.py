"""`gateway-kit export compose`, `helm` and `terraform`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gateway_kit.stack.exporting.production_config import ProductionConfig


def _target(command: Callable[..., None]) -> Callable[..., Any]:
    """The argument and the option of each kind of export."""
    force = click.option(
        "--force",
        is_flag=True,
        help="Also into a folder that is not empty: replaces files of the same names.",
    )
    return click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))(force(command))


@click.group()
def export() -> None:
    """Make a deployment of the configuration in force: files for production, without a secret in them.

    Simulated providers become the real ones, each key a variable that you fill in. README.md in the folder says what,
    and in which order.
    """


@export.command("compose")
@_target
def export_compose(folder: Path, force: bool) -> None:
    """Write a folder for Docker Compose: LiteLLM, PostgreSQL, Redis, Langfuse, for one machine.

    With as many gateways as the stack has (`up --replicas N`), behind a balancer.
    """
    from gateway_kit.stack.exporting.compose import compose_files

    _write(folder, compose_files, force)


@export.command("helm")
@_target
def export_helm(folder: Path, force: bool) -> None:
    """Write values for LiteLLM's and Langfuse's Helm charts, and what Kubernetes needs beside them.

    With autoscaling, a disruption budget, probes, draining and a migration job; secrets by name and key.
    """
    from gateway_kit.stack.exporting.helm import helm_files

    _write(folder, helm_files, force)


@export.command("terraform")
@_target
def export_terraform(folder: Path, force: bool) -> None:
    """Write Terraform files that install the same charts with the same values.

    Secrets are variables, and neither the state nor a plan keeps them.
    """
    from gateway_kit.stack.exporting.terraform import terraform_files

    _write(folder, terraform_files, force)


def _write(folder: Path, files: Callable[[ProductionConfig], Mapping[str, str]], force: bool) -> None:
    from gateway_kit.stack.exporting.production_config import production_config
    from gateway_kit.stack.exporting.target import write_target
    from gateway_kit.stack.stack import Stack

    stack = Stack()
    made = production_config(stack)
    written = write_target(folder, files(made), stack, force=force)
    tell(folder, written, made.notes)


def tell(folder: Path, written: Iterable[Path], notes: Iterable[str]) -> None:
    """Print what was written, what to look through, and what comes next."""
    for path in written:
        click.echo(f"  {path.relative_to(folder)}")
    for note in notes:
        click.echo(f"note: {note}")
    click.echo(f"{folder} written. Next: read {folder / 'README.md'}")
