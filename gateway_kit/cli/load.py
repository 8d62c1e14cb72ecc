"""`gateway-kit load`: a load from the command line."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gateway_kit.load.run import LoadProgress

DEFAULT_REQUESTS = 200
# Options that are called as what they set.
_SAME_NAMES = (
    "users", "arrivals", "stream", "zipf", "unique", "seed", "max_tokens", "no_cache", "user", "tags",
)  # fmt: skip
_OF_THE_RUN = ("workers", "remote_workers", "master_port", "allow_remote")
# Without a terminal a line is printed so often.
_LINE_EVERY_S = 5.0


@click.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME[=SHARE]",
    help="May be repeated.  [default: gpt-4o-mini]",
)
@click.option("--requests", type=int, metavar="N", help=f"End after N calls.  [default: {DEFAULT_REQUESTS}]")
@click.option("--duration", type=float, metavar="S", help="Let calls begin for S seconds instead.")
@click.option(
    "--users", type=int, metavar="N", help="Closed loop: so many ask at the same time.  [default: 8]"
)
@click.option(
    "--think", type=(float, float), metavar="S S", help="Closed loop: seconds between answer and next call."
)
@click.option("--rate", type=float, metavar="R", help="Open loop: R calls a second, whatever the answers do.")
@click.option(
    "--arrivals",
    type=click.Choice(["poisson", "even"]),
    default="poisson",
    show_default=True,
    help="Open loop.",
)
@click.option(
    "--stream",
    is_flag=False,
    flag_value=1.0,
    default=0.0,
    metavar="[SHARE]",
    help="Stream all calls, or a share.",
)
@click.option(
    "--prompts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file, one prompt a line.",
)
@click.option("--zipf", type=float, metavar="S", help="Ask the prompt of rank r in proportion to 1 / r^S.")
@click.option("--unique", is_flag=True, help="No two calls alike, so that no exact cache has an answer.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed asks the same.")
@click.option("--max-tokens", type=int, metavar="N")
@click.option("--no-cache", is_flag=True, help="Ask the gateway not to answer from its cache.")
@click.option("--user", metavar="NAME", help="On whose behalf, for the spend log.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="For the spend log; may be repeated.")
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes of this machine that call."
)
@click.option(
    "--remote-workers", type=int, default=0, show_default=True, help="Processes of other machines; see above."
)
@click.option("--master-port", type=int, metavar="P", help="Where those find this one.  [default: 5557]")
@click.option("--allow-remote", is_flag=True, help="The gateway that GATEWAY_URL names may be elsewhere.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a row a call: .csv or .jsonl."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as a JSON object.")
def load(
    models: tuple[str, ...], prompts: Path | None, out: Path | None, *, as_json: bool, **options: Any
) -> None:
    """Make load on the gateway of this machine and say what became of it.

    \b
    gateway-kit load --requests 400 --users 16           closed loop: each user waits for the answer
    gateway-kit load --rate 50 --duration 20 --stream    open loop: calls come as they are due
    gateway-kit load --model gpt-4o-mini=0.7 --model smart=0.3 --zipf 1.1 --out calls.csv

    The key is GATEWAY_API_KEY, or the local stack's. Ctrl-C ends the load within seconds and prints what was measured.
    It exits with 1 where no call was answered, and with 130 after Ctrl-C.

    One process makes some thousand calls a second. --workers uses more cores; for other machines give
    --remote-workers, copy gateway_kit/stack/servers/load_generator there, keeping its path, install locust, set
    GATEWAY_API_KEY, and type:

    \b
    ssh -N -L 5557:127.0.0.1:5557 -L 4000:127.0.0.1:4000 THIS-MACHINE &
    python -m gateway_kit.stack.servers.load_generator --worker --master-port 5557
    """  # noqa: D301 - not a backslash but click's own mark of lines that are to stay as they are
    # Here, since the other commands need none of it.
    from gateway_kit.load import LoadPlan, run_load
    from gateway_kit.load.report import check_file, summary_json, summary_text, write_calls

    if out is not None:
        check_file(out)
    requests, duration_s = options["requests"], options["duration"]
    plan = LoadPlan(
        _shares(models),
        requests=DEFAULT_REQUESTS if requests is None and duration_s is None else requests,
        duration_s=duration_s,
        think_time_s=options["think"],
        rate_per_s=options["rate"],
        prompts=None if prompts is None else _lines(prompts),
        **{name: options[name] for name in _SAME_NAMES},
    )
    if options["remote_workers"]:
        click.echo(
            "Waiting for the workers of other machines; gateway-kit load --help has what to type there.",
            err=True,
        )
    show = _Progress(plan.duration_s)
    try:
        run = run_load(plan, on_progress=show, **{name: options[name] for name in _OF_THE_RUN})
    finally:
        show.end()
    if out is not None:
        write_calls(run, out)
    click.echo(summary_json(run) if as_json else summary_text(run))
    if run.ended == "interrupted":
        sys.exit(130)
    sys.exit(0 if run.summary.loc["all", "n"] else 1)


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as exc:
        raise click.BadParameter(f"{file} is not a text in UTF-8: {exc}") from exc


def _shares(models: tuple[str, ...]) -> dict[str, float]:
    """The models and their shares; a name may hold a `=` of its own before the last one."""
    shares = {}
    for text in models or ("gpt-4o-mini",):
        name, equals, share = text.rpartition("=")
        try:
            shares[name if equals else text] = float(share) if equals else 1.0
        except ValueError as exc:
            raise click.BadParameter(f"{text}: a share is a number, as in gpt-4o-mini=0.7") from exc
    return shares


class _Progress:
    """A line that shows how far the load is: the same one again on a terminal, a new one now and then elsewhere."""

    def __init__(self, duration_s: float | None) -> None:
        self._duration_s = duration_s
        self._terminal = sys.stderr.isatty()
        self._next_s = time.monotonic() + _LINE_EVERY_S
        self._line = ""

    def __call__(self, progress: LoadProgress) -> None:
        whole = "" if progress.planned is None else f" of {progress.planned}"
        time_s = f"{progress.seconds:.0f} s" + (f" of {self._duration_s:g}" if self._duration_s else "")
        speed = f"{progress.calls_per_s:.0f} a second, {progress.failures} failed, {time_s}"
        self._line = f"  {progress.calls}{whole} calls, {speed}"
        if self._terminal:
            click.echo(f"\r{self._line:<78}", nl=False, err=True)
        elif time.monotonic() > self._next_s:
            self._next_s += _LINE_EVERY_S
            click.echo(self._line, err=True)

    def end(self) -> None:
        """The last line, whatever there was before; nothing if the load was refused before it began."""
        if self._line:
            click.echo("" if self._terminal else self._line, err=True)
