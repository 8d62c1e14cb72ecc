"""The program of a replay: command line, start, stop.

Exit codes: 0 after a run, also one interrupted by SIGTERM or SIGINT; 1 if it failed; 2 for a wrong command line.
"""

from __future__ import annotations

import argparse
import gc
import signal
from pathlib import Path

from gateway_kit.stack.servers.load_generator.greenlets import signal_handler, spawn
from gateway_kit.stack.servers.load_generator.process import allow_connections, end_with
from gateway_kit.stack.servers.load_generator.replay import REPLAY_FILE, Replay, read_replay
from gateway_kit.stack.servers.load_generator.results import Segments


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with 2 if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="load_generator",
        description=f"Makes the calls of FOLDER/{REPLAY_FILE}, and writes FOLDER/calls-00000.jsonl and so on.",
    )
    parser.add_argument("--replay", required=True, type=Path, metavar="FOLDER", help=f"of {REPLAY_FILE}")
    parser.add_argument("--end-with", type=int, metavar="PID", help="end when this parent process has ended")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """See the top of this file."""
    arguments = parse_arguments(argv)
    folder = arguments.replay
    if arguments.end_with is not None:
        spawn(end_with, arguments.end_with, folder)
    allow_connections()
    replay = Replay(read_replay((folder / REPLAY_FILE).read_text()), Segments(folder))
    # Garbage collection of what stays would only cause pauses.
    gc.freeze()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal_handler(number, replay.interrupt)
    return replay.run()
