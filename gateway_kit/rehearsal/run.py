"""`rehearse`: a configuration over logged traffic, on a stack of its own."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gateway_kit.rehearsal.condition_syntax import check_baselines
from gateway_kit.rehearsal.errors import RehearsalError, RehearsalFailedError
from gateway_kit.rehearsal.job import Job, Speed, UnknownModels
from gateway_kit.rehearsal.program import Program, new_home
from gateway_kit.rehearsal.run_folder import RUN, Progress
from gateway_kit.rehearsal.traffic.at_hand import at_hand

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal

_POLL_S = 0.2
_INTERRUPTED = 130

PathLike = str | os.PathLike[str]


def rehearse(
    config: PathLike,
    traffic: PathLike,
    *,
    against: PathLike | Sequence[PathLike] = (),
    format: str | None = None,  # noqa: A002 - the word of the command's option
    keys: PathLike | None = None,
    teams: PathLike | None = None,
    speed: Speed = None,
    faults: str | Sequence[str] = (),
    story: PathLike | None = None,
    mapped: Mapping[str, str] | None = None,
    unknown_models: UnknownModels = "refuse",
    as_openai: bool = False,
    bad_lines: Literal["skip", "fail"] = "skip",
    limit: int | None = None,
    seed: int = 7,
    out: PathLike | None = None,
    fail_if: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Rehearsal:
    """Replay a log through a gateway with this configuration, its providers simulated, and say what became of it.

    The gateway, its database, its cache and the providers are the rehearsal's own, and end with it; no request leaves
    the machine, and a stack that runs is not touched. An interruption (the notebook's Stop button, Ctrl-C) ends it
    within seconds and gives what was measured until then.

    Args:
        config: LiteLLM's `config.yaml` as it stands in production. It is only read.
        traffic: The log; what `gateway_kit.rehearsal.read_traffic` reads. "running" for the calls of the stack that
            runs.
        against: Configurations to compare with, such as the one that production has.
        format: Of the traffic, if it is not to be recognised.
        keys: Keys with their limits: a file, or LiteLLM's `/key/list` as exported.
        teams: Teams, likewise.
        speed: How many times as fast as the log; "max" for as fast as it goes. By default as the log has it, if it
            spans at most ten minutes.
        faults: Trouble from the start to the end, in the words of `--fault`: "azure rate_limit share=0.5".
        story: A YAML file of trouble at given times.
        mapped: Names of models in the log → names that the configuration has.
        unknown_models: "keep" makes calls for models that the configuration does not have; else they are an error.
        as_openai: Providers that the simulator does not speak are simulated in OpenAI's dialect.
        bad_lines: "fail" refuses a log with lines that cannot be read; else they are counted and left out.
        limit: At most so many calls, the first of the log.
        seed: The same seed makes the same calls with the same texts and times.
        out: The folder for the report and the runs; `out/rehearsal-` and the time by default. It must not exist.
        fail_if: What must not hold, as for `--fail-if`; the report says which do, and `Rehearsal.check` returns them.
        progress: Called with each step. What it raises ends the rehearsal; KeyboardInterrupt as the Stop button does.

    Returns:
        The runs as DataFrames, their comparison, and the calibration; the report is in `out`.

    Raises:
        RehearsalError: something of the above cannot be rehearsed; nothing was written.
        RehearsalFailedError: the rehearsal had begun and could not go on; what it has is in `out`.

    Example:
        >>> rehearsal = rehearse("config.yaml", "calls.jsonl", against="production.yaml", speed=60)
        >>> rehearsal.runs["candidate"].summary(by="team")
        >>> rehearsal.comparison
    """
    others = (against,) if isinstance(against, str | os.PathLike) else tuple(against)
    for condition in fail_if:
        check_baselines(condition, len(others))
    config = _file(config, "The configuration")
    against = tuple(_file(other, "The configuration") for other in others)
    folder, made = _out_folder(out)
    job = Job(
        config=config,
        traffic="",
        out=str(folder),
        home="",
        format=format,
        against=against,
        keys=None if keys is None else _absolute(keys),
        teams=None if teams is None else _absolute(teams),
        speed=speed,
        faults=(faults,) if isinstance(faults, str) else tuple(faults),
        story=None if story is None else _absolute(story),
        mapped=dict(mapped or {}),
        unknown_models=unknown_models,
        as_openai=as_openai,
        bad_lines=bad_lines,
        limit=limit,
        seed=seed,
    )
    try:
        with at_hand(traffic) as log:
            return _carry_out(replace(job, traffic=str(log)), fail_if, progress or (lambda _: None))
    finally:
        if made is not None and not any((folder / "runs").glob(f"*/{RUN}")):
            shutil.rmtree(made, ignore_errors=True)


def _carry_out(job: Job, fail_if: Sequence[str], progress: Callable[[Progress], None]) -> Rehearsal:
    job = replace(job, home=new_home())
    program = Program(job)
    code: int | None = None
    try:
        program.start()
        while code is None:
            code = program.wait(_POLL_S)
            if (step := program.new_progress()) is not None:
                progress(step)
    except KeyboardInterrupt:
        program.stop()
        code = _INTERRUPTED
    except BaseException:
        program.stop()
        raise
    finally:
        shutil.rmtree(job.home, ignore_errors=True)  # where the keeper was killed, and did not
    problem = program.problem()
    log_end = program.log_end()
    program.tidy()
    has_runs = any((Path(job.out) / "runs").glob(f"*/{RUN}"))
    if code == _INTERRUPTED and not has_runs:
        raise KeyboardInterrupt
    if problem is not None:
        if has_runs:
            with suppress(RehearsalError):  # on a full disk there is no room for a report either
                _read(job, fail_if)
        kind = (
            RehearsalError
            if problem["exit_code"] == RehearsalError.command_exit_code
            else RehearsalFailedError
        )
        raise kind(problem["message"])
    if code not in (0, _INTERRUPTED):
        raise RehearsalFailedError(f"The rehearsal ended with code {code}. It printed last:\n{log_end}")
    try:
        return _read(job, fail_if)
    except RehearsalError as exc:  # the input was right: what is left is the disk
        raise RehearsalFailedError(str(exc)) from exc


def _read(job: Job, fail_if: Sequence[str]) -> Rehearsal:
    from gateway_kit.rehearsal.result import Rehearsal

    rehearsal = Rehearsal.read(Path(job.out))
    rehearsal.write_report(fail_if)
    return rehearsal


def _out_folder(out: PathLike | None) -> tuple[Path, Path | None]:
    """The folder to write, made now, and the first of its parents that was made with it.

    Raises RehearsalError.
    """
    if out is None:
        out = Path("out") / f"rehearsal-{time.strftime('%Y%m%d-%H%M%S')}"
    folder = Path(_absolute(out))
    if folder.is_dir() and not any(folder.iterdir()):
        return folder, None
    if folder.exists():
        raise RehearsalError(
            f"--out {folder} exists already. Choose another folder, or remove it: rm -r {folder}"
        )
    made = next(path for path in (*reversed(folder.parents), folder) if not path.exists())
    try:
        folder.mkdir(parents=True)
    except OSError as exc:
        raise RehearsalError(f"--out {folder} cannot be made: {exc.strerror}. Choose another folder") from exc
    return folder, made


def _file(path: PathLike, what: str) -> str:
    """A file's absolute path. Raises RehearsalError if it cannot be read."""
    file = Path(_absolute(path))
    try:
        with open(file, "rb") as opened:
            opened.read(1)
    except OSError as exc:
        raise RehearsalError(f"{what} {file} cannot be read: {exc.strerror}") from exc
    return str(file)


def _absolute(path: PathLike) -> str:
    return str(Path(path).expanduser().absolute())
