"""The configuration check for a rehearsal: what only concerns keys, addresses or a licence is no obstacle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.errors import ConfigError
from gateway_kit.stack.configuration import Finding, check_config
from gateway_kit.stack.configuration.reading import read_text

# About variables, secrets, a licence and the master key: the rehearsal has its own, or goes without.
_REPLACED = frozenset(
    {
        "missing-variable", "empty-variable", "literal-secret", "licence", "master-key", "callback-variables",
        "no-tracing", "callback-off", "azure",
    }
)  # fmt: skip
# About one setting's value, where that setting may be taken away.
_OF_A_SETTING = frozenset({"module", "missing-file", "unknown-callback", "wrong-list", "address"})

_REFERENCE = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Verdict:
    """What the check found besides what is replaced: warnings, and errors that `refuse_rest` may forgive."""

    path: Path
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    def refuse_rest(self, replaced: set[tuple[str, int, int]], name: Callable[[str], str]) -> list[str]:
        """Raise ConfigError for errors at places (file, line, column) that stay; the others as sentences.

        `name` tells a file as messages do.
        """
        rest = [f for f in self.errors if (f.file, f.line, f.column) not in replaced]
        if rest:
            raise ConfigError(self.path, [_line(finding) for finding in rest])
        return [f"{name(f.file)}:{f.line}: {f.message} The rehearsal does without it." for f in self.errors]


def check_for_rehearsal(path: Path, environ: Mapping[str, str]) -> Verdict:
    """The check's verdict; raises ConfigError if the file cannot be rehearsed as it is."""
    text = read_text(path)
    named = set(_REFERENCE.findall(text)) if isinstance(text, str) else set()
    env = {**dict.fromkeys(named, "simulated"), **environ}
    findings = [f for f in check_config(path, env) if f.code not in _REPLACED]
    errors = [f for f in findings if f.level == "error"]
    if any(f.code not in _OF_A_SETTING for f in errors):
        raise ConfigError(path, [_line(finding) for finding in errors])
    warnings = tuple(f for f in findings if f.level == "warning" and f.code not in _OF_A_SETTING)
    return Verdict(path, tuple(errors), warnings)


def _line(finding: Finding) -> str:
    return f"{finding.place}: {finding.message} {finding.fix}"
