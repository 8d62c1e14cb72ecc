"""What a rehearsal found: its runs as DataFrames, their comparison, the calibration and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.run_folder import RUN
from gateway_kit.rehearsal.run_result import Run

if TYPE_CHECKING:
    from gateway_kit.rehearsal.calibration import Calibration
    from gateway_kit.rehearsal.comparison import Comparison
    from gateway_kit.rehearsal.conditions import Broken

RUNS = "runs"
CANDIDATE = "candidate"


@dataclass(frozen=True)
class Rehearsal:
    """The folder of a rehearsal: `runs["candidate"]`, and `runs["against"]` and so on."""

    folder: Path
    runs: Mapping[str, Run]

    def __repr__(self) -> str:
        made = ", ".join(f"{run.title}: {counted(len(run.calls), 'call')}" for run in self.runs.values())
        return f"<Rehearsal in {self.folder} ({made}): .runs, .comparisons, .calibration and .write_report()>"

    @classmethod
    def read(cls, out: str | Path) -> Rehearsal:
        """The rehearsal that `gateway-kit rehearse --out` wrote. Raises RehearsalError if the folder holds none."""
        folder = Path(out)
        if not folder.is_dir():
            raise RehearsalError(
                f"There is no folder {folder}. Give the one that gateway-kit rehearse wrote (--out)."
            )
        found = [path.parent for path in (folder / RUNS).glob(f"*/{RUN}")]
        if not found:
            raise RehearsalError(
                f"{folder} holds no rehearsal: there is no {RUNS}/{CANDIDATE}/{RUN}. "
                "Give the folder that gateway-kit rehearse wrote (--out)."
            )
        return cls(folder, {path.name: Run.read(path) for path in sorted(found, key=_order)})

    @property
    def candidate(self) -> Run:
        """The configuration that was rehearsed; a baseline, if the rehearsal ended before it."""
        return self.runs.get(CANDIDATE) or next(iter(self.runs.values()))

    @property
    def baselines(self) -> Sequence[Run]:
        """What it is compared with, in the order of `--against`."""
        if CANDIDATE not in self.runs:
            return []  # there is nothing to compare
        return [run for run in self.runs.values() if run is not self.candidate]

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """The candidate compared with each baseline, by the baseline's name; empty without one."""
        from gateway_kit.rehearsal.comparison import compare_runs

        return {run.facts.name: compare_runs(self.candidate, run) for run in self.baselines}

    @cached_property
    def calibrations(self) -> Mapping[str, Calibration]:
        """Each run compared with the log, by the run's name."""
        from gateway_kit.rehearsal.calibration import calibrate

        return {name: calibrate(run) for name, run in self.runs.items()}

    @property
    def calibration(self) -> Calibration:
        """What the report leads with, which is the first baseline compared with the log; without one, the candidate."""
        return self.calibrations[(self.baselines or [self.candidate])[0].facts.name]

    def check(self, conditions: Iterable[str]) -> Sequence[Broken]:
        """Those of the conditions (`failed > 0.01`) that hold, which a rehearsal must not meet; see `conditions`."""
        from gateway_kit.rehearsal.conditions import check_conditions

        return check_conditions(self, conditions)

    def write_report(self, conditions: Iterable[str] = ()) -> Mapping[str, Path]:
        """Write report.html, report.md and report.json into the folder; returns the paths by ending.

        Args:
            conditions: What must not hold, as for `--fail-if`; the report says which do.
        """
        from gateway_kit.rehearsal.report import write_report

        return write_report(self, conditions)

    def _repr_html_(self) -> str:
        from gateway_kit.rehearsal.report.notebook import rehearsal_html

        return rehearsal_html(self)


def _order(folder: Path) -> tuple[bool, int, str]:
    """The candidate first, then `against`, `against-2` and so on."""
    number = re.fullmatch(r"against(?:-(\d+))?", folder.name)
    return folder.name != CANDIDATE, int(number[1] or 1) if number else 0, folder.name
