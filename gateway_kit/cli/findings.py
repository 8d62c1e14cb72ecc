"""The findings of `config check`, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_kit.common.words import counted

if TYPE_CHECKING:
    from gateway_kit.stack.configuration import Finding


def findings_as_text(path: Path, findings: list[Finding]) -> str:
    """Each finding with its place, its fix and its source, and the counts at the end."""
    lines = []
    for finding in findings:
        rule = f" [{finding.code}]" if finding.source else ""
        lines.append(f"{finding.file or path}:{finding.line}: {finding.level}: {finding.message}{rule}")
        if finding.fix:
            lines.append(f"    fix: {finding.fix}")
        if finding.source:
            lines.append(f"    source: {finding.source}")
    counts = _counts(findings)
    told = f"{counted(counts['errors'], 'error')}, {counted(counts['warnings'], 'warning')}"
    if counts["advice"]:
        told += f", {counts['advice']} advice"
    return "\n".join([*lines, f"{path}: {told if findings else 'fine'}"])


def findings_as_json(path: Path, findings: list[Finding]) -> str:
    """One object: the counts, and a list of the findings with the steps that mend them."""
    rows = [_row(path, finding) for finding in findings]
    return json.dumps(
        {"file": str(path), **_counts(findings), "findings": rows}, indent=2, ensure_ascii=False
    )


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    by_level = Counter(finding.level for finding in findings)
    names = {"error": "errors", "warning": "warnings", "advice": "advice"}
    return {name: by_level[level] for level, name in names.items()}  # type: ignore[index]


def _row(path: Path, finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file or str(path),
        "line": finding.line,
        "column": finding.column,
        "level": finding.level,
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
        "source": finding.source or None,
        "steps": [step.as_json() for step in getattr(finding, "steps", ())],
    }
