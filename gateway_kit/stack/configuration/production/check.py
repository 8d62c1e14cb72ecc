"""Check a file for production: LiteLLM's configuration, a Compose file, or values of its chart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import entries, lookup, read_document
from gateway_kit.stack.configuration.findings import Finding, finding_at
from gateway_kit.stack.configuration.includes import merge_includes
from gateway_kit.stack.configuration.production import compose_file, values_file
from gateway_kit.stack.configuration.production.mends import Step, told
from gateway_kit.stack.configuration.production.rules import RULES
from gateway_kit.stack.configuration.production.subject import Subject
from gateway_kit.stack.configuration.production.variables import Variables
from gateway_kit.stack.configuration.reading import read_text

# PostgreSQL's own `max_connections`.
DATABASE_CONNECTIONS = 100

# Variables that LiteLLM reads before it reads its configuration.
_READ_EARLY = frozenset(
    {
        "LITELLM_MODE",
        "LITELLM_LOG",
        "DISABLE_SCHEMA_UPDATE",
        "JSON_LOGS",
        "REQUEST_TIMEOUT",
        "PROXY_BATCH_WRITE_AT",
    }
)


@dataclass(frozen=True)
class ProductionFinding(Finding):
    """A finding of the check for production, with its mend as steps for a program."""

    steps: tuple[Step, ...] = ()


def check_production(
    path: Path | str,
    environ: Mapping[str, str],
    *,
    replicas: int | None = None,
    workers: int | None = None,
    database_connections: int = DATABASE_CONNECTIONS,
    ignore: Collection[str] = (),
) -> list[Finding]:
    """What production would say about a file, in the order of its lines; empty if it follows every rule.

    `environ` holds the variables that the gateway gets; those of a Compose file and of values stand in the file.
    `replicas` and `workers` are what the file says, or one of each. A file that cannot be read is a finding too.
    """
    root, findings = read_file(Path(path))
    if root is None:
        return list(findings)
    subject, problems = subject_of(root, Path(path), environ)
    if subject is None:
        return list(problems)
    subject = replace(
        subject,
        replicas=replicas or subject.replicas,
        workers=workers or subject.workers,
        database_connections=database_connections,
    )
    found = list(_broken(subject, ignore))
    return sorted([*problems, *found], key=lambda finding: (finding.file, finding.line, finding.column))


def read_file(path: Path) -> tuple[yaml.MappingNode | None, list[Finding]]:
    """A file's mapping, or the findings that say why there is none; the ordinary check says the same."""
    text = read_text(path)
    if isinstance(text, Finding):
        return None, [text]
    root, findings = read_document(text)
    if isinstance(root, yaml.MappingNode):
        return root, findings
    if findings:
        return None, findings
    fix = "Begin with `model_list:`, or start with a template: gateway-kit config init"
    return None, [Finding(1, 1, "error", "shape", "the file is not a mapping of sections.", fix)]


def subject_of(
    root: yaml.MappingNode, path: Path, environ: Mapping[str, str]
) -> tuple[Subject | None, list[Finding]]:
    """What the rules look at, and what kept them from it."""
    if compose_file.is_compose(root):
        return _in_compose(root, path, environ)
    place = values_file.place_of(root)
    if place is not None:
        return _in_values(root, place), []
    merged = merge_includes(root, path)
    return Subject(merged.root, _with_declared(merged.root, Variables(environ))), []


def _in_compose(
    root: yaml.MappingNode, path: Path, environ: Mapping[str, str]
) -> tuple[Subject | None, list[Finding]]:
    service = compose_file.gateway_of(root)
    if service is None:
        message = "none of the services has an image of LiteLLM's, so there is no gateway to check."
        place = lookup(root, "services")
        node = place.key_node if place is not None else root
        fix = "Check LiteLLM's configuration itself: gateway-kit config check config.yaml --production"
        return None, [finding_at(node, "error", "no-gateway", message, fix)]
    variables = compose_file.variables_of(service, path.parent, environ)
    config, file, findings = compose_file.configuration_of(root, service, path)
    if not isinstance(config, yaml.MappingNode):
        return None, findings
    merged = merge_includes(config, file or path)
    subject = Subject(
        merged.root,
        _with_declared(merged.root, variables),
        kind="compose",
        document=root,
        gateway=("services", service.key),
        replicas=compose_file.replicas_of(root),
        replicas_path=("services", service.key, "deploy", "replicas"),
        workers=compose_file.workers_of(service, variables),
        migrates=compose_file.migrates(root),
        secrets=compose_file.secrets_of(root),
    )
    return subject, findings


def _in_values(root: yaml.MappingNode, place: tuple[str | int, ...]) -> Subject:
    values = values_file.values_at(root, place)
    config = lookup(values, "proxy_config")
    node = config.value if config is not None else values
    variables = values_file.variables_of(values)
    replicas, replicas_path = values_file.replicas_of(values)
    return Subject(
        node,
        _with_declared(node, variables if variables.node is not None else replace(variables, node=values)),
        kind="values",
        document=root,
        gateway=place,
        inside=(*place, "proxy_config"),
        replicas=replicas,
        replicas_path=(*place, *replicas_path),
        pooled=values_file.pooled(values),
        workers=values_file.workers_of(values),
        migrates=values_file.migrates(values),
        chart_has_redis=values_file.has_redis(values),
        secrets=values_file.secrets_of(values, place),
    )


def _with_declared(root: yaml.Node, variables: Variables) -> Variables:
    """With the variables that the configuration sets itself, except those that LiteLLM reads before it."""
    declared = lookup(root, "environment_variables")
    values = {
        entry.key: str(entry.value.value)
        for entry in entries(declared.value if declared else None)
        if isinstance(entry.value, yaml.ScalarNode) and entry.key not in _READ_EARLY
    }
    return replace(variables, values={**variables.values, **values}) if values else variables


def _broken(subject: Subject, ignore: Collection[str]) -> Iterator[ProductionFinding]:
    for rule in RULES:
        if rule.code in ignore:
            continue
        for hit in rule.find(subject):
            mark = hit.node.start_mark
            yield ProductionFinding(
                mark.line + 1,
                mark.column + 1,
                rule.level,
                rule.code,
                hit.message,
                told(hit.steps),
                mark.name or "",
                rule.source,
                hit.steps,
            )
