"""`gateway-kit up`, `down` and `restart`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway_kit.cli.progress import interruptible, print_progress
from gateway_kit.cli.service_name import ServiceName
from gateway_kit.errors import IncompleteStackError, ProvidersError

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

_GO_ON = "To go on: gateway-kit up. To stop what was started: gateway-kit down"


@click.command()
@click.option("--port-offset", type=int, metavar="N", help="Add N to every port.  [default: 0]")
@click.option(
    "--tracing",
    type=click.Choice(["embedded", "langfuse", "off"]),
    help="Where traces go: the kit's own store, Langfuse in Docker, or nowhere.  [default: embedded]",
)
@click.option(
    "--config",
    "config",
    metavar="FILE",
    help="Your own model-config.yaml; `default` returns to the kit's (./default is a file).",
)
@click.option("--workers", type=int, metavar="N", help="Worker processes of each gateway.  [default: 1]")
@click.option(
    "--replicas",
    type=int,
    metavar="N",
    help="Several gateways behind a load balancer, 1 to 7; each needs 400 MB more.  [default: 1]",
)
@click.option(
    "--semantic/--no-semantic",
    default=None,
    help="A second gateway with the semantic cache, on a free port; needs 450 MB more.  [default: no]",
)
@click.option(
    "--answers",
    metavar="FILE",
    help="Your own answers of the simulated providers, JSON Lines; `none` for none (./none is a file).",
)
def up(
    port_offset: int | None,
    tracing: str | None,
    config: str | None,
    workers: int | None,
    replicas: int | None,
    semantic: bool | None,
    answers: str | None,
) -> None:
    """Start what is not running, restart what is not healthy, and print where everything is.

    A running stack keeps the options that you do not give. Exits with 3 if the gateway serves but another service did
    not start.
    """
    from gateway_kit.stack.options import DEFAULT_CONFIG, NO_ANSWERS, Options
    from gateway_kit.stack.stack import Stack
    from gateway_kit.stack.status import credentials_table, service_table
    from gateway_kit.stack.supervisor import ports, preflight

    stack = Stack()
    if note := preflight.locked_out(stack.home, stack.environ):
        click.echo(f"note: {note}", err=True)
    if port_offset and (risk := ports.outgoing_ports(port_offset)):
        click.echo(f"note: --port-offset {port_offset}: {risk}", err=True)
    options = Options(
        port_offset=port_offset,
        tracing=tracing,
        config=_path(config, DEFAULT_CONFIG),
        workers=workers,
        replicas=replicas,
        semantic=semantic,
        answers=_path(answers, NO_ANSWERS),
    )
    incomplete = None
    with interruptible(_GO_ON):
        try:
            stack.up(options, print_progress)
        except IncompleteStackError as exc:
            incomplete = exc
    click.echo()
    click.echo(service_table(stack))
    click.echo(credentials_table(stack))
    if changed := _changed(stack):
        click.echo(f"note: {changed}", err=True)
    if incomplete is not None:
        raise incomplete


@click.command()
def down() -> None:
    """Stop everything the kit started. Data and credentials stay."""
    from gateway_kit.stack.stack import Stack

    stopped = Stack().down(print_progress)
    click.echo("Stopped." if stopped else "Nothing was running.")


@click.command()
@click.argument("service", type=ServiceName())
@click.option(
    "--rolling",
    is_flag=True,
    help="One replica after the other, without losing a request; the default for `gateway`.",
)
@click.option(
    "--drain",
    "drain_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long the requests of an old replica may take to their end.  [default: 90]",
)
def restart(service: str, rolling: bool, drain_s: float | None) -> None:
    """Stop one service and start it again. A gateway that answers is stopped once the new one answers.

    Of several gateways, `gateway-2` is one, and `gateway` all of them, one after the other: each new one starts beside
    the old one, which ends after the requests that it has received.
    """
    from gateway_kit.stack.drain import DRAIN_S
    from gateway_kit.stack.replicas import is_gateway
    from gateway_kit.stack.stack import Stack

    if (rolling or drain_s is not None) and not is_gateway(service):
        raise click.UsageError(f"--rolling and --drain are for gateways, and {service} is none")
    with interruptible(_GO_ON):
        Stack().restart(service, print_progress, drain_s=DRAIN_S if drain_s is None else drain_s)


def _path(given: str | None, word: str) -> str | None:
    """A file's absolute path; `word`, which stands for no file, as it is."""
    return given if given in (None, word) else str(Path(given).absolute())


def _changed(stack: Stack) -> str:
    """A line about faults and other changes that a running simulator still has; empty if there are none."""
    from gateway_kit.common.run_time_changes import CLEAR
    from gateway_kit.stack.run_time_changes import simulator_lists

    try:
        changes = simulator_lists(stack).changes()
    except ProvidersError:  # it did not start, which the tables say
        return ""
    if not changes:
        return ""
    named = "; ".join(f"{change.what} {change}" for change in changes[:3])
    more = f"; and {len(changes) - 3} more" if len(changes) > 3 else ""
    return f"the simulated providers are changed: {named}{more}. To clear this: {CLEAR}"
