"""Findings about durations such as `budget_duration: 30d`, and about the time zone."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import is_null, kind_of, lookup, scalars, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.litellm_types import duration_words
from gateway_kit.stack.configuration.models import REFERENCE

_KEY = re.compile(r"(^|_)budget_duration$|^time_period$|(^|_)retention_period$|^duration$")
_SECTIONS = ("model_list", "litellm_settings", "router_settings", "general_settings")
# As litellm_core_utils/duration_parser.py reads it.
_READ = re.compile(r"(\d+)(mo|[smhdw]?)")
_FIX = "Write a number with s, m, h, d, w or mo: `{key}: 30d`."


def check_durations(root: yaml.Node) -> Iterator[Finding]:
    """Findings about durations that LiteLLM cannot read, or reads only in part."""
    for section in _SECTIONS:
        settings = lookup(root, section)
        for key, node in scalars(settings.value) if settings is not None else ():
            if _KEY.search(key) and not is_null(node):
                yield from _check(key, node)
    yield from _check_zone(root)


def _check_zone(root: yaml.Node) -> Iterator[Finding]:
    zone = lookup(root, "litellm_settings", "timezone")
    if zone is None or is_null(zone.value) or (text_of(zone.value) or "").startswith(REFERENCE):
        return
    name, known = (
        text_of(zone.value),
        zoneinfo.available_timezones(),
    )  # empty on a system without time zone data
    if known and name not in known:
        message = f"`timezone` must be the name of a time zone, not {kind_of(zone.value)}: LiteLLM takes UTC."
        meant = next(
            (n for n in sorted(known) if name and n.casefold().endswith(f"/{name.casefold()}")), None
        )
        fix = f"Write `timezone: {meant or 'Europe/Berlin'}`."
        yield finding_at(zone.value, "warning", "time-zone", message, fix)


def _check(key: str, node: yaml.Node) -> Iterator[Finding]:
    text, fix = text_of(node), _FIX.format(key=key)
    if text is None:
        if key.endswith("retention_period"):  # LiteLLM also accepts whole seconds
            return
        message = f"`{key}` must be a text with a unit, not {kind_of(node)}."
        yield finding_at(node, "warning", "duration", message, fix)
        return
    if text.startswith(REFERENCE) or text.strip().casefold() in duration_words():
        return
    read = _READ.match(text)
    if read is None or not read.group(2):
        message = f"`{key}` is `{shown(text, 30)}`, which LiteLLM cannot read as a duration."
        yield finding_at(node, "warning", "duration", message, fix)
    elif re.search(r"\d", text[read.end() :]):
        message = f"LiteLLM reads only `{read.group()}` of `{key}: {shown(text, 30)}`."
        yield finding_at(node, "warning", "duration", message, fix)
