"""Variables: those that the file still refers to get values, made up where they are not set or hold a secret."""

from __future__ import annotations

import re
from typing import Any

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.references import STACK_VARIABLES
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.secrets import is_secret, is_secret_name
from gateway_kit.stack.rehearsing.translation.source import Way
from gateway_kit.stack.rehearsing.translation.speed import leaves

_NUMBER = re.compile(
    r"(^|_)([ior]?[rt]?pm|weight|timeout|retries|budget|requests|fails|fallbacks|ttl|interval|size|port|limit|seconds"
    r"|cooldown_time|retry_after|per_token|per_second|threshold|order|max_tokens|temperature)$"
)
# A value of the right form, by the end of a setting's name.
_MADE_UP = (
    (r"api_version", "2024-10-21"),
    (r"aws_region_name|region_name|region", "us-east-1"),
    (r"vertex_location|location", "us-central1"),
    (r"vertex_project|project", "simulated-project"),
    (r"budget_duration|time_period", "30d"),
)


def translate_variables(draft: Draft) -> None:
    """Fill in what the configuration refers to; `environment_variables` keeps nothing that leads elsewhere."""
    _declared(draft)
    for way, value in leaves(draft.data, ()):
        if not isinstance(value, str) or not value.startswith(REFERENCE):
            continue
        name = value.removeprefix(REFERENCE)
        if name not in STACK_VARIABLES and name not in draft.env:
            _fill_in(draft, way, name, draft.resolved(value))


def _declared(draft: Draft) -> None:
    """The file's own variables: only what a rehearsed setting refers to is needed, and comes from the rehearsal."""
    for name in draft.keys("environment_variables"):
        why = "the rehearsal gives its gateway what it needs"
        draft.drop(("environment_variables", name), why, was="***")
    draft.remove(("environment_variables",))


def _fill_in(draft: Draft, way: Way, name: str, value: Any) -> None:
    key = next((part for part in reversed(way) if isinstance(part, str)), "")
    if is_secret_name(key) or (isinstance(value, str) and is_secret(key, value)):
        draft.replace(way, "simulated", "a secret, which nothing here needs")
    elif value is not None:
        draft.env[name] = str(value)
    elif _NUMBER.search(key):
        why = f"{name} is not set here. To rehearse it: export {name}=NUMBER"
        draft.drop(way, why, what="not_rehearsed")
    else:
        made_up = next((text for ending, text in _MADE_UP if re.search(rf"({ending})$", key)), "simulated")
        draft.replace(way, made_up, f"{name} is not set here")
