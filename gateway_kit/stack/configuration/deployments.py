"""Findings about model_list: shape and indentation, providers, parameters, duplicates."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    entries,
    is_null,
    items,
    kind_of,
    lookup,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import DEPLOYMENT_KEYS, LiteLLMNames
from gateway_kit.stack.configuration.litellm_source import is_read_parameter
from gateway_kit.stack.configuration.model_providers import check_provider

# Limits of a deployment, also as part of a longer name: `rpm_limit`, `max_rpm`.
_LIMITS = ("rpm", "tpm")

_SHAPE = (
    "Write three lines: `- model_name: NAME`, below it `litellm_params:`, "
    "and, two spaces further in, `model: PROVIDER/MODEL`."
)


def check_model_list(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about every deployment of `model_list`."""
    model_list = lookup(root, "model_list")
    if model_list is None:
        # Models can also be in the database or in an included file.
        if lookup(root, "include") is None:
            fix = "Add `model_list:` with at least one model; `gateway-kit config show` prints an example."
            yield finding_at(
                root, "warning", "no-models", "the file has no `model_list`, so it has no models.", fix
            )
        return
    if not isinstance(model_list.value, yaml.SequenceNode):
        if is_null(model_list.value):
            message = "`model_list` is empty, or the lines below it are not indented as its items."
        else:
            message = f"`model_list` must be a list, not {kind_of(model_list.value)}."
        yield finding_at(model_list.key_node, "error", "shape", message, _SHAPE)
        return
    names = _with_custom_providers(root, names)
    first_lines: dict[str, int] = {}
    first_ids: dict[str, tuple[int, yaml.Node]] = {}
    for deployment in items(model_list.value):
        findings = list(_check_deployment(deployment, names))
        yield from findings
        if not any(finding.level == "error" for finding in findings):
            yield from _check_duplicate(deployment, first_lines, weighted=_is_weighted(root))
        given_id = lookup(deployment, "model_info", "id")
        if given_id is not None and isinstance(given_id.value, yaml.ScalarNode):
            own_line = given_id.key_node.start_mark.line + 1
            line, first = first_ids.setdefault(given_id.value.value, (own_line, deployment))
            if first is not deployment and _identity(first) != _identity(deployment):
                message = (
                    f"the id `{shown(given_id.value.value)}` also belongs to the deployment in line {line}."
                )
                fix = "Give each deployment its own id, or none."
                yield finding_at(given_id.value, "error", "duplicate-id", message, fix)


def _with_custom_providers(root: yaml.Node, names: LiteLLMNames) -> LiteLLMNames:
    """The names with the providers that the file defines in `custom_provider_map`."""
    provider_map = lookup(root, "litellm_settings", "custom_provider_map")
    made = (lookup(item, "provider") for item in items(provider_map.value if provider_map else None))
    own = {text_of(entry.value) or "" for entry in made if entry is not None}
    return dataclasses.replace(names, providers=names.providers | own) if names.providers else names


