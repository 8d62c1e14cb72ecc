"""`gateway-kit faults`."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--clear", is_flag=True, help="Switch all of it off, whoever set it.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object with the simulator's lists.")
def faults(clear: bool, as_json: bool) -> None:
    """List or clear faults, changed profiles, added answers and latencies.

    That is what is changed at the simulated providers, and by which process. A program's changes end with it; those
    of a program that runs, and those that were set to be kept, stay until they are cleared.
    """
    from gateway_kit.stack.run_time_changes import clear_simulator, simulator_lists
    from gateway_kit.stack.stack import Stack

    stack = Stack()
    lists = simulator_lists(stack)
    cleared = clear_simulator(stack) if clear else []
    if as_json:
        click.echo(json.dumps(vars(lists), indent=2))
    elif clear:
        click.echo(
            "\n".join(f"cleared: {change.what} {change}" for change in cleared) or "Nothing was changed."
        )
    else:
        changes = lists.changes()
        click.echo("\n".join(f"{change.what:<8} {change}" for change in changes) or "Nothing is changed.")
        if changes:
            click.echo("To clear them: gateway-kit faults --clear")
