"""A real kernel that runs cells as JupyterLab does."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE_S = 60.0


@contextmanager
def kernel(env: Mapping[str, str] | None = None) -> Iterator[Notebook]:
    """A kernel with this environment, or the tests' own; shut down at the end like a closed notebook."""
    sockets = tempfile.TemporaryDirectory(prefix="kernel-")
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets.name}/socket")
    root = Path(__file__).parents[2]
    manager.shutdown_wait_time = PATIENCE_S  # JupyterLab's 5 seconds are too few where other tests run
    manager.start_kernel(cwd=str(root), **({"env": dict(env)} if env is not None else {}))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE_S)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel()
        sockets.cleanup()


class Notebook:
    """A kernel that runs cells as JupyterLab does: with the cell's id."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    def run(self, code: str, cell: str = "") -> list[dict[str, Any]]:
        """The messages that came while the cell ran. Fails with the cell's error."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                   "allow_stdin": False, "stop_on_error": True}  # fmt: skip
        asked = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(asked)
        messages: list[dict[str, Any]] = []
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=PATIENCE_S)
            messages.append(message)
            if message["msg_type"] == "error":
                pytest.fail("\n".join(message["content"]["traceback"]))
            if (
                message["msg_type"] == "status"
                and message["content"]["execution_state"] == "idle"
                and message["parent_header"].get("msg_id") == asked["header"]["msg_id"]
            ):
                return messages
        pytest.fail(f"the cell did not end: {code}")

    def error(self, code: str) -> dict[str, Any]:
        """How a cell ends: `ename`, `evalue`, the lines of `traceback` without colours, and what it `printed`."""
        self.client.execute(code)
        found: dict[str, Any] = {}
        printed = ""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE_S)
            if message["msg_type"] == "error":
                found = message["content"]
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                plain = [re.sub(r"\x1b\[[0-9;]*m", "", part) for part in found.get("traceback", ())]
                return {**found, "traceback": "\n".join(plain).splitlines(), "printed": printed}

    def value(self, expression: str) -> Any:
        output = [m["content"]["text"] for m in self.run(f"import json; print(json.dumps({expression}))")
                if m["msg_type"] == "stream"]  # fmt: skip
        return json.loads("".join(output))
