"""A minimal Debian in a folder, in which the kit's commands are tried as a new user would type them.

`try_fresh.py` and `try_arm.py` use it. It has this machine's settings for Debian's mirror and the package indexes:
addresses, proxies and certificates.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# What the README says that a Debian needs.
PACKAGES = ("python3", "make", "git")
PERSON = "person"
CONFIGURATIONS = ("/etc/pip.conf", "/etc/npmrc", "~/.npmrc", "~/.config/pip/pip.conf", "~/.pip/pip.conf")
VARIABLES = (
    "PROXY",
    "CERT_FILE",
    "CERT_DIR",
    "CA_BUNDLE",
    "EXTRA_CA_CERTS",
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
)
MOUNTS = ("proc", "dev", "sys")


def equip(folder: Path) -> None:
    """Give a system a user, and this machine's settings for the package indexes."""
    if subprocess.run(["chroot", str(folder), "id", PERSON], capture_output=True).returncode != 0:
        subprocess.run(["chroot", str(folder), "useradd", "--create-home", PERSON], check=True)
    for name in ("/etc/resolv.conf", "/etc/hosts"):
        shutil.copy(name, folder / name.lstrip("/"))
    for name, value in index_settings().items():
        if name.endswith(("_FILE", "_CERTS", "_BUNDLE")) and Path(value).is_file():
            copy = folder / value.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(value, copy)
    for user in ("root", PERSON):
        home = pwd.getpwnam("root").pw_dir if user == "root" else home_of(user)
        for name in CONFIGURATIONS:
            source = Path(name).expanduser()
            target = folder / name.replace("~", home).lstrip("/")
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)


def index_settings() -> dict[str, str]:
    """The variables for reaching package indexes, and the index of this machine's pip."""
    variables = {name: value for name, value in os.environ.items() if name.upper().endswith(VARIABLES)}
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return {"PIP_INDEX_URL": done.stdout.strip(), **variables} if done.returncode == 0 else variables


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount the kernel's file systems inside the folder while the block runs."""
    done: list[Path] = []
    try:
        for name in MOUNTS:
            if (folder / name).is_symlink():
                raise RuntimeError(
                    f"{folder / name} is a link: what is mounted there would cover this machine's own"
                )
            subprocess.run(["mount", "--rbind", f"/{name}", str(folder / name)], check=True)
            done.append(folder / name)
            subprocess.run(["mount", "--make-rslave", str(folder / name)], check=True)
        yield
    finally:
        for place in reversed(done):
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def inside(
    folder: Path,
    user: str,
    script: str,
    *,
    variables: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> int:
    """Run a script in the user's clone with a new user's environment and `variables`, and return its exit code."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home_of(user),
        "LANG": "C.UTF-8",
        **index_settings(),
        **(variables or {}),
    }
    command = [
        str(shutil.which("chroot")),
        f"--userspec={user}:{user}",
        str(folder),
        "/bin/sh",
        "-euc",
        f"cd ~/kit\n{script}",
    ]
    return subprocess.run(command, env=env, check=False, stdout=output, stderr=output).returncode


def home_of(user: str) -> str:
    """A user's home inside the folder."""
    return "/root" if user == "root" else f"/home/{user}"


def clone_of(folder: Path, user: str) -> Path:
    """Where the user's clone lies, seen from outside."""
    return folder / home_of(user).lstrip("/") / "kit"
