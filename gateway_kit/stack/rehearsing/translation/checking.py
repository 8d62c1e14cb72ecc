"""The configuration check for a rehearsal: what only concerns keys, addresses or a licence is no obstacle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.errors import ConfigError
from gateway_kit.stack.configuration import Finding, check_config
from gateway_kit.stack.configuration.reading import read_text
from gateway_kit.stack.rehearsing.translation.source import Way

# File, line and column.
Place = tuple[str, int, int]

# About variables, secrets, a licence and the master key: the rehearsal has its own, or goes without.
_REPLACED = frozenset(
    {
        "missing-variable", "empty-variable", "literal-secret", "licence", "master-key", "callback-variables",
        "no-tracing", "callback-off", "azure",
    }
)  # fmt: skip
# About one setting's value, where that setting may be taken away.
_OF_A_SETTING = frozenset({"module", "missing-file", "address", "bad-reference", "placeholder"})
# The same in settings, where a wrong value of what is taken away does no harm.
_IN_SETTINGS = _OF_A_SETTING | {
    "shape",
    "unknown-callback",
    "wrong-list",
    "wrong-type",
    "not-a-number",
    "duration",
}

# A name that LiteLLM does not know keeps it from starting here, in production too; in the other lists it does nothing.
_STOPS = ("litellm_settings", "callbacks")

# Production has what this machine lacks; other findings about code are mistakes in it.
_ABSENT = re.compile(r"not installed\.$|nor is such a module installed\.$")

_REFERENCE = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Verdict:
    """What the check found besides what is replaced: warnings, and errors that `refuse_rest` may forgive."""

    path: Path
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    def refuse_rest(self, replaced: Mapping[Place, Way], name: Callable[[str], str]) -> list[str]:
        """Raise ConfigError for errors in what stays; those in what is replaced as sentences.

        `replaced` has the way to each setting that is gone, by its place; `name` tells a file as messages do.
        """
        rest = [f for f in self.errors if not _is_gone(f, replaced)]
        if rest:
            raise ConfigError(self.path, [_line(finding) for finding in rest])
        return [f"{name(f.file)}:{f.line}: {f.message} The rehearsal does without it." for f in self.errors]

    def absent_code(self) -> dict[Place, str]:
        """Where code is named that is not on this machine, or needs a package that is not, with the check's words."""
        return {
            (f.file, f.line, f.column): f.message
            for f in self.errors
            if f.code == "module" and _ABSENT.search(f.message) and not f.fix.startswith("Did you mean")
        }


def _is_gone(finding: Finding, replaced: Mapping[Place, Way]) -> bool:
    way = replaced.get((finding.file, finding.line, finding.column))
    if way is not None and way[:2] == _STOPS and finding.code in ("unknown-callback", "wrong-list"):
        return False
    return way is not None and finding.code in (_OF_A_SETTING if way[0] == "model_list" else _IN_SETTINGS)


def check_for_rehearsal(path: Path, environ: Mapping[str, str]) -> Verdict:
    """The check's verdict; raises ConfigError if the file cannot be rehearsed as it is."""
    text = read_text(path)
    named = set(_REFERENCE.findall(text)) if isinstance(text, str) else set()
    env = {**dict.fromkeys(named, "simulated"), **environ}
    findings = [f for f in check_config(path, env) if f.code not in _REPLACED]
    errors = [f for f in findings if f.level == "error"]
    if any(f.code not in _IN_SETTINGS for f in errors):
        raise ConfigError(path, [_line(finding) for finding in errors])
    warnings = tuple(f for f in findings if f.level == "warning" and f.code not in _IN_SETTINGS)
    return Verdict(path, tuple(errors), warnings)


def _line(finding: Finding) -> str:
    return f"{finding.place}: {finding.message} {finding.fix}"
