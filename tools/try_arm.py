"""Build a Debian for 64-bit ARM in a folder, and try the kit's commands there, emulated on this x86-64 machine.

    sudo python3 tools/try_arm.py FOLDER                 all steps; those that were done before are skipped
    sudo python3 tools/try_arm.py FOLDER lesson-03       this step, and what it stands on
    sudo python3 tools/try_arm.py FOLDER --list          the steps, what came of them, and their seconds

Needs root, debootstrap and Debian's qemu-user-static (tried with version 10; Debian 12's own, 7.2, is known to crash
Node on recent kernels, and its backports have 10). It changes nothing outside the folder but for the kernel's list of
emulated programs, for as long as it runs. An emulated program takes ten times as long or more, so GATEWAY_PATIENCE is
set; `nice -n 10 taskset -c 0` before the command leaves the rest of the machine to others. Each step's output is kept
in FOLDER/logs, what came of it in FOLDER/steps.json. At its end, however it comes about, the script ends the processes
that it started there and unmounts what it mounted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import fresh_system
from arm_emulator import EMULATORS, emulated, emulator

PORT_OFFSET = 22000
PATIENCE = 30
PERSON_ID = 1000
USERS = {
    "passwd": f"{fresh_system.PERSON}:x:{PERSON_ID}:{PERSON_ID}::{fresh_system.home_of(fresh_system.PERSON)}:/bin/sh\n",
    "group": f"{fresh_system.PERSON}:x:{PERSON_ID}:\n",
}

KIT = ".venv/bin/gateway-kit"
USE = ".venv/bin/python tools/try_calls.py"
# What a new user types, and what it stands on. `make lab` begins with the first.
STEPS = {
    "set-up": "make .venv/.set-up",
    "up": f"{KIT} up --port-offset {PORT_OFFSET}",
    "status": f"{KIT} status",
    "doctor": f"{KIT} doctor",
    "providers": f"{USE} providers",
    "keys": f"{USE} keys",
    "cache": f"{USE} cache",
    "tracing": f"{USE} tracing",
    "lesson-00": f"{KIT} notebooks 00 --solutions",
    "lesson-03": f"{KIT} notebooks 03 --solutions",
    "replicas": f"{KIT} up --replicas 2 && {USE} providers && {KIT} up --replicas 1",
    "development": "make setup",
}
NEED_NO_STACK = ("set-up", "up", "development")


@dataclass(frozen=True)
class Outcome:
    """What came of a step: its exit code, how long it took, and of which commit."""

    code: int
    seconds: float
    commit: str


def main() -> int:
    """Run what is to be run; exit with 1 if a step failed."""
    options = arguments()
    folder: Path = options.folder.resolve()
    if options.list:
        print(table(outcomes(folder)))
        return 0
    # An interrupted run ends its processes and unmounts too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    system = folder / "system"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with emulated(emulator(options.emulator)):
        build(system, options.suite)
        commit = update_clone(system)
        with fresh_system.mounted(system), ended(system):
            ok = run(folder, to_run(options.steps, outcomes(folder)), commit)
    print(table(outcomes(folder)))
    return 0 if ok else 1


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the system, the logs and the outcomes are kept")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}")
    parser.add_argument("--suite", default="bookworm", help="Debian's release (default: bookworm)")
    parser.add_argument(
        "--emulator", help=f"path of a static QEMU (default: {EMULATORS[0]} on the search path)"
    )
    parser.add_argument("--list", action="store_true", help="only print the steps and what came of them")
    options = parser.parse_intermixed_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"there is no step {', '.join(sorted(unknown))}; the steps: {', '.join(STEPS)}")
    return options


def to_run(named: Collection[str], done: dict[str, Outcome]) -> list[str]:
    """The steps to run, in their order: the named ones, else those that did not succeed yet, and what they stand on."""
    succeeded = {name for name, outcome in done.items() if outcome.code == 0}
    wanted = set(named) or set(STEPS) - succeeded
    if wanted - {"set-up"}:
        wanted |= {"set-up"} - succeeded
    if wanted - set(NEED_NO_STACK):
        wanted |= {"up"}  # nothing runs any more since the last time
    return [name for name in STEPS if name in wanted]


def run(folder: Path, names: Sequence[str], commit: str) -> bool:
    """Run steps in the system; whether all succeeded. Without a set-up, or a stack, the rest is not tried."""
    for name in names:
        begin = time.monotonic()
        with open(folder / "logs" / f"{name}.log", "wb") as log:
            print(f"{name}: {STEPS[name]}", flush=True)
            code = fresh_system.inside(
                folder / "system",
                fresh_system.PERSON,
                STEPS[name],
                variables={"GATEWAY_PATIENCE": str(PATIENCE)},
                output=log,
            )
        outcome = Outcome(code, round(time.monotonic() - begin, 1), commit)
        keep(folder, name, outcome)
        print(f"{name}: exit code {code} after {outcome.seconds:.0f} s; {log.name}", flush=True)
        # 3: the gateway is up, but an optional service did not start.
        if (code != 0 and name == "set-up") or (name == "up" and code not in (0, 3)):
            return False
    return all(outcomes(folder)[name].code == 0 for name in names)


def outcomes(folder: Path) -> dict[str, Outcome]:
    """What came of the steps so far."""
    file = folder / "steps.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    return {name: Outcome(**row) for name, row in kept.items()}


def keep(folder: Path, name: str, outcome: Outcome) -> None:
    """Store what came of a step."""
    kept = {**outcomes(folder), name: outcome}
    (folder / "steps.json").write_text(json.dumps({n: asdict(kept[n]) for n in kept}, indent=1) + "\n")


def table(done: dict[str, Outcome]) -> str:
    """A line per step."""
    lines = []
    for name, command in STEPS.items():
        outcome = done.get(name)
        said = f"exit {outcome.code}  {outcome.seconds:>7.1f} s  {outcome.commit}" if outcome else "not run"
        lines.append(f"{name:<12} {said:<32} {command}")
    return "\n".join(lines)


def build(system: Path, suite: str) -> None:
    """Build the minimal system, unless that was done: Debian's files for ARM and a user.

    The packages' own scripts are not run. Emulated they take half an hour, and nothing that the kit needs is of their
    making.
    """
    done = system / "etc" / "gateway-kit-built"
    if not done.exists():
        print(f"Debian {suite} for arm64 with {', '.join(fresh_system.PACKAGES)} in {system}", flush=True)
        include = f"--include={','.join(fresh_system.PACKAGES)}"
        subprocess.run(
            ["debootstrap", "--arch=arm64", "--foreign", "--variant=minbase", include, suite, str(system)],
            check=True,
        )
        for package in sorted((system / "var/cache/apt/archives").glob("*.deb")):
            unpack(package, system)
        for name in fresh_system.MOUNTS:  # in a container debootstrap makes a link of /proc
            if (system / name).is_symlink():
                (system / name).unlink()
                (system / name).mkdir()
        for name in ("passwd", "group"):
            lines = (system / "usr/share/base-passwd" / f"{name}.master").read_text()
            (system / "etc" / name).write_text(lines + USERS[name])
        done.touch()
    home = system / fresh_system.home_of(fresh_system.PERSON).lstrip("/")
    home.mkdir(exist_ok=True)
    os.chown(home, PERSON_ID, PERSON_ID)
    fresh_system.equip(system)


def unpack(package: Path, system: Path) -> None:
    """Unpack a package's files; /bin and the like stay the links that Debian has there."""
    files = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
    tar = ["tar", "--extract", "--keep-directory-symlink", "--directory", str(system)]
    subprocess.run(tar, stdin=files.stdout, check=True)
    if files.wait() != 0:
        sys.exit(f"{package} cannot be read; delete {system} and try again")


