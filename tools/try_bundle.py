"""Try a bundle as a room without internet does: unpack it, `make lab` without a network, and make a call.

    python3 tools/try_bundle.py [ARCHIVE]     default: the newest that `make bundle` has written into out/

Everything happens in a temporary folder, with an empty home, a search path that holds little more than Python and make,
and no network but loopback (`tools/offline.py`). Takes two minutes and 4 GB of disk; needs no port.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What every system has; no git, pip, node or npm.
PROGRAMS = (
    "cat",
    "date",
    "dirname",
    "env",
    "make",
    "mkdir",
    "nice",
    "rm",
    "sed",
    "sh",
    "tar",
    "touch",
    "uname",
)
LAB_S = 600

LIFE = """
from gateway_kit import connect
gateway = connect()
for model in ("smollm2", "gpt-4o-mini"):
    print(f"{model}:", str(gateway.ask("What is a gateway?", model))[:60].replace("\\n", " "))
"""


def main() -> int:
    """Try it without a network; exit with 1 if a step failed."""
    if sys.argv[1:2] == ["--inside"]:
        return inside(Path(sys.argv[2]))
    archives = [Path(name) for name in sys.argv[1:]] or sorted(
        (ROOT / "out").glob("gateway-kit-*.tar"), key=lambda path: path.stat().st_mtime
    )
    if not archives or not archives[-1].is_file():
        print("There is no bundle to try. Make one: make bundle", file=sys.stderr)
        return 1
    script, archive = str(Path(__file__).resolve()), str(archives[-1].resolve())
    offline = str(ROOT / "tools" / "offline.py")
    return subprocess.run([sys.executable, offline, sys.executable, script, "--inside", archive]).returncode


def inside(archive: Path) -> int:
    """What a person does with the archive, in a temporary folder."""
    if reaches_out():
        print("There is a network here; this is not the trial that it should be", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="gateway-kit-bundle-", ignore_cleanup_errors=True) as scratch:
        env = environment(Path(scratch))
        subprocess.run(["tar", "xf", str(archive)], cwd=scratch, env=env, check=True)
        kit = next(Path(scratch).glob("gateway-kit-*"))
        log = Path(scratch, "lab.log")
        try:
            with log.open("w") as output:
                process = subprocess.Popen(
                    ["make", "lab"],
                    cwd=kit,
                    env=env,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            return 0 if lab(process, log) and life(kit, env) else 1
        finally:
            command = kit / ".venv" / "bin" / "gateway-kit"
            if command.exists():
                subprocess.run([command, "down"], cwd=kit, env=env)
            end(process)  # with what `make lab` does in the background


def reaches_out() -> bool:
    """Whether a packet to another machine has anywhere to go."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation; connecting sends nothing
        except OSError:
            return False
    return True


def environment(scratch: Path) -> Mapping[str, str]:
    """A new user's environment: a home with nothing in it, and few programs."""
    programs, home = scratch / "bin", scratch / "home"
    programs.mkdir()
    home.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(str(shutil.which(name)))
    # The interpreter itself, not the one of a virtual environment.
    (programs / "python3").symlink_to(Path(sys._base_executable).resolve())
    return {"PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8"}


def lab(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Wait until JupyterLab says that it runs; what `make lab` said if it does not."""
    begin = time.monotonic()
    while process.poll() is None and "is running at:" not in log.read_text():
        if time.monotonic() - begin > LAB_S:
            end(process)
        time.sleep(0.5)
    print(f"== make lab: {time.monotonic() - begin:.0f} s", flush=True)
    if process.poll() is None:
        return True
    print(log.read_text(), end="")
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def life(kit: Path, env: Mapping[str, str]) -> bool:
    """A call to a real and to a simulated model, and what `gateway-kit doctor` finds."""
    for command in (["python", "-c", LIFE], ["gateway-kit", "doctor"]):
        program = kit / ".venv" / "bin" / command[0]
        if subprocess.run([program, *command[1:]], cwd=kit, env=env).returncode != 0:
            print(f"== {command[0]} failed", flush=True)
            return False
    print("== works without a network", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
