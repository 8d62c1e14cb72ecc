"""The commands of the facilitator's guide on a running stack, in an order in which a facilitator gives them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.conftest import CLI, Cli
from tests.facilitator_commands import RUN, commands
from tests.stack.seats.test_workshop_serve import free_offsets


def test_the_guides_commands_do_what_it_says(cli: Cli, tmp_path: Path) -> None:
    path = f"{CLI.parent}{os.pathsep}{os.environ['PATH']}"
    env = {**cli.env, "PATH": path, "LC_ALL": "C", "GATEWAY_WORKSHOP": str(tmp_path / "workshop")}
    # A workshop beside the others of this run, whose command returns.
    offset = free_offsets(5)
    apart = f" --port {8000 + offset} --port-offset {offset} --shared-user --detach"
    assert {command.text for command in commands()} >= set(RUN)
    try:
        for command, printed in RUN.items():
            text = command + (apart if command.startswith("gateway-kit workshop serve") else "")
            done = subprocess.run(
                text, shell=True, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
            )  # fmt: skip
            assert done.returncode == 0, f"{command}: {done.stderr}"
            assert printed in done.stdout, f"{command}: {done.stdout}"
            if command == "gateway-kit doctor":
                assert not [line for line in done.stdout.splitlines() if line.startswith("error")]
    finally:
        cli("workshop", "stop", check=False, GATEWAY_WORKSHOP=env["GATEWAY_WORKSHOP"])
