"""Generates the Python clients of the tests' schema, offline and without touching the environment's own."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .engine_program import HERE, NODE_FOLDER, node_program


def copy_pristine_prisma(folder: Path) -> None:
    """The `prisma` package as installed, without a client that may have been generated into it since.

    Importing such a client takes seconds, and the generator would import it.
    """
    for file in importlib.metadata.files("prisma") or []:
        if file.parts[0] == "prisma":
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), target)


def generate_clients(folder: Path, launcher: Path) -> Path:
    """Makes `async_client` and `sync_client`; returns the folder to import them from."""
    schema = folder / "schema.prisma"
    shutil.copy(HERE / "schema.prisma", schema)
    pristine = folder / "pristine"
    copy_pristine_prisma(pristine)
    search_path = [str(Path(sys.executable).parent), str(Path(node_program()).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(search_path),
        "PYTHONPATH": str(pristine),
        "PRISMA_QUERY_ENGINE_BINARY": str(launcher),
        "PRISMA_SCHEMA_ENGINE_BINARY": str(launcher),
        "PRISMA_BINARY_CACHE_DIR": str(NODE_FOLDER),
        "CHECKPOINT_DISABLE": "1",
    }
    argv = [sys.executable, "-m", "prisma", "generate", "--schema", str(schema)]
    done = subprocess.run(argv, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "generated"
