"""The ordinary check of a file that holds LiteLLM's configuration, alone or within a Compose file or values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gateway_kit.stack.configuration.check import check_config, check_root
from gateway_kit.stack.configuration.document import text_of
from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production.check import read_file, subjects_of
from gateway_kit.stack.configuration.production.subject import Subject

# Findings about variables that nobody gives.
_MISSING = ("missing-variable", "callback-variables")


def check_ordinary(
    path: Path,
    env: Mapping[str, str],
    environ: Mapping[str, str],
    *,
    beside: Path | None = None,
    for_kit: bool = True,
    values: Sequence[Path] = (),
) -> list[Finding]:
    """Every mistake in LiteLLM's configuration; modules that it names are loaded if they lie beside it.

    `env` are the variables that a configuration may refer to; in a Compose file and in values, those that they give.
    Without `for_kit`, and there, the gateway's master key need not be the kit's.
    """
    root, unread = read_file(path, values)
    if root is None and values:
        return unread
    subjects, problems = ([], []) if root is None else subjects_of(root, path, environ)
    if not problems and all(subject.kind == "litellm" for subject in subjects):
        own = env if for_kit or not subjects else _with_own_master_key(subjects[0], env)
        return check_config(path, own, beside=beside, load_modules=True)
    findings = problems
    for subject in subjects:
        findings += [finding for finding in _within(subject) if finding not in findings]
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.column))


def _within(subject: Subject) -> list[Finding]:
    given = {**dict.fromkeys(subject.variables.referred, "given"), **subject.variables.values}
    findings = check_root(subject.root, _with_own_master_key(subject, given))
    seen = [each for each in findings if not (subject.variables.more and each.code in _MISSING)]
    return [_for_deployment(subject, finding) for finding in seen]


def _with_own_master_key(subject: Subject, env: Mapping[str, str]) -> dict[str, str]:
    """With the value of the variable that `master_key` names as the key that the check expects."""
    setting = subject.given("general_settings", "master_key")
    name = ((text_of(setting.value) or "") if setting else "").removeprefix(REFERENCE)
    return {**env, "LITELLM_MASTER_KEY": env[name]} if name in env else dict(env)


def _for_deployment(subject: Subject, finding: Finding) -> Finding:
    """A finding about a missing variable, with what gives it to a gateway that is not the kit's."""
    name = re.match(r"the variable (\w+)", finding.message)
    if finding.code != "missing-variable" or name is None:
        return finding
    return replace(finding, fix=str(subject.set_secret(name[1])))
