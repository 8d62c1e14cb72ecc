"""Make a seat ready and bring its stack up; a program that the hub runs as the seat's user, in the seat's folder.

    python -Pm gateway_kit.stack.seats.seat_up PORT_OFFSET < join-code

It prints a line per service, and on failure one sentence to stderr.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from gateway_kit.errors import IncompleteStackError, KitError, LessonError
from gateway_kit.stack.lab import notebooks_folder
from gateway_kit.stack.options import Options
from gateway_kit.stack.seats.checks import check_disk
from gateway_kit.stack.services import credentials as keyring
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import preflight
from gateway_kit.stack.supervisor.launch import Progress
from gateway_kit.workshop.membership import read_join_code, save_membership

# What the lessons show and link, beside the copies as it is beside the originals.
_BESIDE = ("notebooks", "images", "docs")


def prepare(folder: Path, home: Path, code: str) -> None:
    """What a seat has besides its copies: the lessons as they came, its membership, credentials of its own."""
    for name in _BESIDE:  # no links: JupyterLab shows no picture that lies elsewhere
        shutil.copytree(notebooks_folder().parent / name, folder / name, dirs_exist_ok=True)
    save_membership(read_join_code(code), home)
    kept = keyring.read_env_file(keyring.env_file(home))
    # No demonstration defaults: every seat of this machine reaches every port of it.
    own = {
        "LITELLM_MASTER_KEY": f"sk-{secrets.token_urlsafe(18)}",
        "LANGFUSE_INIT_USER_PASSWORD": secrets.token_urlsafe(12),
    }
    keyring.save(home, keyring.resolve({}, {**own, **kept}))


def bring_up(port_offset: int, code: str) -> None:
    """Prepare the seat and start what does not run. Raises KitError."""
    stack = Stack()
    check_disk(Path.cwd(), preflight.DISK_NEEDED_MB, "Tell the facilitator, who can free some")
    preflight.check_home(stack.home)
    prepare(Path.cwd(), stack.home, code)
    _copy_lessons()
    stack.up(Options(port_offset=port_offset), _print_progress)


def _print_progress(step: Progress) -> None:
    took = f" after {step.seconds:.1f} s" if step.seconds else ""
    state = "shared by all seats" if step.state == "external" else step.state
    # In one piece: services report from threads of their own.
    print(f"{step.service}: {state}{took}\n", end="", flush=True)


def _copy_lessons() -> None:
    """Copy the lessons that have no copy yet. The command does it, since the copies are no business of the stack's."""
    command = [str(Path(sys.executable).parent / "gateway-kit"), "lessons", "copy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LessonError(done.stderr.strip().removeprefix("gateway-kit: "))


if __name__ == "__main__":
    os.umask(0o077)
    try:
        bring_up(int(sys.argv[1]), sys.stdin.read())
    except IncompleteStackError as exc:
        print(exc, flush=True)
    except KitError as exc:
        sys.exit(str(exc))