def _check_deployment(deployment: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    if not isinstance(deployment, yaml.MappingNode):
        message = (
            f"a model must be a mapping with `model_name` and `litellm_params`, not {kind_of(deployment)}."
        )
        yield finding_at(deployment, "error", "shape", message, _SHAPE)
        return
    name, params = lookup(deployment, "model_name"), lookup(deployment, "litellm_params")
    nested_name = lookup(deployment, "litellm_params", "model_name")
    if nested_name is not None:
        message = "`model_name` is inside `litellm_params`; it belongs one level up, beside it."
        yield finding_at(nested_name.key_node, "error", "indentation", message, _SHAPE)
    elif name is None:
        fix = "Add `model_name: NAME`, the name applications ask for."
        yield finding_at(deployment, "error", "missing-key", "this model has no `model_name`.", fix)
    elif not text_of(name.value):
        message = f"`model_name` must be a text, not {kind_of(name.value)}."
        yield finding_at(
            name.key_node, "error", "shape", message, 'Write a name, in "quotes" if it looks like a number.'
        )
    yield from _check_keys(deployment, names, params_empty=params is None or is_null(params.value))
    if params is None:
        label = shown(text_of(name.value) or "?", 40) if name else "?"
        message = f"the model `{label}` has no `litellm_params`."
        yield finding_at(deployment, "error", "missing-key", message, _SHAPE)
    elif is_null(params.value):
        message = (
            "`litellm_params` is empty; the lines that belong to it must be indented further than it is."
        )
        yield finding_at(params.key_node, "error", "indentation", message, _SHAPE)
    elif not isinstance(params.value, yaml.MappingNode):
        message = f"`litellm_params` must be a mapping, not {kind_of(params.value)}."
        fix = "Write one `key: value` a line, without '- ' and with a space after each colon."
        yield finding_at(params.key_node, "error", "shape", message, fix)
    else:
        yield from _check_params(params.key_node, params.value, names)


def _check_keys(deployment: yaml.Node, names: LiteLLMNames, *, params_empty: bool) -> Iterator[Finding]:
    """Keys beside `litellm_params` that belong elsewhere, or are misspelt."""
    for entry in entries(deployment):
        key = shown(entry.key)
        if entry.key in DEPLOYMENT_KEYS:
            continue
        if entry.key in names.litellm_params:
            # An empty litellm_params is reported once, not again for each key beside it.
            if not params_empty or lookup(deployment, "litellm_params") is None:
                message = f"`{key}` is beside `litellm_params`; it belongs under it."
                yield finding_at(entry.key_node, "error", "indentation", message, "Indent it one level more.")
            continue
        meant = closest(entry.key, DEPLOYMENT_KEYS)
        if meant:
            fix = f"Did you mean `{meant}`?"
            yield finding_at(entry.key_node, "error", "unknown-key", f"a model has no key `{key}`.", fix)
        else:
            message, fix = (
                f"a model has no key `{key}`; LiteLLM ignores it.",
                "Delete it, or put it under `model_info`.",
            )
            yield finding_at(entry.key_node, "warning", "unknown-key", message, fix)


def _check_params(params_key: yaml.Node, params: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    model = lookup(params, "model")
    if model is None:
        fix = "Add `model: PROVIDER/MODEL`, for instance `model: openai/gpt-4o-mini`."
        yield finding_at(params_key, "error", "missing-key", "`litellm_params` has no `model`.", fix)
    elif not text_of(model.value):
        message = f"`model` must be a text such as openai/gpt-4o-mini, not {kind_of(model.value)}."
        yield finding_at(model.key_node, "error", "shape", message, "Write `model: PROVIDER/MODEL`.")
    else:
        yield from check_provider(params, model.value, names)
    for entry in entries(params):
        if entry.key in names.litellm_params or entry.key == "model_name" or not names.litellm_params:
            continue
        yield from _check_unknown(entry, names)


def _check_unknown(entry: Entry, names: LiteLLMNames) -> Iterator[Finding]:
    key = shown(entry.key)
    if entry.key in names.model_info:
        message = f"`{key}` is a fact about the model; in `litellm_params` it goes to the provider unchanged."
        fix = "Move it to `model_info`, beside `litellm_params`."
        yield finding_at(entry.key_node, "warning", "unknown-parameter", message, fix)
        return
    limit = next((word for word in _LIMITS if word in entry.key.split("_")), None)
    if limit is None and is_read_parameter(entry.key):
        return
    meant = limit or closest(entry.key, names.litellm_params, cutoff=0.8)
    fix = f"Did you mean `{meant}`?" if meant else "Delete it unless the provider's API has such a parameter."
    message = f"LiteLLM does not know the parameter `{key}` and sends it to the provider unchanged."
    yield finding_at(entry.key_node, "warning", "unknown-parameter", message, fix)


def _identity(deployment: yaml.Node) -> str | None:
    """What LiteLLM makes a deployment's id of, unless the file gives one; None if that is missing."""
    name, params = lookup(deployment, "model_name"), lookup(deployment, "litellm_params")
    return f"{name.value.value}\0{_digest(params.value, {})}" if name and params else None


def _is_weighted(root: yaml.Node) -> bool:
    """Whether the routing strategy reads `weight` and calls each deployment as often as any other."""
    strategy = lookup(root, "router_settings", "routing_strategy")
    return strategy is None or text_of(strategy.value) in (None, "simple-shuffle")


def _check_duplicate(
    deployment: yaml.Node, first_lines: dict[str, int], *, weighted: bool
) -> Iterator[Finding]:
    identity = _identity(deployment)
    if identity is None:
        return
    line = first_lines.setdefault(identity, deployment.start_mark.line + 1)
    if line != deployment.start_mark.line + 1:
        name = shown(identity.partition("\0")[0])
        share = "sends it twice the share of the calls, " if weighted else ""
        message = (
            f"this deployment of `{name}` is the same as in line {line}: LiteLLM gives both one "
            f"id{', ' + share if share else ' '}and cools both down as one."
        )
        instead = " and write `weight: 2`" if weighted else ""
        fix = f"Delete one of them{instead}; for load balancing give it another address, key or model."
        yield finding_at(deployment, "warning", "duplicate-deployment", message, fix)


def _digest(node: yaml.Node, known: dict[int, str]) -> str:
    """A fingerprint of a value. Each node is visited once, because anchors can make a small file huge."""
    if id(node) not in known:
        known[id(node)] = "an anchor inside itself"
        if isinstance(node, yaml.MappingNode):
            content = repr(sorted((entry.key, _digest(entry.value, known)) for entry in entries(node)))
        elif isinstance(node, yaml.SequenceNode):
            content = repr([_digest(item, known) for item in node.value])
        else:
            content = node.tag + node.value
        known[id(node)] = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return known[id(node)]
