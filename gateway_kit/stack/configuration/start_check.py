"""Findings about settings that keep LiteLLM from starting; each was tried (proxy_server.py, `load_config`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    entries,
    is_null,
    is_number,
    items,
    kind_of,
    lookup,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames
from gateway_kit.stack.configuration.litellm_types import litellm_types
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.module_references import CODE_SETTINGS

_STOPS = "LiteLLM does not start."
_SHAPES = (
    ("environment_variables", yaml.MappingNode, "a mapping"),
    ("guardrails", yaml.SequenceNode, "a list"),
    ("credential_list", yaml.SequenceNode, "a list"),
)
# How an address begins that Prisma takes for PostgreSQL, the only database in LiteLLM's schema.
_POSTGRESQL = ("postgresql://", "postgres://", "prisma+postgres://", "prisma://")
_TIME = re.compile(r"\d{1,2}:\d\d(:\d\d)?")


def check_start(root: yaml.Node, env: Mapping[str, str], names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about settings that need a licence, and values that LiteLLM cannot read when it starts."""
    yield from _check_licence(root, env, names)
    yield from _check_shapes(root)
    yield from _check_variables(root)
    yield from _check_functions(root)
    yield from _check_database(root)
    yield from _check_proxy_budget(root)
    for name in sorted(litellm_types().never_empty):
        empty = lookup(root, "litellm_settings", name)
        if empty is not None and is_null(empty.value):
            message = f"`{name}` is empty: {_STOPS}"
            yield finding_at(empty.key_node, "error", "start", message, "Write a number, or delete the line.")
    at = _given(root, "budget_reset_time")
    if at is not None and not _TIME.fullmatch(text_of(at.value) or ""):
        # YAML reads 12:00 without quotes as the number 720.
        message = f"`budget_reset_time` must be a time in quotes, not {kind_of(at.value)}: {_STOPS}"
        yield finding_at(at.value, "error", "start", message, 'Write `budget_reset_time: "12:00"`.')
    budget = _given(root, "default_internal_user_params", "max_budget")
    if budget is not None and not is_number(budget.value):
        message = f"`max_budget` must be a number, not {kind_of(budget.value)}: {_STOPS}"
        yield finding_at(
            budget.value, "error", "not-a-number", message, "Write US dollars: `max_budget: 10`."
        )
    bounds = lookup(root, "litellm_settings", "upperbound_key_generate_params")
    if bounds is not None and not isinstance(bounds.value, yaml.MappingNode):
        message = f"`{bounds.key}` must be a mapping, not {kind_of(bounds.value)}: {_STOPS}"
        yield finding_at(
            bounds.key_node, "error", "shape", message, "Indent `max_budget: 10` and the like below it."
        )
    pattern = _given(root, "key_alias_pattern")
    if pattern is not None and not _is_pattern(text_of(pattern.value)):
        message = f"`key_alias_pattern` must be a regular expression, not {kind_of(pattern.value)}: {_STOPS}"
        yield finding_at(
            pattern.value, "error", "start", message, 'Write one in quotes: `key_alias_pattern: "^[a-z-]+$"`.'
        )
    teams = _given(root, "default_team_settings")
    for team in items(teams.value if teams else None):
        if lookup(team, "team_id") is None:
            message = f"an item of `default_team_settings` has no `team_id`: {_STOPS}"
            yield finding_at(team, "error", "missing-key", message, "Add `team_id: NAME` to it.")


def _check_shapes(root: yaml.Node) -> Iterator[Finding]:
    """Findings about the shape of other sections that LiteLLM reads when it starts."""
    for name, shape, word in _SHAPES:
        section = lookup(root, name)
        if section is not None and not is_null(section.value) and not isinstance(section.value, shape):
            message = f"`{name}` must be {word}, not {kind_of(section.value)}: {_STOPS}"
            fix = (
                "Start each item with '- '."
                if word == "a list"
                else "Write one `NAME: value` a line, without '- '."
            )
            yield finding_at(section.key_node, "error", "shape", message, fix)


def _check_variables(root: yaml.Node) -> Iterator[Finding]:
    """Findings about `environment_variables`: LiteLLM makes a text of any value."""
    declared = lookup(root, "environment_variables")
    for entry in entries(declared.value if declared else None):
        name = shown(entry.key)
        if not isinstance(entry.value, yaml.ScalarNode) or is_null(entry.value):
            message = f"the variable `{name}` must be one value, not {kind_of(entry.value)}."
            yield finding_at(
                entry.key_node, "warning", "variable-value", message, f"Write `{name}: VALUE`, or delete it."
            )


def _check_functions(root: yaml.Node) -> Iterator[Finding]:
    """Findings about settings that name a function, and cannot be a name."""
    for name in CODE_SETTINGS:
        setting = lookup(root, "general_settings", name)
        value = text_of(setting.value) if setting else None
        if setting is None or is_null(setting.value) or (value is not None and "." in value):
            continue  # `os.environ/NAME` has a dot as well
        message = f"`{name}` must name a function as MODULE.FUNCTION, not {kind_of(setting.value)}: {_STOPS}"
        fix = "Put MODULE.py beside the file and write MODULE.FUNCTION, or delete the line."
        yield finding_at(setting.value, "error", "start", message, fix)


def _check_database(root: yaml.Node) -> Iterator[Finding]:
    setting = lookup(root, "general_settings", "database_url")
    url = text_of(setting.value) if setting else None
    if setting is None or not url or url.startswith((REFERENCE, "$", *_POSTGRESQL)):
        return
    message = "`database_url` is no address of a PostgreSQL server, the only database that LiteLLM has."
    fix = "Delete it: the kit has a database; elsewhere write postgresql://USER:PASSWORD@HOST:5432/NAME."
    yield finding_at(setting.value, "warning", "database", message, fix)


def _check_proxy_budget(root: yaml.Node) -> Iterator[Finding]:
    budget, duration = _given(root, "max_budget"), lookup(root, "litellm_settings", "budget_duration")
    if budget is None or (duration is not None and not is_null(duration.value)):
        return
    if is_number(budget.value) and float(budget.value.value) > 0:
        message = f"`max_budget` without `budget_duration`: {_STOPS}"
        yield finding_at(
            budget.key_node, "error", "start", message, "Add `budget_duration: 30d` to `litellm_settings:`."
        )


def _check_licence(root: yaml.Node, env: Mapping[str, str], names: LiteLLMNames) -> Iterator[Finding]:
    settings = lookup(root, "general_settings")
    if env.get("LITELLM_LICENSE", "").strip() or lookup(root, "general_settings", "litellm_license"):
        return
    for entry in (*entries(root), *entries(settings.value if settings else None)):
        if entry.key in names.with_licence and not is_null(entry.value):
            message = f"LiteLLM does not start with `{shown(entry.key)}` without a licence for it."
            yield finding_at(
                entry.key_node, "error", "licence", message, "Delete it, or set LITELLM_LICENSE."
            )


def _given(root: yaml.Node, *path: str) -> Entry | None:
    """A setting of `litellm_settings` whose value is in the file itself."""
    entry = lookup(root, "litellm_settings", *path)
    if entry is None or is_null(entry.value) or (text_of(entry.value) or "").startswith(REFERENCE):
        return None
    return entry


def _is_pattern(text: str | None) -> bool:
    try:
        return text is not None and bool(re.compile(text))
    except (re.error, RecursionError, OverflowError):
        return False
