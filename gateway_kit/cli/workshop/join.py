"""`gateway-kit workshop join`."""

from __future__ import annotations

import click


@click.command()
@click.argument("code", required=False)
@click.option("--leave", is_flag=True, help="Hand in what is left, and report nothing more.")
@click.option("--again", is_flag=True, help="Hand in all your results once more, if the board misses some.")
def join(code: str | None, leave: bool, again: bool) -> None:
    """Make this stack a seat of a workshop, by the join CODE of your card (`-` reads it from standard input).

    From then on the results of your exercises are reported to the workshop; docs/facilitator/results.md says what is
    sent. Without CODE: hand in what could not be sent, and say what was.
    """
    import sys

    from gateway_kit.settings import load_settings
    from gateway_kit.workshop import joining

    home = load_settings().home
    if bool(code) + leave + again > 1:
        raise click.UsageError("Give a join code, --leave or --again.")
    if leave:
        lines = joining.leave(home)
    elif code:
        lines = joining.join(home, sys.stdin.read() if code == "-" else code)
    else:
        lines = joining.hand_in(home, again=again)
    for line in lines:
        click.echo(line)
