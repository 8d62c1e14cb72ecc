"""`gateway-kit rehearse`: a configuration over logged traffic, from the command line."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway_kit.cli.rehearsal_progress import showing_progress

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal

_FILE = click.Path(path_type=Path)
_BROKEN = 1
_INTERRUPTED = 130


@click.command()
@click.argument("config", required=False, type=_FILE)
@click.option(
    "--traffic",
    type=_FILE,
    required=True,
    metavar="FILE",
    help="The log to replay; running: the calls of the stack that runs.",
)
@click.option(
    "--format",
    "format_",
    metavar="NAME",
    help="Of the log, if it is not to be recognised; a wrong one lists the names.",
)
@click.option(
    "--against",
    multiple=True,
    type=_FILE,
    metavar="CONFIG2",
    help="Compare with this configuration; may be repeated.",
)
@click.option(
    "--speed",
    metavar="N|max",
    help="N times as fast as the log; max: as fast as it goes.  [default: 1 up to ten minutes]",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="WORDS",
    help='Trouble all along: "azure rate_limit share=0.5"; may be repeated.',
)
@click.option("--story", type=_FILE, metavar="FILE", help="Trouble at given times, YAML.")
@click.option("--keys", type=_FILE, metavar="FILE", help="Keys and their limits; LiteLLM's /key/list, too.")
@click.option(
    "--teams", type=_FILE, metavar="FILE", help="Teams and their limits; LiteLLM's /team/list, too."
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="OLD=NEW",
    help="The log's model OLD is NEW here; may be repeated.",
)
@click.option(
    "--unknown-models",
    type=click.Choice(["refuse", "keep"]),
    default="refuse",
    show_default=True,
    help="Calls for models that the configuration does not have.",
)
@click.option(
    "--as-openai", is_flag=True, help="Providers that the simulator does not speak answer as OpenAI does."
)
@click.option(
    "--bad-lines",
    type=click.Choice(["skip", "fail"]),
    default="skip",
    show_default=True,
    help="Lines of the log that cannot be read.",
)
@click.option("--limit", type=int, metavar="N", help="The log's first N calls only.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same calls.")
@click.option(
    "--out", type=_FILE, metavar="DIR", help="For the report; must not exist.  [default: out/rehearsal-TIME]"
)
@click.option(
    "--fail-if", "conditions", multiple=True, metavar="EXPR", help="Exit with 1 if it holds; may be repeated."
)
@click.option(
    "--mask",
    type=_FILE,
    metavar="FILE",
    help="Write the log with other texts and names to FILE, and nothing else.",
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json.")
def rehearse(
    config: Path | None,
    traffic: Path,
    mapped: tuple[str, ...],
    conditions: tuple[str, ...],
    mask: Path | None,
    speed: str | None,
    format_: str | None,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Try a configuration on logged traffic before production sees it: providers simulated, nothing leaves the machine.

    \b
    gateway-kit rehearse config.yaml --traffic calls.jsonl
    gateway-kit rehearse new.yaml --against production.yaml --traffic spend-log.json --speed 60
    gateway-kit rehearse config.yaml --traffic calls.csv --speed max --fault "azure rate_limit share=0.5"
    gateway-kit rehearse config.yaml --traffic calls.jsonl --story outage.yaml --keys keys.json --teams teams.json
    gateway-kit rehearse new.yaml --against old.yaml --traffic calls.jsonl \\
        --fail-if "cost_usd > 1.1 * against.cost_usd" --fail-if "failed > 0.01"
    gateway-kit rehearse --traffic calls.jsonl --mask shareable.jsonl

    CONFIG is LiteLLM's, as it stands in production. It runs in a stack of its own, which ends with the command; yours
    is not touched. The report is report.html, report.md and report.json in --out. Ctrl-C ends the rehearsal within
    seconds and leaves a report of what was measured. Exits with 1 if a --fail-if holds or the rehearsal failed, with 2
    if the input is at fault, and with 130 after Ctrl-C. docs/rehearse.md has the rest.
    """  # noqa: D301 - not a backslash but click's own mark of lines that are to stay as they are
    # Here, since the other commands need none of it.
    from gateway_kit.rehearsal.run import rehearse as carry_out

    _end_as_with_ctrl_c()
    names = _mapped(mapped)
    if mask is not None:
        _mask(
            mask,
            traffic,
            format=format_,
            mapped=names,
            bad_lines=options["bad_lines"],
            limit=options["limit"],
        )
        return
    if config is None:
        raise click.UsageError(
            "Name the configuration: gateway-kit rehearse config.yaml --traffic calls.jsonl"
        )
    try:
        with showing_progress() as show:
            rehearsal = carry_out(
                config,
                traffic,
                format=format_,
                mapped=names,
                speed=_speed(speed),
                fail_if=conditions,
                progress=show,
                **options,
            )
    except KeyboardInterrupt:
        click.echo("Interrupted before the first call.", err=True)
        sys.exit(_INTERRUPTED)
    if as_json:
        click.echo((rehearsal.folder / "report.json").read_text(encoding="utf-8"))
    else:
        click.echo(_told(rehearsal))
    if any(run.is_partial for run in rehearsal.runs.values()):
        click.echo("Interrupted: the report has what was measured until then.", err=True)
        sys.exit(_INTERRUPTED)
    broken = rehearsal.check(conditions)
    for one in broken:
        click.echo(f"--fail-if: {one}", err=True)
    if broken:
        sys.exit(_BROKEN)


def _told(rehearsal: Rehearsal) -> str:
    """What the report says first, and where it is."""
    report = json.loads((rehearsal.folder / "report.json").read_text(encoding="utf-8"))
    sentences = "\n".join(f"- {sentence}" for sentence in report["verdict"])
    return f"{sentences}\n\nThe report: {rehearsal.folder / 'report.html'}"


def _mask(out: Path, traffic: Path, **options: Any) -> None:
    from gateway_kit.rehearsal import read_traffic
    from gateway_kit.rehearsal.traffic.at_hand import at_hand

    with at_hand(traffic) as file, read_traffic(file, **options) as log:
        calls = log.mask(out)
    click.echo(f"Wrote {calls:,} calls to {out}.")


def _end_as_with_ctrl_c() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _speed(text: str | None) -> Any:
    if text in (None, "max"):
        return text
    try:
        return float(text)
    except ValueError as exc:
        raise click.BadParameter(f"{text} is no number and not max", param_hint="--speed") from exc


def _mapped(pairs: tuple[str, ...]) -> dict[str, str]:
    """The names; that of the log may hold a `=` of its own before the last one."""
    mapped = {}
    for pair in pairs:
        old, equals, new = pair.rpartition("=")
        if not equals or not new:
            raise click.BadParameter(f"{pair}: write OLD=NEW, as in gpt-4=gpt-4o", param_hint="--map")
        mapped[old] = new
    return mapped
