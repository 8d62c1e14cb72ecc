"""Findings about durations such as `budget_duration: 30d`: LiteLLM reads a number and a unit at the beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from gateway_kit.configuration.document import is_null, kind_of, lookup, scalars, text_of
from gateway_kit.configuration.findings import Finding, finding_at, shown
from gateway_kit.configuration.litellm_types import duration_words
from gateway_kit.configuration.models import REFERENCE

_KEY = re.compile(r"(^|_)budget_duration$|^time_period$|(^|_)retention_period$|^duration$")
_SECTIONS = ("model_list", "litellm_settings", "router_settings", "general_settings")
# As litellm_core_utils/duration_parser.py reads it.
_READ = re.compile(r"(\d+)(mo|[smhdw]?)")
_MEND = "Write a number with s, m, h, d, w or mo: `{key}: 30d`."


def check_durations(root: yaml.Node) -> Iterator[Finding]:
    """Findings about durations that LiteLLM cannot read, or reads only in part."""
    for section in _SECTIONS:
        found = lookup(root, section)
        for key, node in scalars(found.value) if found is not None else ():
            if _KEY.search(key) and not is_null(node):
                yield from _check(key, node)


def _check(key: str, node: yaml.Node) -> Iterator[Finding]:
    text, mend = text_of(node), _MEND.format(key=key)
    if text is None:
        if key.endswith("retention_period"):  # whole seconds as well
            return
        what = f"`{key}` must be a text with a unit, and is {kind_of(node)}."
        yield finding_at(node, "warning", "duration", what, mend)
        return
    if text.startswith(REFERENCE) or text.strip().casefold() in duration_words():
        return
    read = _READ.match(text)
    if read is None or not read.group(2):
        what = f"`{key}` is `{shown(text, 30)}`, which LiteLLM cannot read as a duration."
        yield finding_at(node, "warning", "duration", what, mend)
    elif re.search(r"\d", text[read.end() :]):
        what = f"of `{key}: {shown(text, 30)}` LiteLLM reads only `{read.group()}`."
        yield finding_at(node, "warning", "duration", what, mend)
