"""Build a minimal Debian in a folder, and try `make lab` there from a fresh clone, as root and as an ordinary user.

    sudo python3 tools/try_fresh.py                        the set-up of `make lab`, and a first call
    sudo python3 tools/try_fresh.py --test "tests/unit"    also `make test` for some tests; --test "" for all

Needs debootstrap and root, and changes nothing outside the folder. The system is Debian's `minbase` with only the
packages that the README names. It uses this machine's settings for Debian's mirror and the package indexes (addresses,
proxies and certificates).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fresh_system import PACKAGES, PERSON, ROOT, clone_of, equip, home_of, inside, mounted

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
    equip(folder)


def trial(folder: Path, user: str, script: str) -> bool:
    """Run the script in a fresh clone in the user's home, and print how long it took."""
    clone = clone_of(folder, user)
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["chroot", str(folder), "chown", "-R", f"{user}:", f"{home_of(user)}/kit"], check=True)
    begin = time.monotonic()
    code = inside(folder, user, script)
    print(f"== {user}: exit code {code} after {time.monotonic() - begin:.0f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
