"""The command line, `gateway-kit`: one file per group of commands, each a few lines over the package's functions."""

from __future__ import annotations

import click

from gateway_kit.cli.config import config
from gateway_kit.cli.export import export
from gateway_kit.cli.faults import faults
from gateway_kit.cli.group import SentenceGroup
from gateway_kit.cli.lessons import lab, lessons, notebooks
from gateway_kit.cli.lifecycle import down, restart, up
from gateway_kit.cli.load import load
from gateway_kit.cli.rehearse import rehearse
from gateway_kit.cli.rehearse_cache import rehearse_cache
from gateway_kit.cli.reset import reset
from gateway_kit.cli.state import doctor, env, logs, status
from gateway_kit.cli.workshop import workshop


@click.group(cls=SentenceGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gateway-kit")
def main() -> None:
    """Run and inspect a local LLM gateway: LiteLLM, Redis, PostgreSQL, simulated providers, small real models."""


for command in (
    up, down, status, env, logs, restart, config, export, notebooks, lessons, doctor, faults, lab, load,
    rehearse, rehearse_cache, reset, workshop,
):  # fmt: skip
    main.add_command(command)
