"""A process that makes calls: the program itself, or one of its workers."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

from locust.rpc.protocol import Message
from locust.runners import STATE_RUNNING, LocalRunner, WorkerRunner

from gateway_kit.stack.servers.load_generator.greenlets import sleep, spawn
from gateway_kit.stack.servers.load_generator.job import Job, read_job
from gateway_kit.stack.servers.load_generator.share import FAILED, INTERRUPTED, Share
from gateway_kit.stack.servers.load_generator.users import ClosedLoop, LoadEnvironment, OpenLoop

REPORT_EVERY_S = 0.1

# Messages from a worker: it has started, it has rows, its share is done. To a worker: its job; end now.
HELLO, ROWS, DONE, JOB, HALT = "load_hello", "load_rows", "load_done", "load_job", "load_halt"


def make_environment() -> LoadEnvironment:
    """Locust's environment with both kinds of users; an internal error ends a user and is reported."""
    environment = LoadEnvironment(user_classes=[ClosedLoop, OpenLoop], catch_exceptions=False)

    def on_error(exception: BaseException, tb: TracebackType, **_: Any) -> None:
        traceback.print_exception(type(exception), exception, tb)
        if environment.share is not None:
            environment.share.ended = FAILED

    environment.events.user_error.add_listener(on_error)  # type: ignore[no-untyped-call]  # Locust's
    return environment


def take_share(
    environment: LoadEnvironment, runner: LocalRunner | WorkerRunner, job: Job, index: int, key: str
) -> None:
    """Take a share: send its rows while its users work, and `done` when they have ended."""

    def halt() -> None:
        # From another greenlet: a user that ends all users would end itself first.
        spawn(runner.user_greenlets.kill)

    share = environment.share = Share(job, index, job.processes, key, halt)

    def report() -> None:
        # `running` in Locust means that all users have started.
        while runner.state != STATE_RUNNING or len(runner.user_greenlets):
            sleep(REPORT_EVERY_S)
            if rows := share.take_rows():
                runner.send_message(ROWS, {"rows": rows})
        runner.send_message(ROWS, {"rows": share.take_rows()})
        runner.send_message(DONE, {"ended": share.ended})

    spawn(report)


def interrupt(environment: LoadEnvironment, runner: LocalRunner | WorkerRunner) -> None:
    """End all users now; calls in progress are recorded as left."""
    if environment.share is not None:
        environment.share.ended = INTERRUPTED
    runner.user_greenlets.kill()


def serve(master_host: str, master_port: int, key: str) -> int:
    """Be a worker until the master ends it: exit code 0, or 1 if no master answers."""
    environment = make_environment()
    try:
        runner = environment.create_worker_runner(master_host, master_port)
    except ConnectionError:
        print(f"load generator: no master answers at {master_host}:{master_port}", flush=True)
        return 1

    def on_job(msg: Message, **_: Any) -> None:
        take_share(environment, runner, read_job(msg.data["job"]), msg.data["index"], key)

    def on_halt(**_: Any) -> None:
        interrupt(environment, runner)

    runner.register_message(JOB, on_job)
    runner.register_message(HALT, on_halt)
    runner.send_message(HELLO)
    runner.greenlet.join()
    return 0
