"""Run LiteLLM's proxy as an ASGI app.

    python -m gateway_kit.stack.servers.gateway --port 4000 [--host 127.0.0.1] [--workers 1] [--end-with PID]
        [--standby-port 4001 --go FILE]

LiteLLM's own command line takes longer to start, since it calls Prisma's schema engine; what else that command
does (migrations, the database pool's size) whoever starts this program has done. The configuration and all
secrets come by environment: CONFIG_FILE_PATH, DATABASE_URL, LITELLM_MASTER_KEY and the like.

SIGUSR1 ends it after the requests that it has received, SIGTERM within seconds: see `draining`.

With `--standby-port` it serves there at first, and on `--port` once FILE exists: `take_over` says how.

LOG_FOLDER and LOG_CAP_BYTES, if set, keep each `*.log` in that folder under that size while the gateway runs.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from gateway_kit.stack.servers.gateway import draining, loopback_only, take_over

CAP_EVERY_S = 10.0


def main() -> None:
    """Parse the command line and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="gateway", description="LiteLLM's proxy as an ASGI app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--end-with", type=int, metavar="PID", help="end when this process has ended")
    parser.add_argument("--standby-port", type=int, help="serve here until the file of --go exists")
    parser.add_argument("--go", type=Path, metavar="FILE")
    options = parser.parse_args()
    if loopback_only.wanted():
        loopback_only.stay_here()
    if options.end_with is not None:
        threading.Thread(target=_end_with, args=(options.end_with,), daemon=True).start()
    config = os.environ.get("CONFIG_FILE_PATH")
    if not config or not Path(config).is_file():
        sys.exit(f"CONFIG_FILE_PATH names no file: {config}")
    os.environ["WORKER_CONFIG"] = json.dumps({"config": config})
    # Hooks run once in each worker, when the app has started.
    os.environ.setdefault("LITELLM_WORKER_STARTUP_HOOKS", "gateway_kit.stack.servers.gateway.app:after_start")
    if folder := os.environ.get("LOG_FOLDER"):
        cap_bytes = int(os.environ.get("LOG_CAP_BYTES", "10000000"))
        threading.Thread(target=_keep_short, args=(Path(folder), cap_bytes), daemon=True).start()

    _serve(options.host, options.port, options.workers, options.standby_port, options.go)


def _serve(host: str, port: int, workers: int, standby_port: int | None, go: Path | None) -> None:
    """Listen and serve until a signal; ends the process with uvicorn's code if the app does not start."""
    import uvicorn

    from gateway_kit.stack.servers.gateway.workers import copy_parent
    from gateway_kit.stack.servers.quiet_server import WaitingServer

    if standby_port is not None and go is not None:
        take_over.wait_for(go, host, port)
    config = uvicorn.Config(
        "gateway_kit.stack.servers.gateway.app:app",
        workers=workers,
        loop="asyncio" if loopback_only.wanted() else "auto",
        access_log=False,
        log_level="info",
        # uvicorn's 5 s are what clients wait for as well: one that asks again at that moment meets a reset.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=5,
    )
    listener = take_over.open_socket(host, standby_port or port)
    if workers > 1:
        copy_parent()
        draining.draining_workers()(config, sockets=[listener]).run()
        return
    server = WaitingServer(config)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(3)


def _end_with(starter: int) -> None:
    """Ask this process to end once the process `starter` has ended."""
    try:
        select.select([os.pidfd_open(starter)], [], [])
    except ProcessLookupError:
        pass  # it has ended already
    os.kill(os.getpid(), signal.SIGTERM)


def _keep_short(folder: Path, cap_bytes: int) -> None:
    """Empty each log that grew past `cap_bytes`, kept as `<name>.1` until the next time; its writers append."""
    while True:
        time.sleep(CAP_EVERY_S)
        for log in folder.glob("*.log"):
            try:
                if log.stat().st_size > cap_bytes:
                    previous = log.with_name(log.name + ".1")
                    os.close(os.open(previous, os.O_CREAT | os.O_WRONLY, 0o600))
                    shutil.copyfile(log, previous)
                    os.truncate(log, 0)
            except OSError as exc:
                print(f"{log} could not be cut: {exc}", file=sys.stderr)


if __name__ == "__main__":
    main()
