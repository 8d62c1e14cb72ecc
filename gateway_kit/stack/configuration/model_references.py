"""Findings about names of models that settings refer to: fallbacks, aliases, a model for every call."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import yaml

from gateway_kit.stack.configuration.document import Entry, entries, is_null, items, kind_of, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown

_FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
# Settings with which the gateway chooses the model of a call (resolve_inference_model).
_FOR_EVERY_CALL = ("completion_model", "image_generation_model", "moderation_model")
# Keys of a model, which an item of fallbacks has if somebody took it for one.
_NO_MODELS = frozenset({"model", "model_name", "fallbacks", "fallback_models"})


def check_names(root: yaml.Node) -> Iterator[Finding]:
    """Findings about the models that fallbacks and aliases refer to, and about a model that answers every call."""
    listed = lookup(root, "router_settings", "model_group_alias")
    aliases = entries(listed.value if listed else None)
    yield from _check_aliases(aliases)
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
    for entry in aliases:
        target = lookup(entry.value, "model") if isinstance(entry.value, yaml.MappingNode) else entry
        if target is not None:
            yield from _check_name(target.value, known, f"the alias `{shown(entry.key)}`")
    for setting in _FOR_EVERY_CALL:
        forced = lookup(root, "general_settings", setting)
        if forced is not None and text_of(forced.value):
            wrong = list(_check_name(forced.value, known, f"`{setting}`"))
            yield from wrong or (_check_forced(forced, known) if setting == "completion_model" else ())


def _check_aliases(aliases: list[Entry]) -> Iterator[Finding]:
    for entry in aliases:
        if isinstance(entry.value, yaml.SequenceNode):
            alias = shown(entry.key)
            message = f"the alias `{alias}` names a list of models, and LiteLLM ignores it: calls to it fail."
            fix = f"Write one model: `{alias}: MODEL`; for several give them `model_name: {alias}`."
            yield finding_at(entry.key_node, "error", "shape", message, fix)


def _check_forced(setting: Entry, known: set[str]) -> Iterator[Finding]:
    if len(known) > 1:
        model = shown(text_of(setting.value) or "")
        message = f"`{setting.key}` sends every chat call to `{model}`, whichever model the call asks for."
        yield finding_at(
            setting.key_node, "warning", "forced-model", message, "Delete it, unless that is what you want."
        )


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
        if wrong := [entry.key for entry in entries(item) if entry.key in _NO_MODELS - known]:
            message = f"an item of `{key}` has the key `{wrong[0]}`, which LiteLLM takes for a model's name."
            yield finding_at(item, "error", "shape", message, shape)
            return  # the other items are of the same form
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
    aliases = lookup(root, "router_settings", "model_group_alias")
    names |= {
        entry.key
        for entry in entries(aliases.value if aliases else None)
        if not isinstance(entry.value, yaml.SequenceNode)
    }
    return names - {""}
