"""Render the `semantic` template: the configuration of the second gateway, with your own threshold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from gateway_kit.errors import SettingsError
from gateway_kit.stack.configuration.document import items, lookup, read_document, text_of
from gateway_kit.stack.configuration.offline import TEMPLATES, render_offline

# The index name is part of every key in Redis: a colon would end it, and * or ? would make it a pattern.
_INDEX = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LONGEST_S = 100 * 365 * 24 * 3600

_KEYS = {
    "threshold": "similarity_threshold",
    "ttl_s": "ttl",
    "index": "redis_semantic_cache_index_name",
    "embedding_model": "redis_semantic_cache_embedding_model",
}
# Types for YAML, which cannot write NumPy's numbers.
_TYPES: Mapping[str, type] = {"threshold": float, "ttl_s": int, "index": str, "embedding_model": str}


@dataclass(frozen=True)
class SemanticCacheSettings:
    """Settings that may differ from the template; None keeps the template's value.

    threshold        lowest cosine similarity, above 0 and up to 1, at which a cached answer is used
    ttl_s            whole seconds that an answer is kept
    index            name of the search index in Redis, one per embedding model; the default is kit-MODEL for an
                     embedding model other than the template's
    embedding_model  a model_name of the template's model_list

    Raises SettingsError for values that LiteLLM would silently misuse, such as a threshold of 90.
    """

    threshold: float | None = None
    ttl_s: int | None = None
    index: str | None = None
    embedding_model: str | None = None

    def __post_init__(self) -> None:
        threshold, ttl_s, index = self.threshold, self.ttl_s, self.index
        if threshold is not None and not (_is_number(threshold) and 0 < threshold <= 1):
            raise SettingsError(
                "threshold",
                str(threshold),
                "must be a number above 0 and up to 1. 1 accepts only the same text; 0.9 is a cautious start",
            )
        if ttl_s is not None and not (_is_number(ttl_s) and 1 <= ttl_s <= _LONGEST_S and ttl_s == int(ttl_s)):
            raise SettingsError(
                "ttl_s", str(ttl_s), "must be a whole number of seconds, at least 1. For example: ttl_s=60"
            )
        if index is not None and not (isinstance(index, str) and _INDEX.fullmatch(index)):
            raise SettingsError("index", str(index), "must be 1 to 100 letters, digits and . _ -")


@dataclass(frozen=True)
class SemanticConfig:
    """A rendered configuration: its text and its cache settings."""

    text: str
    threshold: float
    ttl_s: int
    index: str
    embedding_model: str


def render_semantic(
    env: Mapping[str, str], settings: SemanticCacheSettings | None = None, *, tracing: bool = True
) -> SemanticConfig:
    """The second gateway's configuration for an environment that has all PLACEHOLDERS (else KeyError).

    Raises SettingsError for an embedding model that the template does not have.
    """
    settings = settings or SemanticCacheSettings()
    template = (TEMPLATES / "semantic.yaml").read_text(encoding="utf-8")
    values = {
        key: _TYPES[name](value)
        for name, key in _KEYS.items()
        if (value := getattr(settings, name)) is not None
    }
    if settings.embedding_model is not None:
        known = _embedding_models(template)
        if settings.embedding_model not in known:
            raise SettingsError(
                "embedding_model",
                str(settings.embedding_model),
                f"is not an embedding model of the template, which has {', '.join(sorted(known))}",
            )
        if settings.embedding_model != _value(template, "embedding_model"):
            # The template's index holds vectors of another length: LiteLLM would switch to another index.
            values.setdefault(_KEYS["index"], f"kit-{settings.embedding_model}")
    for key, value in values.items():
        template = _with_value(template, key, value)
    text, _ = render_offline(env, template, tracing=tracing)
    return SemanticConfig(
        text,
        threshold=float(_value(text, "threshold")),
        ttl_s=int(_value(text, "ttl_s")),
        index=_value(text, "index"),
        embedding_model=_value(text, "embedding_model"),
    )


def _embedding_models(template: str) -> set[str]:
    model_list = lookup(read_document(template)[0], "model_list")
    named = {}
    for deployment in items(model_list.value if model_list else None):
        name, mode = lookup(deployment, "model_name"), lookup(deployment, "model_info", "mode")
        named[text_of(name.value) if name else None] = text_of(mode.value) if mode else None
    return {name for name, mode in named.items() if name and mode == "embedding"}


def _value(text: str, field: str) -> str:
    entry = lookup(read_document(text)[0], "litellm_settings", "cache_params", _KEYS[field])
    assert entry is not None, f"the template has no {_KEYS[field]}"  # noqa: S101  # its own file
    return text_of(entry.value) or str(entry.value.value)


def _with_value(text: str, key: str, value: str | float) -> str:
    """The text with one scalar of `cache_params` replaced; comments stay."""
    entry = lookup(read_document(text)[0], "litellm_settings", "cache_params", key)
    assert entry is not None, f"the template has no {key}"  # noqa: S101  # its own file
    node = entry.value
    # Written by YAML: LiteLLM would read 1e-05 as text, and an index called 7 as a number.
    written = yaml.safe_dump(value).splitlines()[0]
    return text[: node.start_mark.index] + written + text[node.end_mark.index :]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
