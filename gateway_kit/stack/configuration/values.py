"""Findings about values of the wrong type or range, by LiteLLM's own annotations (litellm_types).

One rule checks every section. The outcome differs: LiteLLM leaves out a deployment that does not fit, with only a line
in the log; it converts some settings to numbers when it starts; all others fail at a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    entries,
    is_null,
    items,
    kind_of,
    lookup,
    number_of,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import DEPLOYMENT_KEYS
from gateway_kit.stack.configuration.litellm_types import Expected, LiteLLMTypes, litellm_types
from gateway_kit.stack.configuration.models import REFERENCE

# Counts, times and prices, which must not be negative. Token numbers are not among them: some servers read -1 as "as
# many as possible".
_NOT_NEGATIVE = re.compile(
    r"(^|_)(rpm|tpm|weight|timeout|retries|budget|requests|fails|fallbacks|ttl|interval|size|port|limit|seconds"
    r"|cooldown_time|retry_after|write_at|per_token|per_second)$"
)
# The ranges of OpenAI's API, the widest of all providers.
_RANGES = {"temperature": (0, 2), "top_p": (0, 1)}

_WORDS = {
    "text": "a text", "whole": "a whole number", "number": "a number", "switch": "true or false", "list": "a list",
    "mapping": "a mapping",
}  # fmt: skip
_EXAMPLES = {"whole": "60", "number": "60", "switch": "true", "list": "[VALUE]", "text": '"TEXT"'}
# Words that pydantic accepts as true or false.
_SWITCH_WORDS = frozenset(["0", "1", "off", "on", "f", "t", "false", "true", "n", "y", "no", "yes"])

_SCALARS = frozenset({"whole", "number", "switch"})

# Settings for which LiteLLM also accepts a word such as "true".
_FLAGS = ("drop_params",)

# Other modules check these.
_ELSEWHERE = frozenset(
    {
        "model", "master_key", "success_callback", "failure_callback", "callbacks", "langfuse_default_tags",
        "cache", "cache_params", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "type",
        "routing_strategy",
    }
)  # fmt: skip


def check_values(root: yaml.Node, reported: Set[tuple[str, int, int]] = frozenset()) -> Iterator[Finding]:
    """Findings about values of the wrong type, if LiteLLM annotates it, and about numbers out of range.

    Without findings at places (file, line, column) that a more specific check has `reported`.
    """
    return (
        finding
        for finding in _check_all(root)
        if (finding.file, finding.line, finding.column) not in reported
    )


def _check_all(root: yaml.Node) -> Iterator[Finding]:
    types = litellm_types()
    listed = lookup(root, "model_list")
    for deployment in items(listed.value if listed else None):
        yield from _check_deployment(deployment, types)
    at_start = dict.fromkeys(types.numbers_at_start, Expected(frozenset({"number"})))
    others = {name: expected for name, expected in types.litellm_settings.items() if name not in at_start}
    settings = _value(root, "litellm_settings")
    yield from _check(settings, at_start, "error", "LiteLLM does not start", numerals=True)
    yield from _check(settings, others, "warning")
    yield from _check(_value(root, "router_settings"), types.router_settings, "error")
    yield from _check(_value(root, "general_settings"), types.general_settings, "warning")
    yield from _check(_value(settings, "cache_params"), types.cache_params, "error")


def _check_deployment(deployment: yaml.Node, types: LiteLLMTypes) -> Iterator[Finding]:
    params, info = _value(deployment, "litellm_params"), _value(deployment, "model_info")
    beside = {name: expected for name, expected in types.validated.items() if name in DEPLOYMENT_KEYS}
    others = {name: expected for name, expected in types.parameters.items() if name not in types.validated}
    left_out = "LiteLLM leaves this model out"
    yield from _check(params, types.validated, "error", left_out, numerals=True)
    yield from _check(params, others, "warning")
    yield from _check(info, types.model_info, "error", left_out, numerals=True)
    yield from _check(deployment, beside, "error")


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    entry = lookup(node, key)
    return entry.value if entry is not None else None


def _check(
    section: yaml.Node | None,
    expected: Mapping[str, Expected],
    level: str,
    outcome: str = "",
    *,
    numerals: bool = False,
) -> Iterator[Finding]:
    for entry in entries(section):
        fitting = expected.get(entry.key)
        if fitting is None or entry.key in _ELSEWHERE or is_null(entry.value):
            continue
        if (text_of(entry.value) or "").startswith(REFERENCE):
            continue
        if entry.key == "drop_params" and isinstance(entry.value, yaml.SequenceNode):
            yield _list_of_dropped(entry)
        elif _fits(entry.value, fitting, entry.key, numerals=numerals or entry.key in _FLAGS):
            yield from _check_range(entry)
            yield from _check_word(entry, fitting)
        else:
            yield _wrong_type(entry, fitting, "error" if level == "error" else "warning", outcome)


def _fits(node: yaml.Node, expected: Expected, key: str, *, numerals: bool) -> bool:
    """Whether LiteLLM can use the value; with `numerals` it also parses numbers and true or false from text."""
    kinds = expected.kinds
    if isinstance(node, yaml.SequenceNode | yaml.MappingNode):
        # For values that are not validated, annotations of lists, mappings and words are narrower than the code.
        own = "list" if isinstance(node, yaml.SequenceNode) else "mapping"
        return own in kinds or not (numerals or kinds <= _SCALARS) or bool(expected.words)
    text, number = text_of(node), number_of(node)
    if text is not None:
        # A timeout is annotated as text only because it may be a variable.
        if "text" in kinds and kinds != {"text", "number"}:
            return True
        numerals = numerals or key.endswith("port") or "text" in kinds
        read = _numeral(text) if numerals else None
        if read is not None and ("number" in kinds or ("whole" in kinds and read == int(read))):
            return True
        return "switch" in kinds and numerals and text.strip().casefold() in _SWITCH_WORDS
    if number is not None:
        whole = (
            number in (float("inf"), float("-inf")) or number == int(number) if number == number else False
        )
        if (
            "number" in kinds
            or ("whole" in kinds and (whole or not numerals))
            or ("switch" in kinds and number in (0, 1))
        ):
            return True
        # If the value is not validated, a number also serves as text, such as a password of digits.
        return "text" in kinds and not numerals
    if node.tag.endswith(":bool"):
        return "switch" in kinds
    # A date: YAML reads 2024-10-21 without quotes as one.
    return False


def _numeral(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _wrong_type(entry: Entry, expected: Expected, level: str, outcome: str) -> Finding:
    kinds = expected.kinds - {"text"} if expected.kinds == {"text", "number"} else expected.kinds
    expected_kinds = " or ".join(_WORDS[kind] for kind in _WORDS if kind in kinds)
    numeric = bool(kinds & {"whole", "number"})
    code = "not-a-number" if numeric else "wrong-type"
    node, text = entry.value, text_of(entry.value)
    is_date = node.tag.endswith(":timestamp")
    actual = "a date, which YAML makes of it without quotes" if is_date else kind_of(node)
    message = f"`{entry.key}` must be {expected_kinds}, not {actual}{': ' + outcome if outcome else ''}."
    if numeric and text is not None and _numeral(text) is not None:
        quoted = isinstance(node, yaml.ScalarNode) and node.style in ('"', "'")
        fix = (
            f"Write it without quotes: `{entry.key}: {shown(text, 20)}`."
            if quoted
            else f"YAML reads `{shown(text, 20)}` as text: write the number with a decimal point, such as 1.0e-6."
        )
    elif numeric:
        unit = ", in seconds" if re.search(r"ttl|time|seconds|interval", entry.key) else ""
        example = "0.5" if entry.key in _RANGES else _EXAMPLES["number"]
        fix = f"Write a number without quotes or unit{unit}: `{entry.key}: {example}`."
    elif "text" in kinds and isinstance(node, yaml.ScalarNode):
        fix = f'Put it in quotes: `{entry.key}: "{shown(str(node.value), 30)}"`.'
    else:
        example = next((f": `{entry.key}: {_EXAMPLES[kind]}`" for kind in _EXAMPLES if kind in kinds), "")
        fix = f"Write {expected_kinds}{example}."
    return finding_at(node, "error" if level == "error" else "warning", code, message, fix)


def _list_of_dropped(entry: Entry) -> Finding:
    names = ", ".join(shown(text_of(node) or "", 30) for node in items(entry.value))
    message = "`drop_params` must be true or false, not a list: LiteLLM reads it as false."
    fix = f"Write `additional_drop_params: [{names}]`; `drop_params: true` drops all that the provider does not know."
    return finding_at(entry.value, "warning", "wrong-type", message, fix)


def _check_range(entry: Entry) -> Iterator[Finding]:
    number = number_of(entry.value)
    if number is None:
        number = _numeral(text_of(entry.value) or "")
    if number is None:
        return
    written = shown(str(entry.value.value), 20)
    if entry.key in _RANGES:
        low, high = _RANGES[entry.key]
        if not low <= number <= high:
            message = (
                f"`{entry.key}` is {written}; OpenAI's API accepts {low} to {high}, others no more than that."
            )
            yield finding_at(
                entry.value, "warning", "range", message, f"Write a number from {low} to {high}."
            )
    elif number < 0 and _NOT_NEGATIVE.search(entry.key):
        message = f"`{entry.key}` is {written}, but must not be below 0; LiteLLM does not check it."
        fix = "Write 0 or more, or delete the line for LiteLLM's default."
        yield finding_at(entry.value, "warning", "range", message, fix)


def _check_word(entry: Entry, expected: Expected) -> Iterator[Finding]:
    """A finding for a word close to one that LiteLLM knows; any other word may be a provider's own."""
    word = text_of(entry.value)
    if not expected.words or word is None or word in expected.words:
        return
    if meant := closest(word, expected.words, cutoff=0.6):
        message = f"`{entry.key}` has no value `{shown(word, 30)}`."
        yield finding_at(entry.value, "warning", "unknown-value", message, f"Did you mean `{meant}`?")
