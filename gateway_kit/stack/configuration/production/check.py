"""Check a file for production: LiteLLM's configuration, a Compose file, or values of its chart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from gateway_kit.stack.configuration.document import entries, lookup, read_document
from gateway_kit.stack.configuration.findings import Finding, finding_at
from gateway_kit.stack.configuration.includes import merge_includes
from gateway_kit.stack.configuration.production import compose_file, values_file
from gateway_kit.stack.configuration.production.mends import Step, told
from gateway_kit.stack.configuration.production.rules import RULES
from gateway_kit.stack.configuration.production.several_values import merge_values
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
    values: Sequence[Path] = (),
) -> list[Finding]:
    """What production would say about a file, in the order of its lines; empty if it follows every rule.

    `environ` holds the variables that the gateway gets; those of a Compose file and of values stand in the file.
    `replicas` and `workers` are what the file says, or one of each. `values` are further values of the chart, which
    outrank those of the file. A file that cannot be read is a finding too.
    """
    root, findings = read_file(Path(path), values)
    if root is None:
        return list(findings)
    subjects, found = subjects_of(root, Path(path), environ)
    found += [finding for finding in findings if values and finding.file]
    for subject in subjects:
        told = replace(
            subject,
            replicas=replicas or subject.replicas,
            workers=workers or subject.workers,
            database_connections=database_connections,
        )
        found += [finding for finding in _broken(told, ignore) if finding not in found]
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.column))


def read_file(path: Path, values: Sequence[Path] = ()) -> tuple[yaml.MappingNode | None, list[Finding]]:
    """A file's mapping, or the findings that say why there is none; the ordinary check says the same.

    With further `values` it is merged with theirs, and the findings say what is wrong with those.
    """
    text = read_text(path)
    if isinstance(text, Finding):
        return None, [text]
    root, findings = read_document(text)
    if isinstance(root, yaml.MappingNode):
        if not values:
            return root, findings
        if values_file.place_of(root) is None and not values_file.is_values(root):
            message = f"{path} has no values of LiteLLM's Helm chart, so there is nothing to put others over."
            fix = "Give --values with a file that has `proxy_config`."
            return None, [finding_at(root, "error", "shape", message, fix)]
        merged, wrong = merge_values(root, values)
        return merged, [*findings, *wrong]
    if findings:
        return None, findings
    fix = "Begin with `model_list:`, or start with a template: gateway-kit config init"
    return None, [Finding(1, 1, "error", "shape", "the file is not a mapping of sections.", fix)]


def subjects_of(
    root: yaml.MappingNode, path: Path, environ: Mapping[str, str]
) -> tuple[list[Subject], list[Finding]]:
    """What the rules look at, one for each configuration, and what kept them from it."""
    if compose_file.is_compose(root):
        return _in_compose(root, path, environ)
    place = values_file.place_of(root)
    if place is not None:
        subject, problems = _in_values(root, place)
        return [subject] if subject else [], problems
    if values_file.is_values(root):
        message = (
            "these values have no `proxy_config`, LiteLLM's configuration, so there is nothing to check."
        )
        fix = f"Check them with those that have it: gateway-kit config check VALUES.yaml --values {path.name}"
        return [], [finding_at(root, "error", "no-configuration", message, fix)]
    merged = merge_includes(root, path)
    return [Subject(merged.root, _with_declared(merged.root, Variables(environ)))], []


def _in_compose(
    root: yaml.MappingNode, path: Path, environ: Mapping[str, str]
) -> tuple[list[Subject], list[Finding]]:
    services = compose_file.gateways_of(root)
    if not services:
        message = "none of the services has an image of LiteLLM's, so there is no gateway to check."
        place = lookup(root, "services")
        node = place.key_node if place is not None else root
        fix = "Check LiteLLM's configuration itself: gateway-kit config check config.yaml --production"
        return [], [finding_at(node, "error", "no-gateway", message, fix)]
    subjects: dict[object, Subject] = {}
    findings: list[Finding] = []
    filled_in = compose_file.with_dotenv(path.parent, environ)
    for service in services:
        variables = compose_file.variables_of(service, path.parent, filled_in)
        config, file, problems = compose_file.configuration_of(root, service, path)
        findings += [problem for problem in problems if problem not in findings]
        if not isinstance(config, yaml.MappingNode):
            continue
        merged = merge_includes(config, file or path)
        findings += [problem for problem in merged.findings if problem not in findings]
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
        # Replicas that are services of their own have one configuration, and the same variables.
        subjects.setdefault((file, config.start_mark.line, _same(subject)), subject)
    return list(subjects.values()), findings


def _same(subject: Subject) -> object:
    """What two gateways with one configuration may differ in."""
    given = subject.variables
    return frozenset(given.values.items()), given.referred, given.more, subject.workers


def _in_values(root: yaml.MappingNode, place: tuple[str | int, ...]) -> tuple[Subject | None, list[Finding]]:
    values = values_file.values_at(root, place)
    config = lookup(values, "proxy_config")
    node = config.value if config is not None else None
    if not isinstance(node, yaml.MappingNode):
        message = "`proxy_config` must be a mapping, LiteLLM's configuration."
        where = config.key_node if config is not None else root
        fix = "Write `model_list:` and the other sections below it."
        return None, [finding_at(where, "error", "no-configuration", message, fix)]
    variables = values_file.variables_of(values)
    replicas, replicas_path = values_file.replicas_of(values)
    subject = Subject(
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
    return subject, []


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
