"""`report.json`: all figures of a report, and the schema that says what each is.

`report-1.schema.json` beside this file is what `report_schema` makes of the tables, for whoever reads the file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.rehearsal.calibration import BY_MODEL, CALIBRATION
from gateway_kit.rehearsal.calibration_reasons import REASONS
from gateway_kit.rehearsal.comparison import COMPARISON
from gateway_kit.rehearsal.tables import DEPLOYMENTS, REFUSALS, ROUTES, SUMMARY, TIMELINE, TROUBLES

if TYPE_CHECKING:
    from gateway_kit.rehearsal.report.verdict import Checked
    from gateway_kit.rehearsal.result import Rehearsal
    from gateway_kit.rehearsal.run_result import Run

NAME, VERSION = "gateway-kit/rehearsal-report", 1
# What a run is summed up by.
GROUPS = ("model", "team", "key", "feature")
# Groups of one kind in the file, those with the most calls.
_MOST_GROUPS = 200


def report_data(rehearsal: Rehearsal, verdict: Sequence[str], checked: Sequence[Checked]) -> dict[str, Any]:
    """The report as plain values for JSON, as `report_schema` describes them."""
    return {
        "schema": NAME,
        "version": VERSION,
        "partial": any(run.is_partial for run in rehearsal.runs.values()),
        "verdict": list(verdict),
        "conditions": [
            {
                "condition": each.condition,
                "met": each.broken is not None,
                "sentence": str(each.broken or ""),
                "values": {
                    name: _plain(value) for name, value in (each.broken.values if each.broken else {}).items()
                },
            }
            for each in checked
        ],
        "runs": [_run(run) for run in rehearsal.runs.values()],
        "calibrations": [
            {
                "run": name,
                "measures": _rows(each.table),
                "reasons": _rows(each.reasons),
                "models": _rows(each.models),
            }
            for name, each in rehearsal.calibrations.items()
        ],
        "comparisons": [
            {
                "candidate": rehearsal.candidate.facts.name,
                "baseline": name,
                "pairs": each.pairs,
                "candidate_only": each.candidate_only,
                "baseline_only": each.baseline_only,
                "rows": _rows(each.table),
            }
            for name, each in rehearsal.comparisons.items()
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    facts = run.facts
    return {
        "name": facts.name,
        "title": run.title,
        "config": facts.config,
        "config_digest": facts.config_digest,
        "ended": facts.ended,
        "started": facts.started,
        "finished": facts.finished,
        "seed": facts.seed,
        "speed": facts.speed,
        "traffic": facts.traffic,
        "mapped": dict(facts.mapped),
        "stack": facts.stack,
        "notes": list(facts.notes),
        "unread_lines": run.unread,
        "replaced": [asdict(each) for each in facts.replaced],
        "summary": _rows(run.summary())[0],
        "groups": {by: _named(run.summary(by).head(_MOST_GROUPS), by) for by in GROUPS},
        "deployments": _rows(run.deployments),
        "refusals": _rows(run.refusals),
        "routes": _rows(run.routes.head(_MOST_GROUPS)),
        "troubles": _rows(run.troubles),
        "timeline": _rows(run.timeline),
    }


def _named(table: pd.DataFrame, by: str) -> list[dict[str, Any]]:
    return _rows(table.rename(columns={by: "name"}))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): [_plain(value) for value in table[name].tolist()] for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    """A value of a table for JSON, which has no missing number and no infinite one."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `report.json`; a later version of the kit may add properties within one version."""
    text, number, whole = {"type": "string"}, {"type": "number"}, {"type": "integer"}
    run = {
        "name": {**text, "description": "candidate, against, against-2, …"},
        "title": {**text, "description": "what the report calls it: candidate, baseline, baseline 2, …"},
        "config": {**text, "description": "the configuration's file"},
        "config_digest": text,
        "ended": {"enum": ["running", "complete", "interrupted", "failed"]},
        "started": {**text, "description": "ISO 8601"},
        "finished": {"type": ["string", "null"]},
        "seed": whole,
        "speed": {"type": ["number", "null"], "description": "times as fast as the log; null: as fast as it goes"},
        "traffic": {"type": "object", "description": "the summary of the traffic file"},
        "mapped": {"type": "object", "description": "--map: model of the log → model of the configuration"},
        "stack": {"type": "object", "description": "versions, and how the run was kept from the network"},
        "notes": {"type": "array", "items": text},
        "unread_lines": {**whole, "description": "lines of the run's files that could not be read"},
        "replaced": {"type": "array", "items": _object({
            "what": {"enum": ["replaced", "scaled", "kept", "not_rehearsed"]},
            **dict.fromkeys(("place", "setting", "was", "now", "why"), text),
        })},
        "summary": _row(SUMMARY),
        "groups": _object({by: _table(Table(Column("name", "string", f"the {by}"), *SUMMARY)) for by in GROUPS}),
        "deployments": _table(DEPLOYMENTS),
        "refusals": _table(REFUSALS),
        "routes": _table(ROUTES),
        "troubles": _table(TROUBLES),
        "timeline": _table(TIMELINE),
    }  # fmt: skip
    whole_report = {
        "schema": {"const": NAME},
        "version": {"const": VERSION},
        "partial": {"type": "boolean", "description": "whether a run was broken off"},
        "verdict": {"type": "array", "items": text, "description": "what came out, in sentences"},
        "conditions": {"type": "array", "items": _object({
            "condition": {**text, "description": "as given with --fail-if"},
            "met": {"type": "boolean", "description": "it holds, or cannot be decided: the rehearsal fails"},
            "sentence": {**text, "description": "the condition with its values; empty if it is not met"},
            "values": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        })},
        "runs": {"type": "array", "items": _object(run)},
        "calibrations": {"type": "array", "items": _object({
            "run": text, "measures": _table(CALIBRATION), "reasons": _table(REASONS), "models": _table(BY_MODEL),
        })},
        "comparisons": {"type": "array", "items": _object({
            "candidate": text, "baseline": text,
            "pairs": {**number, "description": "calls that both runs made"},
            "candidate_only": number, "baseline_only": number, "rows": _table(COMPARISON),
        })},
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The report of a rehearsal",
        **_object(whole_report),
    }


_TYPES = {
    "int64": "integer",
    "Int64": "integer",
    "float64": "number",
    "bool": "boolean",
    "boolean": "boolean",
}
_NEVER_MISSING = ("int64", "bool")


def _table(table: Table) -> dict[str, Any]:
    return {"type": "array", "items": _row(table)}


def _row(table: Table) -> dict[str, Any]:
    return _object({column.name: _column(column) for column in table})


def _column(column: Column) -> dict[str, Any]:
    kind = _TYPES.get(column.dtype, "string")
    return {
        "type": kind if column.dtype in _NEVER_MISSING else [kind, "null"],
        "description": column.meaning,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
