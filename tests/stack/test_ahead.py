"""What a fork server does once for all its copies, before it makes the first."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from gateway_kit.common.environment import full_env
from gateway_kit.common.polling import poll_until
from gateway_kit.stack.servers.gateway.ahead import MODULES
from gateway_kit.stack.services.fork_server import FORK_SERVER, code_of_fork_server, import_env
from gateway_kit.stack.supervisor.fork_server import ForkServer

# A hook of the gateway's start, which says what is there already, and ends the process.
HOOK = """
import json, os, sys
from gateway_kit.stack.servers.gateway.litellm_app import app

def look():
    included = [route for route in app.router.routes if hasattr(route, "effective_candidates")]
    ready = [route for route in included if route._effective_candidates_version is not None]
    print("seen " + json.dumps([list(sys.modules), len(included), len(ready)]), flush=True)
    os._exit(7)
"""


def test_a_copy_begins_with_the_modules_and_the_routes_that_its_first_calls_need(tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text(HOOK)
    (tmp_path / "config.yaml").write_text("model_list: []\n")
    given = {
        "CONFIG_FILE_PATH": str(tmp_path / "config.yaml"),
        "GATEWAY_MODULES_FOLDER": str(tmp_path),
        "LITELLM_WORKER_STARTUP_HOOKS": "hook:look",
        "LITELLM_MASTER_KEY": "sk-of-this-test-alone",
    }
    server = Path(os.environ[FORK_SERVER])
    assert poll_until(server.exists, timeout_s=120)[1]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with open(tmp_path / "log", "ab") as log:
        copy = ForkServer(server, code_of_fork_server(), 1).start(
            ("gateway", "--port", port),
            full_env(os.environ, **import_env(os.environ), **given),
            tmp_path,
            log,
        )
    assert copy is not None, server.with_name("log").read_text()
    assert copy.wait(60) == 7, (tmp_path / "log").read_text()
    line = next(line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("seen "))
    modules, included, ready = json.loads(line.removeprefix("seen "))
    assert set(MODULES) <= set(modules)
    assert ready == included > 10
    # A LiteLLM that has moved a module would import it in each copy again.
    assert "imports itself" not in server.with_name("log").read_text()
