"""By how much the ports of the stack that executed a lesson differ from the usual ones, kept in the executed lesson.

The book shows the usual ports, whichever stack the lessons ran on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import nbformat

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import StackError, StateFolderError
from gateway_kit.settings import BASE_PORTS

_KEY = "gateway_kit"


def keep_port_offset(executed: Path, environ: Mapping[str, str] | None = None) -> None:
    """Write the local stack's port offset into an executed lesson, if it ran on a gateway of the local stack."""
    env = os.environ if environ is None else environ
    if env.get("GATEWAY_URL"):
        return
    try:
        stack = read_local_stack(env)
    except (StackError, StateFolderError):
        return
    port = urlsplit(stack.variables.get("GATEWAY_URL", "")).port
    if not stack.own_gateway or port is None:
        return
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata[_KEY] = {"port_offset": port - BASE_PORTS["gateway"]}
    nbformat.write(notebook, executed)


def port_offset(executed: nbformat.NotebookNode) -> int:
    """What `keep_port_offset` wrote; 0 if it wrote nothing."""
    return int(executed.metadata.get(_KEY, {}).get("port_offset", 0))
