"""Check a file, or the configuration in force, as `gateway-kit config check` does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway_kit.stack.configuration import Finding
from gateway_kit.stack.configuration.production import DATABASE_CONNECTIONS, check_production
from gateway_kit.stack.configuration.production.ordinary import check_ordinary
from gateway_kit.stack.services.effective_config import check_environment, effective_path
from gateway_kit.stack.stack import Stack

# What `up` gives the gateway besides what a configuration may refer to.
_GIVEN_BY_UP = {"LITELLM_SALT_KEY": "given by gateway-kit up", "DISABLE_SCHEMA_UPDATE": "true"}


@dataclass(frozen=True)
class Production:
    """What the check for production is told: how the gateway is run, and the rules to leave out.

    `replicas` and `workers` are None for what the file says, or what runs.
    """

    replicas: int | None = None
    workers: int | None = None
    database_connections: int = DATABASE_CONNECTIONS
    ignore: Collection[str] = ()


def check_file(
    stack: Stack, file: Path | None, production: Production | None = None, values: Sequence[Path] = ()
) -> tuple[Path, list[Finding]]:
    """The file that was checked, by default the configuration in force, and its findings in the order of lines.

    `values` are further values of LiteLLM's chart, which outrank those of the file.
    """
    path = file or effective_path(stack.settings())
    in_force = stack.record().config if file is None else None
    env = check_environment(stack.settings(), stack.endpoints(), stack.environ)
    beside = Path(in_force).parent if in_force else None
    findings = check_ordinary(
        path, env, stack.environ, beside=beside, for_kit=production is None, values=values
    )
    if production is not None:
        findings += [
            each
            for each in _for_production(stack, file, path, env, production, values)
            if each not in findings
        ]
        findings.sort(key=lambda finding: (finding.file, finding.line, finding.column))
    return path, findings


def _for_production(
    stack: Stack,
    file: Path | None,
    path: Path,
    env: Mapping[str, str],
    production: Production,
    values: Sequence[Path],
) -> list[Finding]:
    record = stack.record() if file is None else None
    return check_production(
        path,
        stack.environ if record is None else {**env, **_GIVEN_BY_UP},
        replicas=production.replicas or (record.replicas if record else None),
        workers=production.workers or (record.workers if record else None),
        database_connections=production.database_connections,
        ignore=production.ignore,
        values=values,
    )
