"""A workshop's results as files: a table for people, and all of it for the next `close`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.results import Result, SeatState
from gateway_kit.workshop.verified import Forged, Verified

CSV, JSON = "results.csv", "results.json"
_COLUMNS = ("seat", "exercise", "attempt", "at", "passed", "missing", "solution_shown")


def keep_results(folder: Path, name: str, found: Verified) -> None:
    """Write the results into the workshop's folder, for its owner alone. Raises OSError."""
    write_private(folder / CSV, results_csv(found.results))
    values = {
        "format": 1,
        "workshop": name,
        "results": [asdict(result) for result in found.results],
        "states": [asdict(state) for state in found.states],
        "forged": [asdict(forged) for forged in found.forged],
    }
    write_private(folder / JSON, json.dumps(values, indent=1, default=datetime.isoformat) + "\n")


def read_results(folder: Path) -> Verified | None:
    """What was kept; None if nothing was. Raises WorkshopError for a damaged file."""
    path = folder / JSON
    advice = "Remove it while the store runs, and close the workshop again: gateway-kit workshop close"
    text = read_private(path, advice)
    if text is None:
        return None
    try:
        values = json.loads(text)
        return Verified(
            [_result(one) for one in values["results"]],
            [_state(one) for one in values["states"]],
            [Forged(**one) for one in values["forged"]],
        )
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise WorkshopError(f"{path} is damaged ({type(exc).__name__}: {exc}). {advice}") from exc


def results_csv(results: Sequence[Result]) -> str:
    """One line per check, in the order in which they were made."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in results:
        row = (
            one.seat, one.exercise, one.attempt, one.at.isoformat(timespec="seconds"),
            int(one.passed), "; ".join(one.missing), int(one.solution_shown),
        )  # fmt: skip
        writer.writerow([plain_cell(value) for value in row])
    return out.getvalue()


def plain_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: a seat can report any text of its own."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _result(fields: dict[str, Any]) -> Result:
    missing = tuple(map(str, fields["missing"]))
    return Result(**{**fields, "at": datetime.fromisoformat(fields["at"]), "missing": missing})


def _state(fields: dict[str, Any]) -> SeatState:
    times = {name: datetime.fromisoformat(fields[name]) for name in ("at", "since")}
    return SeatState(**{**fields, **times})
