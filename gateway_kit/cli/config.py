"""`gateway-kit config show`, `check` and `init`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway_kit.cli.findings import findings_as_json, findings_as_text
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
@click.option(
    "--values",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Further values of LiteLLM's chart, over those of FILE, as `helm -f` takes them.",
)
@click.option("--production", is_flag=True, help="Say besides what production would say about it.")
@click.option("--replicas", type=click.IntRange(min=1), help="Gateways in production, at most.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of each gateway.")
@click.option(
    "--database-connections",
    type=click.IntRange(min=4),
    help="The database's max_connections.  [default: 100]",
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Leave a rule of --production out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for CI.")
def config_check(
    file: Path | None,
    values: tuple[Path, ...],
    production: bool,
    replicas: int | None,
    workers: int | None,
    database_connections: int | None,
    ignore: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the line of each mistake in FILE (default: the configuration in force) and how to fix it.

    Files that it includes are checked too. Python modules that it names are loaded, in a separate process. FILE may
    also be a Compose file or values of LiteLLM's Helm chart with a configuration in it. Exits with 1 if a mistake would
    keep the gateway from working, or with --production, if something would leak, be lost or not work with so many
    replicas.
    """
    from gateway_kit.stack.checked_configuration import Production, check_file
    from gateway_kit.stack.configuration.production import DATABASE_CONNECTIONS, RULES
    from gateway_kit.stack.stack import Stack

    if not production and (replicas or workers or database_connections or ignore):
        raise click.UsageError(
            "--replicas, --workers, --database-connections and --ignore need --production."
        )
    unknown = sorted(set(ignore) - {rule.code for rule in RULES})
    if unknown:
        names = ", ".join(rule.code for rule in RULES)
        raise click.UsageError(f"There is no rule {unknown[0]}. The rules are: {names}.")
    told = Production(replicas, workers, database_connections or DATABASE_CONNECTIONS, ignore)
    path, findings = check_file(Stack(), file, told if production else None, values)
    if as_json:
        click.echo(findings_as_json(path, findings))
    else:
        click.echo(findings_as_text(path, findings))
    sys.exit(1 if any(finding.level == "error" for finding in findings) else 0)


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
