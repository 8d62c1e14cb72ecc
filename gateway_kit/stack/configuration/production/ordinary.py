"""The ordinary check of a file that holds LiteLLM's configuration, alone or within a Compose file or values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.check import check_config, check_root
from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.production.check import read_file, subject_of


def check_ordinary(
    path: Path, env: Mapping[str, str], environ: Mapping[str, str], *, beside: Path | None = None
) -> list[Finding]:
    """Every mistake in LiteLLM's configuration; modules that it names are loaded if they lie beside it.

    `env` are the variables that a configuration may refer to; in a Compose file and in values, those that they give.
    """
    root, _ = read_file(path)
    subject, problems = (None, []) if root is None else subject_of(root, path, environ)
    if (subject is not None and subject.kind == "litellm") or (subject is None and not problems):
        return check_config(path, env, beside=beside, load_modules=True)
    if subject is None or not isinstance(subject.root, yaml.MappingNode):
        return problems
    given = {**dict.fromkeys(subject.variables.referred, "given"), **subject.variables.values}
    return check_root(subject.root, given, earlier=problems)
