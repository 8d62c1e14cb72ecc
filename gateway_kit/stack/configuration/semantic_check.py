"""Findings about a semantic cache in Redis: mistakes that LiteLLM 1.106.2 accepts silently or does not start with.

The effect of each setting was tried on the proxy. LiteLLM treats a failed lookup as a miss and mostly does not log it,
so these mistakes are hard to find except in the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import (
    Entry,
    is_false,
    is_null,
    items,
    lookup,
    number_of,
    text_of,
)
from gateway_kit.stack.configuration.findings import Finding, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames
from gateway_kit.stack.configuration.model_modes import mode_of, priced_names
from gateway_kit.stack.configuration.models import REFERENCE

_THRESHOLD = "similarity_threshold"
_MODEL = "redis_semantic_cache_embedding_model"
_INDEX = "redis_semantic_cache_index_name"

# LiteLLM's default embedding model, and the length of its vectors.
_DEFAULT_MODEL, _DEFAULT_SIZE = "text-embedding-ada-002", 1536


def check_semantic_cache(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about `cache_params` of the type `redis-semantic`; none if the cache is switched off."""
    params = lookup(root, "litellm_settings", "cache_params")
    kind = lookup(params.value if params else None, "type")
    switch = lookup(root, "litellm_settings", "cache")
    if params is None or kind is None or text_of(kind.value) != "redis-semantic":
        return
    if switch is not None and is_false(switch.value):
        return
    yield from _check_threshold(params)
    yield from _check_ttl(params)
    yield from _check_password(params)
    yield from _check_embedding_model(root, params, names)


def _check_threshold(params: Entry) -> Iterator[Finding]:
    threshold = _given(params, _THRESHOLD)
    fix = "Write a number above 0 and up to 1: `similarity_threshold: 0.9` is a cautious start."
    if threshold is None:
        message = f"a semantic cache without `{_THRESHOLD}` keeps the gateway from starting."
        yield finding_at(params.key_node, "error", "threshold", message, fix)
        return
    if (text_of(threshold.value) or "").startswith(REFERENCE):
        message = f"`{_THRESHOLD}` is a variable, which LiteLLM reads as a text: the gateway does not start."
        yield finding_at(threshold.value, "error", "threshold", message, fix)
        return
    number = number_of(threshold.value)
    if number is None or 0 < number <= 1:  # another check reports values that are not numbers
        return
    written = shown(str(threshold.value.value), 20)
    message = (
        f"with a `{_THRESHOLD}` of {written} almost any question gets the answer to almost any other."
        if number <= 0
        else f"with a `{_THRESHOLD}` of {written} the cache never finds anything: 1 means the same text."
    )
    yield finding_at(threshold.value, "error", "threshold", message, fix)


def _check_ttl(params: Entry) -> Iterator[Finding]:
    ttl = _given(params, "default_in_redis_ttl") or _given(params, "ttl")
    fix = "Write whole seconds, at least 1: `ttl: 60`."
    if ttl is None:
        message = "without `ttl` the cache keeps each answer forever, even if it has become wrong."
        yield finding_at(params.key_node, "warning", "ttl", message, fix)
        return
    number = number_of(ttl.value)
    if number is None or 1 <= number < math.inf:
        return
    setting = f"a `{ttl.key}` of {shown(str(ttl.value.value), 20)}"
    if 0 <= number < 1:
        message = f"{setting} is cut to 0 whole seconds, which means forever."
        yield finding_at(ttl.value, "warning", "ttl", message, fix)
    else:
        yield finding_at(ttl.value, "error", "ttl", f"with {setting} the cache keeps no answer.", fix)


def _check_password(params: Entry) -> Iterator[Finding]:
    password = lookup(params.value, "password")
    if password is None or _given(params, "redis_url"):
        return
    if is_null(password.value) or text_of(password.value) == "":
        message = (
            "an empty `password` means REDIS_PASSWORD here; if that is not set, the gateway does not start."
        )
        fix = f"Write `redis_url: {REFERENCE}REDIS_URL` instead; for a Redis without a password `redis_url: redis://HOST:PORT`."
        yield finding_at(password.key_node, "warning", "empty-password", message, fix)


