"""Findings about the settings beside model_list: unknown keys, wrong sections, cache, fallbacks, aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import yaml

from gateway_kit.stack.configuration.document import entries, is_null, items, kind_of, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import TOP_LEVEL, LiteLLMNames, cache_parameters
from gateway_kit.stack.configuration.litellm_source import is_read_general_setting, is_read_setting
from gateway_kit.stack.configuration.litellm_types import litellm_types
from gateway_kit.stack.configuration.models import REFERENCE

_DEPLOYMENT_ONLY = ("model_name", "litellm_params", "model_info")
_FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")


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
            yield finding_at(entry.key_node, "error", "indentation", message, f"Indent it under `{home}:`.")
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
            elif other:
                message = f"`{key}` has no effect in `{section}`."
                yield finding_at(
                    entry.key_node, "warning", "wrong-section", message, f"Move it to `{other}:`."
                )
            elif not _is_read(section, entry.key):
                meant = closest(entry.key, known, cutoff=0.85)
                message = f"LiteLLM reads no `{key}` in `{section}`: it has no effect."
                fix = f"Did you mean `{meant}`?" if meant else "Delete it."
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


def check_names(root: yaml.Node) -> Iterator[Finding]:
    """Findings about model names that fallbacks and aliases refer to."""
    known = _model_names(root)
    if not known:
        return
    for section in ("litellm_settings", "router_settings"):
        for key in _FALLBACKS:
            fallbacks = lookup(root, section, key)
            if fallbacks is not None and not is_null(fallbacks.value):
                yield from _check_fallbacks(key, fallbacks.key_node, fallbacks.value, known)
        default = lookup(root, section, "default_fallbacks")
        for node in items(default.value if default else None):
            yield from _check_name(node, known, "`default_fallbacks`")
    for section, key in (("router_settings", "model_group_alias"), ("litellm_settings", "model_group_alias")):
        aliases = lookup(root, section, key)
        for entry in entries(aliases.value if aliases else None):
            target = lookup(entry.value, "model") if isinstance(entry.value, yaml.MappingNode) else entry
            if target is not None:
                yield from _check_name(target.value, known, f"the alias `{shown(entry.key)}`")


def _check_fallbacks(key: str, place: yaml.Node, value: yaml.Node, known: set[str]) -> Iterator[Finding]:
    shape = f"Write below `{key}:` lines such as `- MODEL: [OTHER_MODEL]`."
    if not isinstance(value, yaml.SequenceNode):
        message = f"`{key}` must be a list, not {kind_of(value)}."
        yield finding_at(place, "error", "shape", message, shape)
        return
    for item in items(value):
        if not isinstance(item, yaml.MappingNode):
            message = f"an item of `{key}` must be `MODEL: [OTHER_MODEL]`, not {kind_of(item)}."
            yield finding_at(item, "error", "shape", message, shape)
            continue
        for entry in entries(item):
            if entry.key != "*":
                yield from _check_name(entry.key_node, known, f"`{key}`")
            if not isinstance(entry.value, yaml.SequenceNode):
                message = (
                    f"the fallbacks of `{shown(entry.key)}` must be a list, and are {kind_of(entry.value)}."
                )
                yield finding_at(entry.key_node, "error", "shape", message, shape)
            for target in items(entry.value):
                inner = lookup(target, "model") if isinstance(target, yaml.MappingNode) else None
                yield from _check_name(inner.value if inner else target, known, f"`{key}`")


def _check_name(node: yaml.Node, known: set[str], place: str) -> Iterator[Finding]:
    name = text_of(node)
    if (
        name is None
        or any(fnmatchcase(name, pattern) for pattern in known if "*" in pattern)
        or name in known
    ):
        return
    meant = closest(name, known, cutoff=0.6)
    fix = (
        f"Did you mean `{meant}`?"
        if meant
        else f"Write one of: {', '.join(shown(n) for n in sorted(known))}."
    )
    message = f"{place} names the model `{shown(name)}`, which `model_list` does not have."
    yield finding_at(node, "error", "unknown-model", message, fix)


def _model_names(root: yaml.Node) -> set[str]:
    model_list = lookup(root, "model_list")
    named = (
        lookup(deployment, "model_name") for deployment in items(model_list.value if model_list else None)
    )
    names = {text_of(entry.value) or "" for entry in named if entry is not None}
    for section in ("router_settings", "litellm_settings"):
        aliases = lookup(root, section, "model_group_alias")
        names |= {entry.key for entry in entries(aliases.value if aliases else None)}
    return names - {""}


def _is_read(section: str, key: str) -> bool:
    """Whether LiteLLM reads a setting anywhere. The router logs and ignores settings it does not know."""
    return section == "general_settings" and is_read_general_setting(key)


def _sections(names: LiteLLMNames) -> Mapping[str, frozenset[str]]:
    return {
        "litellm_settings": names.litellm_settings,
        "router_settings": names.router_settings,
        "general_settings": names.general_settings,
    }
