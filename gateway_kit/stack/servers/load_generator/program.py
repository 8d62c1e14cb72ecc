"""The program: command line, start, stop.

Exit codes: 0 after a run, also one interrupted by SIGTERM or SIGINT; 1 if it failed; 2 for a wrong command line.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from pathlib import Path

import locust  # first: its import patches the standard library, before other modules use it

from gateway_kit.stack.servers.load_generator.director import HOST, Director
from gateway_kit.stack.servers.load_generator.greenlets import signal_handler, spawn
from gateway_kit.stack.servers.load_generator.job import read_job
from gateway_kit.stack.servers.load_generator.process import allow_connections, end_with
from gateway_kit.stack.servers.load_generator.results import Results
from gateway_kit.stack.servers.load_generator.worker import serve


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with 2 if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="load_generator",
        description=f"Calls an LLM gateway, with Locust {locust.__version__}. GATEWAY_API_KEY has the key.",
        epilog="With FOLDER it makes the run that FOLDER/job.json describes and writes FOLDER/calls.jsonl. With "
        "--worker it takes a share of a run that another process directs, there or on another machine: forward its "
        "port first, and the gateway's, as in: ssh -N -L 5557:127.0.0.1:5557 -L 4000:127.0.0.1:4000 THAT-MACHINE",
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the folder of job.json")
    parser.add_argument("--worker", action="store_true", help="take a share of the run at --master-port")
    parser.add_argument("--master-host", default=HOST, help=f"(default: {HOST})")
    parser.add_argument("--master-port", type=int, default=5557, help="(default: 5557)")
    parser.add_argument("--end-with", type=int, metavar="PID", help="end when this parent process has ended")
    arguments = parser.parse_args(argv)
    if arguments.worker == (arguments.folder is not None):
        parser.error("give either FOLDER or --worker")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """See the top of this file."""
    arguments = parse_arguments(argv)
    key = os.environ.get("GATEWAY_API_KEY", "")
    if not key:
        print("load generator: GATEWAY_API_KEY is not set: set it to a key of the gateway", file=sys.stderr)
        return 1
    if arguments.end_with is not None:
        spawn(end_with, arguments.end_with, arguments.folder)
    allow_connections()
    # Garbage collection of what stays would only cause pauses.
    gc.freeze()
    if arguments.worker:
        return serve(arguments.master_host, arguments.master_port, key)
    text = (arguments.folder / "job.json").read_text()
    director = Director(text, read_job(text), Results(arguments.folder / "calls.jsonl"), key)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal_handler(number, director.interrupt)
    return director.run()
