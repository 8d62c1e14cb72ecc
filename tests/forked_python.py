"""Short programs without the seconds that their imports take: each is forked from a process that has imported them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# Each line of its input is a program, and for each that has ended it writes a line.
_SERVER = """
import atexit, json, os, sys, threading, traceback
for line in sys.stdin:
    code, words, env, folder = json.loads(line)
    child = os.fork()
    if not child:
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        sys.argv[1:] = words
        end = 0
        try:
            exec(code, {"__name__": "__main__"})
            threading._shutdown()
        except SystemExit as exc:
            end = int(exc.code or 0)
        except BaseException:
            traceback.print_exc()
            end = 1
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end)  # without taking apart all that was imported
    print(json.dumps([child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]), flush=True)
"""


class Ended(NamedTuple):
    """What is left of a program."""

    pid: int
    returncode: int
    stdout: str
    stderr: str


class ForkedPython:
    """Runs programs one after the other."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def run(self, code: str, *words: str, env: Mapping[str, str], folder: Path) -> Ended:
        """Run code as `python -c` would, in a folder, where it leaves its output."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps((code, words, dict(env), str(folder))), file=self._server.stdin, flush=True)
        pid, returncode = json.loads(self._server.stdout.readline())
        printed, errors = ((folder / name).read_text() for name in ("stdout", "stderr"))
        return Ended(pid, returncode, printed, errors)


@contextmanager
def forked_python(*modules: str, env: Mapping[str, str]) -> Iterator[ForkedPython]:
    """A process that has imported these modules, to fork programs from."""
    argv = [sys.executable, "-P", "-c", f"import {', '.join(modules)}\n{_SERVER}"]
    with subprocess.Popen(
        argv, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield ForkedPython(server)
        assert server.stdin is not None
        server.stdin.close()
