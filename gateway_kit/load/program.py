"""The load generator's process, and what it writes while it works."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.environment import minimal_env
from gateway_kit.stack.supervisor.process import ProcessRecord, Service

# A run that is interrupted reports the calls under way and ends; what takes longer is killed.
END_GRACE_S = 5.0


class Program:
    """The load generator at work in `folder`, with a session of its own: no Ctrl-C of a notebook's reaches it.

    It ends with this process, however that ends. The key goes by environment, so that no list of processes has it.
    """

    def __init__(self, folder: Path, job: Mapping[str, Any], key: str) -> None:
        self.log_path = folder / "load-generator.log"
        self._results = folder / "calls.jsonl"
        self._place = 0
        (folder / "job.json").write_text(json.dumps(job))
        argv = (
            # -P: it works in the folder, and imports nothing from there.
            sys.executable, "-P", "-m", "gateway_kit.stack.servers.load_generator", str(folder),
            "--end-with", str(os.getpid()),
        )  # fmt: skip
        self._service = Service(
            name="load generator",
            argv=argv,
            env=minimal_env(GATEWAY_API_KEY=key),
            port=0,
            url="",
            log_path=self.log_path,
            ready=lambda: True,
        )
        self._record: ProcessRecord | None = None

    def start(self) -> None:
        """Start it. Raises ServiceError where it cannot be executed."""
        self._record = process.start(self._service)

    def runs(self) -> bool:
        """Whether it is at work."""
        return self._record is not None and process.alive(self._record) is not None

    def stop(self) -> None:
        """End it with its workers; where it has ended, nothing happens."""
        if self._record is not None:
            process.stop(self._record, grace_s=END_GRACE_S)

    def new_lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What it has written since the last time, as (head, call or end; what that says).

        A line counts as read once the next one is asked for.
        """
        if not self._results.exists():
            return
        with open(self._results, "rb") as file:
            file.seek(self._place)
            for text in file:
                if not text.endswith(b"\n"):  # it is being written
                    return
                line = json.loads(text)
                kind = next((name for name in ("head", "end") if name in line), "call")
                yield kind, line if kind == "call" else line[kind]
                self._place += len(text)
