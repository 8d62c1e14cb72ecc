"""The ordinary check of a file that holds LiteLLM's configuration, alone or within a Compose file or values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.check import check_config, check_root
from gateway_kit.stack.configuration.document import text_of
from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production.check import read_file, subject_of
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
) -> list[Finding]:
    """Every mistake in LiteLLM's configuration; modules that it names are loaded if they lie beside it.

    `env` are the variables that a configuration may refer to; in a Compose file and in values, those that they give.
    Without `for_kit`, and there, the gateway's master key need not be the kit's.
    """
    root, _ = read_file(path)
    subject, problems = (None, []) if root is None else subject_of(root, path, environ)
    if (subject is None and not problems) or (subject is not None and subject.kind == "litellm"):
        own = _with_own_master_key(subject, env) if subject is not None and not for_kit else env
        return check_config(path, own, beside=beside, load_modules=True)
    if subject is None or not isinstance(subject.root, yaml.MappingNode):
        return problems
    given = {**dict.fromkeys(subject.variables.referred, "given"), **subject.variables.values}
    findings = check_root(subject.root, _with_own_master_key(subject, given), earlier=problems)
    return [
        _for_deployment(subject, finding)
        for finding in findings
        if not (subject.variables.more and finding.code in _MISSING)
    ]


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
