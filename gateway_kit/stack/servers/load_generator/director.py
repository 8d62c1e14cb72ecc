"""The process that directs a run: it waits for the workers, starts them, and collects their calls."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from locust.rpc.protocol import Message
from locust.runners import LocalRunner, MasterRunner

from gateway_kit.stack.servers.load_generator.greenlets import Event, sleep, spawn
from gateway_kit.stack.servers.load_generator.job import Job
from gateway_kit.stack.servers.load_generator.results import Results
from gateway_kit.stack.servers.load_generator.sequence import planned
from gateway_kit.stack.servers.load_generator.share import COMPLETE, FAILED, GIVEN_UP, INTERRUPTED
from gateway_kit.stack.servers.load_generator.users import ClosedLoop, OpenLoop
from gateway_kit.stack.servers.load_generator.worker import (
    DONE,
    HALT,
    HELLO,
    JOB,
    ROWS,
    interrupt,
    make_environment,
    take_share,
)

HOST = "127.0.0.1"
PROGRAM = "gateway_kit.stack.servers.load_generator"
# A local worker starts within seconds; for a remote one somebody has to type a command.
LOCAL_WORKERS_WAIT_S, REMOTE_WORKERS_WAIT_S = 60.0, 600.0
POLL_S = 0.02
OWN_ERROR = "an internal error ended a user"


class Director:
    """One run, in this process alone or shared by workers."""

    def __init__(self, job_text: str, job: Job, results: Results, key: str) -> None:
        self._job_text = job_text
        self._job = job
        self._results = results
        self._key = key
        self._environment = make_environment()
        self._workers: list[subprocess.Popen[bytes]] = []
        self._there: list[str] = []  # ids of the workers, in the order of their start
        self._ends: list[str] = []  # how each share ended
        self._interrupted = Event()

    def interrupt(self) -> None:
        """End the run now; the calls so far are kept."""
        self._interrupted.set()

    def run(self) -> int:
        """Exit code 0 if the run ended as planned or was interrupted, 1 if it failed."""
        problem = self._alone() if self._job.processes == 1 and self._job.workers else self._shared()
        if not problem and FAILED in self._ends:
            problem = OWN_ERROR
        if problem:
            self._results.end(FAILED, problem)
            return 1
        # If one share gave up, the others were interrupted.
        halted = GIVEN_UP if GIVEN_UP in self._ends else COMPLETE
        self._results.end(INTERRUPTED if self._interrupted.is_set() else halted)
        return 0

    def _alone(self) -> str:
        runner = self._environment.create_local_runner()
        self._listen(runner)
        self._results.head(planned=planned(self._job), port=None)
        take_share(self._environment, runner, self._job, 0, self._key)
        self._start(runner)
        self._wait(runner)
        runner.quit()
        return ""

    def _shared(self) -> str:
        runner = self._environment.create_master_runner(HOST, self._job.master_port)
        self._listen(runner)
        port = runner.server.port
        self._results.head(planned=planned(self._job), port=port)
        argv = (sys.executable, "-P", "-m", PROGRAM, "--worker", "--master-port", str(port))
        end_with = ("--end-with", str(os.getpid()))
        self._workers = [subprocess.Popen([*argv, *end_with]) for _ in range(self._job.workers)]
        problem = self._wait_for_workers()
        if not problem and not self._interrupted.is_set():
            for index, worker in enumerate(self._there):
                runner.send_message(JOB, {"job": self._job_text, "index": index}, client_id=worker)
            self._start(runner)
            problem = self._wait(runner)
        runner.quit()
        for process in self._workers:
            process.terminate()  # one that has not reported yet was not told to end
        for process in self._workers:
            process.wait()
        return problem

    def _listen(self, runner: LocalRunner | MasterRunner) -> None:
        def on_hello(msg: Message, **_: Any) -> None:
            self._there.append(msg.node_id)

        def on_rows(msg: Message, **_: Any) -> None:
            self._results.rows(msg.data["rows"])

        def on_done(msg: Message, **_: Any) -> None:
            self._ends.append(msg.data["ended"])

        runner.register_message(HELLO, on_hello)
        runner.register_message(ROWS, on_rows)
        runner.register_message(DONE, on_done)

    def _wait_for_workers(self) -> str:
        """The problem if a worker is missing; empty if all are there, or the run was interrupted."""
        wait_s = REMOTE_WORKERS_WAIT_S if self._job.remote_workers else LOCAL_WORKERS_WAIT_S
        end = time.monotonic() + wait_s
        while len(self._there) < self._job.processes and not self._interrupted.is_set():
            if self._lost():
                return "a worker ended during its start"
            if time.monotonic() > end:
                return f"{len(self._there)} of {self._job.processes} workers started within {wait_s:.0f} s"
            sleep(POLL_S)
        return ""

    def _start(self, runner: LocalRunner | MasterRunner) -> None:
        """Start all users at once; in a greenlet, since a master waits for its workers to report their users."""
        is_open = self._job.rate_per_s is not None
        users = self._job.processes if is_open else self._job.users
        kinds: Sequence[type[Any]] = [OpenLoop if is_open else ClosedLoop]
        started = spawn(runner.start, users, users, user_classes=list(kinds))
        started.link_exception(lambda _: self._ends.append(FAILED))

    def _wait(self, runner: LocalRunner | MasterRunner) -> str:
        """Wait until every share is done; returns the problem if that becomes impossible."""
        halted = False
        while len(self._ends) < self._job.processes:
            if self._lost():
                return "a worker ended before its share was done"
            if isinstance(runner, MasterRunner) and not set(self._there) <= set(runner.clients):
                return "a worker has not answered for a minute"
            if FAILED in self._ends:
                return OWN_ERROR
            if not halted and (self._interrupted.is_set() or GIVEN_UP in self._ends):
                halted = True
                if isinstance(runner, MasterRunner):
                    runner.send_message(HALT)
                else:
                    interrupt(self._environment, runner)
            sleep(POLL_S)
        return ""

    def _lost(self) -> bool:
        return any(worker.poll() is not None for worker in self._workers)
