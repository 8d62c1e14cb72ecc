"""Findings about the settings beside model_list: unknown keys, wrong sections, cache, fallbacks, aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from gateway_kit.stack.configuration.document import (
    entries,
    is_false,
    is_null,
    items,
    kind_of,
    lookup,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import TOP_LEVEL, LiteLLMNames, cache_parameters
from gateway_kit.stack.configuration.litellm_source import is_read_general_setting, is_read_setting
from gateway_kit.stack.configuration.litellm_types import litellm_types
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.unread_names import UNREAD, instead_of

_DEPLOYMENT_ONLY = ("model_name", "litellm_params", "model_info")


def check_top_level(root: yaml.MappingNode, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about the file's top-level keys."""
    sections = _sections(names)
    for entry in entries(root):
        key = shown(entry.key)
        home = next((section for section, known in sections.items() if entry.key in known), None)
        if entry.key in names.sections | TOP_LEVEL or entry.key.startswith("x-"):
            continue
        if entry.key in _DEPLOYMENT_ONLY:
            message, fix = (
                f"`{key}` is at the top level; it belongs to an item of `model_list`.",
                "Indent it.",
            )
            yield finding_at(entry.key_node, "error", "indentation", message, fix)
        elif home:
            message = f"`{key}` is at the top level, where LiteLLM does not read it."
            fix = f"Indent it under `{home}:`."
            if entry.key == "cache" and isinstance(entry.value, yaml.MappingNode):
                fix = f"Write `cache: true` in `{home}:`, and these parameters there below `cache_params:`."
            yield finding_at(entry.key_node, "error", "indentation", message, fix)
        elif meant := closest(entry.key, TOP_LEVEL):
            message, fix = f"LiteLLM has no section `{key}`.", f"Did you mean `{meant}`?"
            yield finding_at(entry.key_node, "error", "unknown-section", message, fix)
        else:
            message, fix = (
                f"LiteLLM has no section `{key}` and ignores it.",
                "Delete it, or check its spelling.",
            )
            yield finding_at(entry.key_node, "warning", "unknown-section", message, fix)


