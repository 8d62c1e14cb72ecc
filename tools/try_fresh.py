"""Build a minimal Debian in a folder, and try `make lab` there from a fresh clone, as root and as an ordinary user.

    sudo python3 tools/try_fresh.py                        the two commands' set-up, and a first call
    sudo python3 tools/try_fresh.py --test "tests/unit"    and `make test` of a part; --test "" for the whole

Needs debootstrap and root, and changes nothing outside the folder: the system has Debian's `minbase`, and of it only
what README names. How this machine reaches Debian's mirror and the package indexes (their addresses, proxies and
certificates) is handed on as it is found.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("python3", "make", "git")
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
PERSON = "person"
PORT_OFFSET = 1700

# What `make lab` does before JupyterLab, which would not end; then a call, and a check of everything.
LAB = f"""
make .venv/.set-up
.venv/bin/gateway-kit up --port-offset {PORT_OFFSET}
eval "$(.venv/bin/gateway-kit env)"
.venv/bin/python - <<'END'
import os, openai
client = openai.OpenAI(base_url=os.environ["GATEWAY_URL"] + "/v1", api_key=os.environ["GATEWAY_API_KEY"])
for model in ("smollm2", "gpt-4o-mini"):
    said = client.chat.completions.create(model=model, messages=[{{"role": "user", "content": "What is a gateway?"}}])
    print(f"{{model}}:", said.choices[0].message.content[:60])
END
.venv/bin/gateway-kit doctor
"""
DOWN = "if [ -x .venv/bin/gateway-kit ]; then .venv/bin/gateway-kit down; fi"


def main() -> int:
    """Try it as each kind of user; exit code 1 where a trial failed."""
    options = arguments()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="gateway-kit-fresh-"))
    build(folder, options.suite, [*PACKAGES, *options.extra])
    failed = []
    with mounted(folder):
        for user in ("root", PERSON):
            print(f"== {user}: make lab", flush=True)
            ok = trial(folder, user, LAB)
            if ok and options.test is not None:
                print(f"== {user}: make test {options.test}", flush=True)
                ok = inside(folder, user, f"make test PYTEST_ARGS='{options.test}'") == 0
            inside(folder, user, DOWN)
            failed += [] if ok else [user]
    if options.folder is None:
        shutil.rmtree(folder)
    print(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, help="where the system is made, and kept (default: made and removed)"
    )
    parser.add_argument("--suite", default="bookworm", help="Debian's release (default: bookworm)")
    parser.add_argument(
        "--extra", action="append", default=[], metavar="PACKAGE", help="another Debian package"
    )
    parser.add_argument("--test", metavar="PYTEST_ARGS", help="run `make test` with these arguments, too")
    return parser.parse_args()


def build(folder: Path, suite: str, packages: Sequence[str]) -> None:
    """The minimal system, if it is not there yet, with this machine's ways to the package indexes."""
    if not (folder / "usr" / "bin" / "git").exists():
        print(f"== Debian {suite} with {', '.join(packages)} in {folder}", flush=True)
        include = f"--include={','.join(packages)}"
        subprocess.run(["debootstrap", "--variant=minbase", include, suite, str(folder)], check=True)
    if subprocess.run(["chroot", str(folder), "id", PERSON], capture_output=True).returncode != 0:
        subprocess.run(["chroot", str(folder), "useradd", "--create-home", PERSON], check=True)
    for name in ("/etc/resolv.conf", "/etc/hosts"):
        shutil.copy(name, folder / name.lstrip("/"))
    for name, value in handed_on().items():
        if name.endswith(("_FILE", "_CERTS", "_BUNDLE")) and Path(value).is_file():
            copy = folder / value.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(value, copy)
    for user in ("root", PERSON):
        home = pwd.getpwnam("root").pw_dir if user == "root" else f"/home/{user}"
        for name in CONFIGURATIONS:
            source = Path(name).expanduser()
            target = folder / name.replace("~", home).lstrip("/")
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)


def handed_on() -> dict[str, str]:
    """The variables that lead to package indexes, and the index of this machine's pip."""
    found = {name: value for name, value in os.environ.items() if name.upper().endswith(VARIABLES)}
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return {"PIP_INDEX_URL": asked.stdout.strip(), **found} if asked.returncode == 0 else found


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """The kernel's file systems inside the folder, for as long as the block runs."""
    done: list[Path] = []
    try:
        for name in MOUNTS:
            subprocess.run(["mount", "--rbind", f"/{name}", str(folder / name)], check=True)
            subprocess.run(["mount", "--make-rslave", str(folder / name)], check=True)
            done.append(folder / name)
        yield
    finally:
        for place in reversed(done):
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def trial(folder: Path, user: str, script: str) -> bool:
    """A fresh clone in the user's home, and the script in it; prints how long it took."""
    clone = folder / home_of(user).lstrip("/") / "kit"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["chroot", str(folder), "chown", "-R", f"{user}:", f"{home_of(user)}/kit"], check=True)
    begin = time.monotonic()
    code = inside(folder, user, script)
    print(f"== {user}: exit code {code} after {time.monotonic() - begin:.0f} s", flush=True)
    return code == 0


def inside(folder: Path, user: str, script: str) -> int:
    """The exit code of a script that a user runs in the clone, with a new user's environment."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home_of(user), "LANG": "C.UTF-8", **handed_on()}
    command = [
        str(shutil.which("chroot")),
        f"--userspec={user}:{user}",
        str(folder),
        "/bin/sh",
        "-euc",
        f"cd ~/kit\n{script}",
    ]
    return subprocess.run(command, env=env, check=False).returncode


def home_of(user: str) -> str:
    """A user's home inside the folder."""
    return "/root" if user == "root" else f"/home/{user}"


if __name__ == "__main__":
    sys.exit(main())
