"""`gateway-kit status`, `env`, `logs` and `doctor`."""

from __future__ import annotations

import contextlib
import json
import sys

import click

from gateway_kit.cli.service_name import ServiceName

# Seconds between two looks of `logs -f`.
_FOLLOW_S = 0.3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array with an object per service.")
def status(as_json: bool) -> None:
    """Show each service: state, URL, process, uptime, memory, version and log; and what was changed while they run.

    With --json, the object of `providers` has faults, changed_profiles, answers and latencies too, as the simulator
    lists them, and that of `gateway` (with several, of `balancer`) has models, added_models and routing_groups.
    """
    from gateway_kit.stack.stack import Stack
    from gateway_kit.stack.status import (
        changes_table,
        lacks_text,
        models_table,
        service_table,
        status_objects,
    )

    stack = Stack()
    if as_json:
        click.echo(json.dumps(status_objects(stack), indent=2))
        return
    click.echo(service_table(stack))
    if changed := changes_table(stack):
        click.echo(changed)
    if missing := lacks_text(stack):
        click.echo(f"{missing}\n")
    click.echo(models_table(stack))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object instead of shell exports.")
def env(as_json: bool) -> None:
    """Print the variables that clients need, for: eval "$(gateway-kit env)"."""
    from gateway_kit.stack.stack import Stack

    values = Stack().client_env()
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}='{value}'")


@click.command()
@click.argument("service", type=ServiceName())
@click.option("-f", "--follow", is_flag=True, help="Print new lines as they come; end with Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="How many of the last lines to print.",
)
def logs(service: str, follow: bool, lines: int) -> None:
    """Print the end of a service's log.

    Of several gateways, `gateway-2` is one, and `gateway` all of them, each line with its gateway's name.
    """
    from gateway_kit.stack.replicas import replica_names
    from gateway_kit.stack.stack import Stack
    from gateway_kit.stack.supervisor.log_reader import follow_log, follow_logs, last_lines

    stack = Stack()
    if service == "tracing" and stack.record().tracing == "langfuse":
        from gateway_kit.stack.services import langfuse

        click.echo(langfuse.logs(stack.settings(), lines, stack.environ))
        return
    record = stack.record()
    if service == "gateway" and record.replicas > 1:
        paths = {name: stack.settings(record).log_path(name) for name in replica_names(record.replicas)}
        all_logs = {name: (path, path.stat().st_size) for name, path in paths.items() if path.exists()}
        for name, (path, size) in all_logs.items():
            for line in last_lines(path, lines, end=size):
                click.echo(f"{name}: {line}")
        if follow:
            with contextlib.suppress(KeyboardInterrupt):
                follow_logs(all_logs, lambda name, line: click.echo(f"{name}: {line}"), poll_s=_FOLLOW_S)
        return
    path = stack.settings(record).log_path(service)
    if not path.exists():
        raise click.ClickException(f"{service} has no log yet ({path}). Run: gateway-kit up")
    size = path.stat().st_size
    for line in last_lines(path, lines, end=size):
        click.echo(line)
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            follow_log(path, click.echo, start=size, poll_s=_FOLLOW_S)


@click.command()
def doctor() -> None:
    """Check machine, ports, versions, search module, database, configuration and credentials.

    Exits with 1 if something is broken. Each finding names the command that fixes it.
    """
    from gateway_kit.stack.doctor import examine
    from gateway_kit.stack.stack import Stack

    broken = False
    for finding in examine(Stack()):
        broken |= finding.level == "error"
        click.echo(f"{finding.level:<7} {finding.subject:<14} {finding.text}")
        if finding.fix:
            click.echo(f"{'':<23}fix: {finding.fix}")
    sys.exit(1 if broken else 0)
