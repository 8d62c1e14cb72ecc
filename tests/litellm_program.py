"""Runs a small program with LiteLLM: in a copy of the tests' fork server, since the import takes seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway_kit.common.environment import full_env
from gateway_kit.stack.services.fork_server import FORK_SERVER, code_of_fork_server, import_env
from gateway_kit.stack.supervisor.fork_server import ForkServer
from tests.conftest import FOREIGN

GATEWAY = (sys.executable, "-P", "-m", "gateway_kit.stack.servers.gateway")

# The first thing that a gateway does when it starts, before the kit adds anything to LiteLLM. In a thread, where the
# program may have an event loop of its own.
HOOK = """\
import json, os, threading, traceback

def run():
    given = json.load(open("given.json"))
    for name, value in given["env"].items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    def work():
        import program
        with open("result.json", "w") as file:
            json.dump(program.main(given["what"]), file)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    os._exit(0)
"""


def run_with_litellm(
    program: str, what: object, folder: Path, env: Mapping[str, str | None] | None = None
) -> Any:
    """What the program's function `main(what)` returns; both go through JSON.

    Its variables are set after LiteLLM's import; None removes one. `folder`, an empty one, is where it runs.
    """
    (folder / "program.py").write_text(program)
    (folder / "hook.py").write_text(HOOK)
    (folder / "config.yaml").write_text("model_list: []\n")
    (folder / "given.json").write_text(json.dumps({"what": what, "env": dict(env or {})}))
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    given = full_env(
        own,
        **import_env(own),
        CONFIG_FILE_PATH=str(folder / "config.yaml"),
        GATEWAY_MODULES_FOLDER=str(folder),
        LITELLM_WORKER_STARTUP_HOOKS="hook:run",
    )
    argv = (*GATEWAY, "--port", "0")
    with open(folder / "log", "ab") as log:
        server = ForkServer(Path(os.environ[FORK_SERVER]), code_of_fork_server(), len(GATEWAY))
        process = server.start(argv, given, folder, log) or subprocess.Popen(
            argv, env=given, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        process.wait(300)
    result = folder / "result.json"
    assert result.exists(), (folder / "log").read_text()
    return json.loads(result.read_text())
