"""The devcontainer's start script, run by hand as the README says."""

from __future__ import annotations

import re
import subprocess

from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.lab import COPIES, FIRST_LESSON
from tests.conftest import ROOT, Cli


def test_post_start_restarts_only_unhealthy_services(cli: Cli) -> None:
    before = {name: cli.row(name)["pid"] for name in ("gateway", "postgres")}
    embeddings = cli.row("embeddings")["pid"]
    subprocess.run(["kill", "-9", str(embeddings)], check=True)
    done = subprocess.run(
        [ROOT / ".devcontainer" / "postStart.sh"],
        env=cli.env | {"CODESPACE_NAME": "fluffy-waffle"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    port = str(cli.row("gateway")["url"]).rsplit(":", 1)[1]
    assert int(port) != BASE_PORTS["gateway"]  # a test's stack has an offset
    assert f"https://fluffy-waffle-{port}.app.github.dev/ui" in done.stdout
    assert re.search(r"^00_start_here +\d+ minutes", done.stdout, re.MULTILINE)  # the reader's copies
    assert (ROOT / COPIES / FIRST_LESSON).is_file()
    assert {name: cli.row(name)["pid"] for name in before} == before
    healed = cli.row("embeddings")
    assert healed["state"] == "running"
    assert healed["pid"] != embeddings