def update_clone(system: Path) -> str:
    """Bring the person's clone to this working copy's last commit, and return that commit."""
    clone = fresh_system.clone_of(system, fresh_system.PERSON)
    git = ["git", "-c", "safe.directory=*", "-C", str(clone)]
    clone.mkdir(exist_ok=True)
    for words in (
        ["init", "--quiet"],
        ["fetch", "--quiet", str(fresh_system.ROOT), "HEAD"],
        ["reset", "--quiet", "--hard", "FETCH_HEAD"],
    ):
        subprocess.run([*git, *words], check=True)
    new = [
        "find",
        str(clone),
        "-user",
        "root",
        "-exec",
        "chown",
        "--no-dereference",
        f"{PERSON_ID}:{PERSON_ID}",
    ]
    subprocess.run([*new, "{}", "+"], check=True)
    return subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def ended(system: Path, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """End what still runs in the system when the block ends."""
    try:
        yield
    finally:
        if (fresh_system.clone_of(system, fresh_system.PERSON) / ".gateway").exists():
            fresh_system.inside(system, fresh_system.PERSON, f"{KIT} down", output=None)
        for number, wait_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 1.0)):
            left = processes_in(system)
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if left:
                sleep(wait_s)


def processes_in(system: Path) -> list[int]:
    """The processes whose root is the system."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "root").readlink() == system:
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
