"""What one rehearsal is asked to do, as the conductor reads it from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Speed = float | Literal["max"] | None
UnknownModels = Literal["refuse", "keep"]

CANDIDATE = "candidate"
# In the out folder while the rehearsal runs.
JOB, PROGRESS, PROBLEM, LOG = "job.json", "progress.json", "problem.json", "conductor.log"


@dataclass(frozen=True)
class Job:
    """One rehearsal; paths are absolute. The fields are the options of `rehearse`.

    out   the folder that is written
    home  a folder for the stack's state, removed at the end
    """

    config: str
    traffic: str
    out: str
    home: str
    format: str | None = None
    against: tuple[str, ...] = ()
    keys: str | None = None
    teams: str | None = None
    speed: Speed = None
    faults: tuple[str, ...] = ()
    story: str | None = None
    mapped: Mapping[str, str] = field(default_factory=dict)
    unknown_models: UnknownModels = "refuse"
    as_openai: bool = False
    bad_lines: Literal["skip", "fail"] = "skip"
    limit: int | None = None
    seed: int = 7

    def configurations(self) -> dict[str, Path]:
        """The name of each run and its configuration, in the order in which they run."""
        names = [CANDIDATE, *(f"against-{n + 1}" if n else "against" for n in range(len(self.against)))]
        return dict(zip(names, map(Path, (self.config, *self.against)), strict=True))

    def write(self, path: Path) -> None:
        """Write it for `read`."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Job:
        """What `write` wrote."""
        data: dict[str, Any] = json.loads(path.read_text())
        lists = {name: tuple(data[name]) for name in ("against", "faults")}
        return cls(**{**data, **lists})
