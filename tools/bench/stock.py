"""LiteLLM started by its own command line, with the configuration, database and Redis of the kit's gateway."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from tools.bench.stack import BenchStack

DEADLINE_S = 180


@contextmanager
def stock_litellm(stack: BenchStack, port: int, log: Path) -> Iterator[tuple[float, psutil.Process]]:
    """(seconds to readiness, the process) of `litellm --config` on `port`.

    It gets the environment of the kit's gateway, including DISABLE_SCHEMA_UPDATE: by default LiteLLM would first run
    Prisma's schema engine, and exit if that cannot be downloaded. So this is its best possible time.
    """
    gateway = next(row["pid"] for row in stack.status() if row["service"] == "gateway")
    env = psutil.Process(gateway).environ()
    for name in ("LITELLM_WORKER_STARTUP_HOOKS", "WORKER_CONFIG", "LOG_FOLDER"):
        env.pop(name, None)
    argv = [
        str(Path(sys.executable).parent / "litellm"), "--config", env["CONFIG_FILE_PATH"],
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    begin = time.monotonic()
    with open(log, "wb") as sink:
        child = subprocess.Popen(argv, env=env, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        while not _ready(port):
            if child.poll() is not None or time.monotonic() - begin > DEADLINE_S:
                raise RuntimeError(f"litellm --config did not start; see {log}:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield time.monotonic() - begin, psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/readiness", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and '"db":"connected"' in answer.text