def _check_embedding_model(root: yaml.Node, params: Entry, names: LiteLLMNames) -> Iterator[Finding]:
    given = _given(params, _MODEL)
    name = text_of(given.value) if given else _DEFAULT_MODEL
    if name is None or name.startswith(REFERENCE):
        return
    place = given.value if given else params.key_node
    listed = lookup(root, "model_list")
    by_name: dict[str, list[yaml.Node]] = {}
    for deployment in items(listed.value if listed else None):
        entry = lookup(deployment, "model_name")
        by_name.setdefault((text_of(entry.value) or "") if entry else "", []).append(deployment)
    if name in by_name:
        yield from _check_deployments(name, by_name[name], params, place, names)
    elif lookup(root, "include") is None:
        yield _not_listed(name, given, place, [known for known in by_name if known])


def _not_listed(name: str, given: Entry | None, place: yaml.Node, known: list[str]) -> Finding:
    otherwise = "each question is a miss, and the log does not say why."
    if given is None:
        message = f"without `{_MODEL}` LiteLLM asks OpenAI's {name} itself; if that fails, {otherwise}"
        fix = f"Add `{_MODEL}: NAME`, a model_name of `model_list`."
        return finding_at(place, "warning", "embedding-model", message, fix)
    if meant := closest(name, known):
        message = f"`{_MODEL}` names the model `{shown(name)}`, which `model_list` does not have: {otherwise}"
        return finding_at(place, "error", "unknown-model", message, f"Did you mean `{meant}`?")
    message = (
        f"`model_list` does not have the embedding model `{shown(name)}`: LiteLLM asks its provider itself, with "
        f"the environment's keys; if that fails, {otherwise}"
    )
    return finding_at(place, "warning", "embedding-model", message, "Add it to `model_list`, with its key.")


def _check_deployments(
    name: str, deployments: list[yaml.Node], params: Entry, place: yaml.Node, names: LiteLLMNames
) -> Iterator[Finding]:
    sizes: dict[int, yaml.Node] = {}
    for deployment in deployments:
        if mode_of(deployment, names) not in ("embedding", None):
            message = (
                f"`{shown(name)}` is not an embedding model: each lookup fails, and LiteLLM then refuses calls to it, "
                "as after any failure of a provider."
            )
            fix = "Name one that turns text into a vector, such as openai/text-embedding-3-small."
            yield finding_at(place, "error", "embedding-model", message, fix)
            return
        size = _vector_size(deployment, names)
        if size is not None:
            sizes.setdefault(size, deployment)
    if len(sizes) > 1:
        first, *others = sizes
        message = (
            f"the embedding model `{shown(name)}` has vectors of {first:,} numbers and here of {others[0]:,}; one "
            "index holds one length, so the cache fails with the other one."
        )
        fix = "Give the deployments two names, and the cache one of them."
        yield finding_at(sizes[others[0]], "error", "vector-size", message, fix)
    elif sizes and _DEFAULT_SIZE not in sizes and _given(params, _INDEX) is None:
        message = (
            f"the index has LiteLLM's default name, under which vectors have {_DEFAULT_SIZE:,} numbers; those of "
            f"`{shown(name)}` have {next(iter(sizes)):,}. If both are used, LiteLLM switches to another index."
        )
        fix = f"Add `{_INDEX}: NAME`, a different name for each embedding model."
        yield finding_at(params.key_node, "warning", "index-name", message, fix)


def _vector_size(deployment: yaml.Node, names: LiteLLMNames) -> int | None:
    """The length of the deployment's vectors; None if neither the file nor LiteLLM has it."""
    for path in (("litellm_params", "dimensions"), ("model_info", "output_vector_size")):
        own = lookup(deployment, *path)
        number = number_of(own.value) if own else None
        if number is not None and 1 <= number < math.inf:
            return int(number)
    return next((names.vector_sizes[m] for m in priced_names(deployment) if m in names.vector_sizes), None)


def _given(params: Entry, key: str) -> Entry | None:
    """A parameter that has a value."""
    entry = lookup(params.value, key)
    return None if entry is None or is_null(entry.value) else entry
