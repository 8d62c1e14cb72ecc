"""The program that carries out one rehearsal.

    python -m gateway_kit.rehearsal.conductor JOB

JOB is a file of `job.Job`. The keeper of `stack/rehearsing` runs it, away from the network. It writes `progress.json`
into the out folder, a folder for each run, and, if it cannot go on, `problem.json` with why. Exits with 0 after a whole
rehearsal, 130 after one that was interrupted (SIGTERM), else with the problem's code.
"""

from __future__ import annotations

import errno
import json
import signal
import sys
import traceback
from pathlib import Path

from gateway_kit.errors import KitError
from gateway_kit.rehearsal.errors import RehearsalError, RehearsalFailedError
from gateway_kit.rehearsal.folder_writer import replace_file
from gateway_kit.rehearsal.job import PROBLEM, Job

INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """See the top of this file."""
    (path,) = sys.argv[1:] if argv is None else argv
    job = Job.read(Path(path))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from gateway_kit.rehearsal.conducting import conduct

        return 0 if conduct(job) else INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except KitError as exc:
        problem: KitError = exc
    except OSError as exc:
        problem = RehearsalFailedError(_of_the_system(exc, job))
        traceback.print_exc()
    except Exception as exc:
        problem = RehearsalFailedError(
            f"The rehearsal ended with a mistake of its own: {type(exc).__name__}: {exc}"
        )
        traceback.print_exc()
    return _report(job, problem)


def _report(job: Job, problem: KitError) -> int:
    # What is wrong with the input is the user's to mend; anything else that the kit refuses ended a run.
    code = problem.command_exit_code if isinstance(problem, RehearsalError) else 1
    told = {"message": str(problem), "exit_code": code}
    try:
        replace_file(Path(job.out) / PROBLEM, json.dumps(told))
    except OSError:  # the disk is full: the log's last line says it
        print(told["message"], file=sys.stderr)  # noqa: T201  # its log
    return code


def _of_the_system(exc: OSError, job: Job) -> str:
    if exc.errno == errno.ENOSPC:
        where = exc.filename or job.out
        return (
            f"The disk is full ({where}). What was measured until then is in {job.out}. Free some space (df -h), or "
            "choose another disk with --out; the stack's data go where TMPDIR says"
        )
    return f"The rehearsal could not go on: {exc}"


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the end itself is not to be interrupted
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
