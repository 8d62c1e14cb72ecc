"""The command line: `gateway-kit`. Each command is a few lines over the package's public functions."""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway_kit.cli.errors import SentenceGroup, check_folder
from gateway_kit.cli.load import load
from gateway_kit.errors import IncompleteStackError
from gateway_kit.stack.options import DEFAULT_CONFIG, Options
from gateway_kit.stack.stack import SERVICES, Progress, Stack

# Seconds between two looks of `logs -f`.
_FOLLOW_S = 0.3


@click.group(cls=SentenceGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gateway-kit")
def main() -> None:
    """Run and inspect a local LLM gateway: LiteLLM, Redis, PostgreSQL, simulated providers, small real models."""
    # Most commands end before their garbage matters, and looking for it is a third of what some of them take.
    gc.set_threshold(100_000)


@main.command()
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
    help="A model-config.yaml of your own; `default` goes back to the kit's (./default is a file).",
)
@click.option("--workers", type=int, metavar="N", help="Worker processes of the gateway.  [default: 1]")
@click.option(
    "--semantic/--no-semantic",
    default=None,
    help="A second gateway with the semantic cache, on a free port; needs 450 MB more.  [default: no]",
)
def up(
    port_offset: int | None,
    tracing: str | None,
    config: str | None,
    workers: int | None,
    semantic: bool | None,
) -> None:
    """Start what is not running, heal what is not healthy, and print where everything is.

    Without options a stack that runs keeps the ones it was started with. Exits with 3 where the gateway serves and
    another service did not start.
    """
    from gateway_kit.stack.status import credentials_table, service_table
    from gateway_kit.stack.supervisor import ports, preflight

    stack = Stack()
    if note := preflight.locked_out(stack.home, stack.environ):
        click.echo(f"note: {note}", err=True)
    if port_offset and (risk := ports.outgoing_ports(port_offset)):
        click.echo(f"note: --port-offset {port_offset}: {risk}", err=True)
    path = config if config in (None, DEFAULT_CONFIG) else str(Path(config).absolute())
    options = Options(
        port_offset=port_offset, tracing=tracing, config=path, workers=workers, semantic=semantic
    )
    incomplete = None
    with _interruptible():
        try:
            stack.up(options, _print_progress)
        except IncompleteStackError as exc:
            incomplete = exc
    click.echo()
    click.echo(service_table(stack))
    click.echo(credentials_table(stack))
    if incomplete is not None:
        raise incomplete


@main.command()
def down() -> None:
    """Stop everything the kit started. Data and credentials stay."""
    stopped = Stack().down(_print_progress)
    click.echo("Stopped." if stopped else "Nothing was running.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array, an object per service.")
def status(as_json: bool) -> None:
    """Show each service: state, URL, process, uptime, memory, version and log."""
    from gateway_kit.stack.status import lacks_text, models_table, service_table, status_rows

    stack = Stack()
    if as_json:
        click.echo(json.dumps(status_rows(stack), indent=2))
        return
    click.echo(service_table(stack))
    if missing := lacks_text(stack):
        click.echo(f"{missing}\n")
    click.echo(models_table(stack))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object instead of shell exports.")
def env(as_json: bool) -> None:
    """Print the variables that clients need, for: eval "$(gateway-kit env)"."""
    values = Stack().client_env()
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}='{value}'")


@main.command()
@click.argument("service", type=click.Choice(SERVICES))
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added; end with Ctrl-C.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), default=50, show_default=True, help="How many last lines."
)
def logs(service: str, follow: bool, lines: int) -> None:
    """Print the end of a service's log."""
    from gateway_kit.stack.supervisor.log_reader import follow_log, last_lines

    stack = Stack()
    if service == "tracing" and stack.record().tracing == "langfuse":
        from gateway_kit.stack.services import langfuse

        click.echo(langfuse.logs(stack.settings(), lines, stack.environ))
        return
    path = stack.settings().log_path(service)
    if not path.exists():
        raise click.ClickException(f"{service} has no log yet ({path}). Run: gateway-kit up")
    size = path.stat().st_size
    for line in last_lines(path, lines, end=size):
        click.echo(line)
    if follow:
        try:
            follow_log(path, click.echo, start=size, poll_s=_FOLLOW_S)
        except KeyboardInterrupt:
            pass


@main.command()
@click.argument("service", type=click.Choice(SERVICES))
def restart(service: str) -> None:
    """Stop one service and start it again; a gateway that answers ends once the new one answers."""
    with _interruptible():
        Stack().restart(service, _print_progress)


@main.group()
def config() -> None:
    """Show, check or begin a model configuration (LiteLLM's model-config.yaml)."""


