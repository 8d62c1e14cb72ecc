"""Build a minimal Debian in a folder, and try `make lab` there from a fresh clone, as root and as an ordinary user.

    sudo python3 tools/try_fresh.py                        the set-up of `make lab`, and a first call
    sudo python3 tools/try_fresh.py --test "tests/unit"    also `make test` for some tests; --test "" for all

Needs debootstrap and root, and changes nothing outside the folder. The system is Debian's `minbase` with only the
packages that the README names. It uses this machine's settings for Debian's mirror and the package indexes (addresses,
proxies and certificates).
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

# What `make lab` does before it starts JupyterLab, which would not end; then two calls and `gateway-kit doctor`.
LAB = f"""
make .venv/.set-up
.venv/bin/gateway-kit up --port-offset {PORT_OFFSET}
eval "$(.venv/bin/gateway-kit env)"
.venv/bin/python - <<'END'
import os, openai
client = openai.OpenAI(base_url=os.environ["GATEWAY_URL"] + "/v1", api_key=os.environ["GATEWAY_API_KEY"])
for model in ("smollm2", "gpt-4o-mini"):
    answer = client.chat.completions.create(model=model, messages=[{{"role": "user", "content": "What is a gateway?"}}])
    print(f"{{model}}:", answer.choices[0].message.content[:60])
END
.venv/bin/gateway-kit doctor
"""
DOWN = "if [ -x .venv/bin/gateway-kit ]; then .venv/bin/gateway-kit down; fi"


def main() -> int:
    """Run the trial as each kind of user; exit with 1 if one failed."""
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
        "--folder", type=Path, help="build the system here and keep it (default: a temporary folder)"
    )
    parser.add_argument("--suite", default="bookworm", help="Debian's release (default: bookworm)")
    parser.add_argument(
        "--extra", action="append", default=[], metavar="PACKAGE", help="another Debian package"
    )
    parser.add_argument("--test", metavar="PYTEST_ARGS", help="also run `make test` with these arguments")
    return parser.parse_args()


def build(folder: Path, suite: str, packages: Sequence[str]) -> None:
    """Build the minimal system if it does not exist yet, with this machine's settings for the package indexes."""
    if not (folder / "usr" / "bin" / "git").exists():
        print(f"== Debian {suite} with {', '.join(packages)} in {folder}", flush=True)
        include = f"--include={','.join(packages)}"
        subprocess.run(["debootstrap", "--variant=minbase", include, suite, str(folder)], check=True)
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
        home = pwd.getpwnam("root").pw_dir if user == "root" else f"/home/{user}"
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
            subprocess.run(["mount", "--rbind", f"/{name}", str(folder / name)], check=True)
            subprocess.run(["mount", "--make-rslave", str(folder / name)], check=True)
            done.append(folder / name)
        yield
    finally:
        for place in reversed(done):
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def trial(folder: Path, user: str, script: str) -> bool:
    """Run the script in a fresh clone in the user's home, and print how long it took."""
    clone = folder / home_of(user).lstrip("/") / "kit"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["chroot", str(folder), "chown", "-R", f"{user}:", f"{home_of(user)}/kit"], check=True)
    begin = time.monotonic()
    code = inside(folder, user, script)
    print(f"== {user}: exit code {code} after {time.monotonic() - begin:.0f} s", flush=True)
    return code == 0


def inside(folder: Path, user: str, script: str) -> int:
    """Run a script in the clone with a new user's environment, and return its exit code."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home_of(user),
        "LANG": "C.UTF-8",
        **index_settings(),
    }
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