def check_sections(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about the keys of the three settings sections."""
    sections = _sections(names)
    for section, known in sections.items():
        settings = lookup(root, section)
        if settings is None or is_null(settings.value):
            continue
        if not isinstance(settings.value, yaml.MappingNode):
            message = f"`{section}` must be a mapping, not {kind_of(settings.value)}."
            yield finding_at(
                settings.key_node, "error", "shape", message, "Write one `key: value` a line, without '- '."
            )
            continue
        for entry in entries(settings.value):
            if entry.key in known or not known:
                continue
            key = shown(entry.key)
            other = next((name for name, keys in sections.items() if entry.key in keys), None)
            if section == "litellm_settings" and is_read_setting(entry.key):
                continue
            if entry.key in TOP_LEVEL:
                message = f"`{key}` is inside `{section}`; it is a separate section."
                yield finding_at(
                    entry.key_node, "error", "indentation", message, "Move it to the start of the line."
                )
            elif section == "router_settings" and entry.key in names.not_for_router:
                message = f"with `{key}` in `{section}` LiteLLM does not start."
                yield finding_at(
                    entry.key_node, "error", "wrong-section", message, "Move it to `general_settings:`."
                )
            elif other and not instead_of(entry.key):
                message = f"`{key}` has no effect in `{section}`."
                yield finding_at(
                    entry.key_node, "warning", "wrong-section", message, f"Move it to `{other}:`."
                )
            elif not _is_read(section, entry.key):
                meant = closest(entry.key, known, cutoff=0.85)
                message = f"LiteLLM reads no `{key}` in `{section}`: it has no effect."
                fix = instead_of(entry.key) or (f"Did you mean `{meant}`?" if meant else "Delete it.")
                yield finding_at(entry.key_node, "warning", "unknown-key", message, fix)


def check_cache(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about litellm_settings.cache and its parameters."""
    switch = lookup(root, "litellm_settings", "cache")
    if switch is not None and not is_null(switch.value) and not switch.value.tag.endswith(":bool"):
        message = (
            f"`cache` must be true or false, not {kind_of(switch.value)}: each request would be refused."
        )
        yield finding_at(
            switch.value, "error", "cache-switch", message, "Write `cache: true`, without quotes."
        )
    if switch is not None and not is_null(switch.value) and not is_false(switch.value):
        yield from _check_own_caches(root)
    params = lookup(root, "litellm_settings", "cache_params")
    if params is None:
        return
    if not isinstance(params.value, yaml.MappingNode):
        message = f"`cache_params` must be a mapping, not {kind_of(params.value)}."
        yield finding_at(params.key_node, "error", "shape", message, "Indent `type:` and `ttl:` below it.")
        return
    if switch is None:
        message = "`cache_params` has no effect without `cache: true`."
        yield finding_at(
            params.key_node, "warning", "cache-off", message, "Add `cache: true` to `litellm_settings:`."
        )
    kind = lookup(params.value, "type")
    if kind is not None and names.cache_types:
        value = text_of(kind.value) or str(kind.value.value)
        if value not in names.cache_types and not value.startswith(REFERENCE):
            meant = closest(value, names.cache_types, cutoff=0.6)
            listed = ", ".join(sorted(names.cache_types))
            fix = f"Did you mean `{meant}`?" if meant else f"Write one of: {listed}."
            yield finding_at(
                kind.value, "error", "cache-type", f"LiteLLM has no cache type `{shown(value)}`.", fix
            )
    yield from _check_cache_names(params.value)


def _check_own_caches(root: yaml.Node) -> Iterator[Finding]:
    """Findings about models with a switch of their own; LiteLLM takes `cache` there for the controls of a call."""
    listed = lookup(root, "model_list")
    for deployment in items(listed.value if listed else None):
        own = lookup(deployment, "litellm_params", "cache")
        if own is not None and not is_null(own.value) and not isinstance(own.value, yaml.MappingNode):
            message = f"`cache` of a model must be a mapping, not {kind_of(own.value)}: each call fails."
            fix = "Delete it: `litellm_settings` turns the cache on for all models."
            yield finding_at(own.value, "error", "cache-switch", message, fix)


def _check_cache_names(params: yaml.Node) -> Iterator[Finding]:
    """Findings about misspelt parameters: the cache and its store's client silently ignore unknown ones."""
    usual = litellm_types().cache_params
    for entry in entries(params):
        if entry.key in usual or not usual or entry.key in (known := cache_parameters()):
            continue
        if meant := closest(entry.key, known, cutoff=0.8):
            message = f"the cache has no parameter `{shown(entry.key)}` and ignores it."
            yield finding_at(entry.key_node, "warning", "unknown-key", message, f"Did you mean `{meant}`?")


def check_router(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about the values of router_settings."""
    strategy = lookup(root, "router_settings", "routing_strategy")
    if strategy is not None and names.routing_strategies and not is_null(strategy.value):
        value = text_of(strategy.value) or kind_of(strategy.value)
        if value not in names.routing_strategies and not value.startswith(REFERENCE):
            meant = closest(value, names.routing_strategies, cutoff=0.6)
            listed = ", ".join(sorted(names.routing_strategies))
            fix = f"Did you mean `{meant}`?" if meant else f"Write one of: {listed}."
            message = f"LiteLLM has no routing strategy `{shown(value)}`."
            yield finding_at(strategy.value, "error", "routing-strategy", message, fix)


def _is_read(section: str, key: str) -> bool:
    """Whether LiteLLM reads a setting anywhere. The router logs and ignores settings it does not know."""
    unread = key in UNREAD["general_settings"] or instead_of(key)
    return section == "general_settings" and not unread and is_read_general_setting(key)


def _sections(names: LiteLLMNames) -> Mapping[str, frozenset[str]]:
    """Section → the settings that LiteLLM reads there."""
    return {
        "litellm_settings": names.litellm_settings - UNREAD["litellm_settings"].keys(),
        "router_settings": names.router_settings,
        "general_settings": names.general_settings - UNREAD["general_settings"].keys(),
    }