@config.command("show")
def config_show() -> None:
    """Print the configuration in force, secrets excluded: it refers to them by name."""
    from gateway_kit.common.private_files import read_private
    from gateway_kit.stack.services.effective_config import effective_path

    text = read_private(effective_path(Stack().settings()), "It is written anew by: gateway-kit up")
    if text is None:
        raise click.ClickException("There is no configuration in force yet. Run: gateway-kit up")
    click.echo(text, nl=False)


@config.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def config_check(file: Path | None) -> None:
    """Name the line of each mistake in FILE (default: the configuration in force) and how to mend it.

    What FILE includes is checked as well, and Python modules that it names are loaded, in a process of their own.
    Exits with 1 where there is a mistake that would keep the gateway from working.
    """
    from gateway_kit.stack.configuration import check_config
    from gateway_kit.stack.services.effective_config import check_environment, effective_path

    stack = Stack()
    path = file or effective_path(stack.settings())
    in_force = stack.record().config if file is None else None
    findings = check_config(
        path,
        check_environment(stack.settings(), stack.endpoints(), stack.environ),
        beside=Path(in_force).parent if in_force else None,
        load_modules=True,
    )
    for finding in findings:
        click.echo(f"{finding.file or path}:{finding.line}: {finding.severity}: {finding.message}")
        if finding.mend:
            click.echo(f"    mend: {finding.mend}")
    errors = sum(finding.severity == "error" for finding in findings)
    click.echo(f"{path}: {errors} errors, {len(findings) - errors} warnings" if findings else f"{path}: fine")
    sys.exit(1 if errors else 0)


@config.command("init")
@click.argument("file", default="model-config.yaml", type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=click.Choice(["offline", "cloud", "simulated", "semantic", "semantic-cloud"]),
    help="What to begin with.  [default: cloud]",
)
@click.option(
    "--simulated",
    is_flag=True,
    help="Every provider, at the simulator's address: needs no key. The same as --template simulated.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def config_init(file: Path, template: str | None, simulated: bool, force: bool) -> None:
    """Write a template to FILE, to be edited and used by: gateway-kit up --config FILE."""
    from gateway_kit.stack.services.effective_config import template_text

    if file.exists() and not force:
        raise click.ClickException(f"{file} exists. To replace it: gateway-kit config init {file} --force")
    if simulated and template not in (None, "simulated"):
        raise click.UsageError(f"--simulated and --template {template} are two templates. Give one of them.")
    stack = Stack()
    chosen = "simulated" if simulated else template or "cloud"
    text = template_text(chosen, stack.settings(), stack.endpoints(), stack.environ)
    try:
        file.write_text(text)
    except OSError as exc:
        raise click.ClickException(f"{file} cannot be written: {exc.strerror}") from exc
    click.echo(f"{file} written. Edit it, then: gateway-kit config check {file}")


@main.command()
@click.argument("names", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/lessons"),
    show_default=True,
    help="Folder for the executed lessons.",
)
@click.option("--solutions", is_flag=True, help="Put the exercises' solutions in; every grader must pass.")
def notebooks(names: tuple[str, ...], out: Path, solutions: bool) -> None:
    """Execute lessons (all, or NAMES such as 01 or 01_routing) against the running stack.

    Exits with 1 where a lesson failed.
    """
    from gateway_kit.lessons.run_report import run_and_report
    from gateway_kit.stack.lab import notebooks_folder

    check_folder("--out", out)
    sys.exit(run_and_report(notebooks_folder(), names, out.absolute(), solutions=solutions, show=click.echo))


@main.command()
def doctor() -> None:
    """Check machine, ports, versions, search module, database, configuration and credentials.

    Exits with 1 where something is broken; each finding names the command that mends it.
    """
    from gateway_kit.stack.doctor import examine

    broken = False
    for finding in examine(Stack()):
        broken |= finding.level == "broken"
        click.echo(f"{finding.level:<7} {finding.subject:<14} {finding.text}")
        if finding.mend:
            click.echo(f"{'':<23}mend: {finding.mend}")
    sys.exit(1 if broken else 0)


@main.command()
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
def lab(no_browser: bool) -> None:
    """Open JupyterLab at the first lesson; ends with Ctrl-C, the stack stays up."""
    from gateway_kit.stack.lab import run_lab

    run_lab(Stack(), browser=not no_browser)


main.add_command(load)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C, a polite kill and a closed terminal end a start alike: what was started is written down."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo(
            "Interrupted. To go on: gateway-kit up. To stop what was started: gateway-kit down", err=True
        )
        sys.exit(130)


def _print_progress(step: Progress) -> None:
    took = f" after {step.seconds:.1f} s" if step.seconds else ""
    click.echo(f"  {step.service:<11} {step.state}{took}")
