"""The report of a rehearsal: report.html for people, report.md for a pull request, report.json for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_kit.common.private_files import write_private
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.report.content import Report
from gateway_kit.rehearsal.report.data import report_data
from gateway_kit.rehearsal.report.markdown import report_markdown
from gateway_kit.rehearsal.report.page import report_page
from gateway_kit.rehearsal.report.sections import calibration_section, changes_section, story_section
from gateway_kit.rehearsal.report.tables import replaced_section, tables_section
from gateway_kit.rehearsal.report.verdict import check_all, verdict
from gateway_kit.rehearsal.report.wording import digest, plain

if TYPE_CHECKING:
    from gateway_kit.rehearsal.report.verdict import Checked
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

# What may be read by others: it holds no secret, and a web server or another job shows it.
_MODE = 0o644


def write_report(rehearsal: Rehearsal, conditions: Iterable[str] = ()) -> Mapping[str, Path]:
    """Write the three files into the rehearsal's folder; see `Rehearsal.write_report`."""
    checked = check_all(rehearsal, conditions)
    report = make_report(rehearsal, checked)
    data = report_data(rehearsal, [each.text for each in report.statements], checked)
    texts = {
        "html": report_page(report),
        "md": report_markdown(report),
        "json": json.dumps(data, indent=1, allow_nan=False) + "\n",
    }
    paths = {ending: rehearsal.folder / f"report.{ending}" for ending in texts}
    for ending, path in paths.items():
        try:
            write_private(path, texts[ending], mode=_MODE)
        except OSError as exc:
            raise RehearsalError(
                f"{path} cannot be written: {exc.strerror}. The runs beside it are complete: make room, then write the "
                f"report again with Rehearsal.read({str(rehearsal.folder)!r}).write_report()."
            ) from exc
    return paths


def make_report(rehearsal: Rehearsal, checked: Iterable[Checked] = ()) -> Report:
    """The report, whatever it is written as."""
    candidate = rehearsal.candidate
    names = [plain(run.facts.config) for run in (candidate, *rehearsal.baselines)]
    title = f"Rehearsal of {names[0]}" + (f" against {' and '.join(names[1:])}" if names[1:] else "")
    sections = [
        calibration_section(rehearsal),
        changes_section(rehearsal),
        story_section(rehearsal),
        replaced_section(rehearsal),
        tables_section(rehearsal),
    ]
    return Report(
        title,
        any(run.is_partial for run in rehearsal.runs.values()),
        verdict(rehearsal, list(checked)),
        sections,
        {key: value for run in rehearsal.runs.values() for key, value in _facts(run).items()},
    )


def _facts(run: Run) -> Mapping[str, str]:
    facts = run.facts
    speed = "as fast as it goes" if facts.speed is None else f"{facts.speed:g} times as fast as the log"
    stack = ", ".join(f"{plain(name)} {plain(value)}" for name, value in facts.stack.items())
    config = f"{plain(facts.config)}, digest {digest(facts.config_digest)}"
    traffic = plain(facts.traffic.get("name") or "")
    return {
        run.title: f"{config}, {facts.ended} ({plain(facts.started)})",
        "traffic": f"{traffic}, {len(run.calls):,} calls, {speed}, seed {facts.seed}",
        **({"stack": stack} if stack else {}),
    }
