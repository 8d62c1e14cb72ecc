"""`gateway-kit config show`, `check` and `init`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway_kit.common.private_files import read_private


@click.group()
def config() -> None:
    """Show, check or create a model configuration (LiteLLM's model-config.yaml)."""


@config.command("show")
def config_show() -> None:
    """Print the configuration in force. It names secrets by their variables and holds none."""
    from gateway_kit.stack.services.effective_config import effective_path
    from gateway_kit.stack.stack import Stack

    text = read_private(effective_path(Stack().settings()), "Run: gateway-kit up, which writes it again")
    if text is None:
        raise click.ClickException("There is no configuration in force yet. Run: gateway-kit up")
    click.echo(text, nl=False)


@config.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def config_check(file: Path | None) -> None:
    """Show the line of each mistake in FILE (default: the configuration in force) and how to fix it.

    Files that it includes are checked too. Python modules that it names are loaded, in a separate process. Exits with 1
    if a mistake would keep the gateway from working.
    """
    from gateway_kit.stack.configuration import check_config
    from gateway_kit.stack.services.effective_config import check_environment, effective_path
    from gateway_kit.stack.stack import Stack

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
        click.echo(f"{finding.file or path}:{finding.line}: {finding.level}: {finding.message}")
        if finding.fix:
            click.echo(f"    fix: {finding.fix}")
    errors = sum(finding.level == "error" for finding in findings)
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
    help="Every provider, at the simulator's address; needs no key. The same as --template simulated.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def config_init(file: Path, template: str | None, simulated: bool, force: bool) -> None:
    """Write a template to FILE. Edit it, then use it: gateway-kit up --config FILE."""
    from gateway_kit.stack.services.effective_config import template_text
    from gateway_kit.stack.stack import Stack

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
