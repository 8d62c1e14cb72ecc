"""A model's name as LiteLLM reads it: whose it is, and under which names it looks up its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.rehearsing.translation.bedrock import bare_names
from gateway_kit.stack.rehearsing.translation.price_list import in_lower_case, price_list

# The price list names kinds of models where LiteLLM means a provider.
_OWNERS = {"bedrock_converse": "bedrock", "text-completion-codestral": "codestral"}
_BY_NAME = (
    (("gpt-", "o1", "o3", "o4", "chatgpt-", "ft:gpt", "text-embedding-3", "dall-e"), "openai"),
    (("claude-",), "anthropic"),
    (("gemini-",), "vertex_ai"),
)


def split_model(model: str, custom_provider: str | None = None) -> tuple[str, str]:
    """The provider and the model's name without it; the provider is '' where LiteLLM knows none."""
    if custom_provider:
        return custom_provider, model.removeprefix(f"{custom_provider}/")
    first, slash, rest = model.partition("/")
    known = litellm_names().providers
    if slash and (first in known or not known):
        return first, rest
    return ("openai" if model == "*" else _owner(model)), model


def _owner(model: str) -> str:
    listed = facts_of(model).get("litellm_provider")
    if isinstance(listed, str):
        owner = _OWNERS.get(listed, listed)
        return "vertex_ai" if owner.startswith("vertex_ai") else owner
    return next((owner for beginnings, owner in _BY_NAME if model.startswith(beginnings)), "")


def facts_of(listed: str | None) -> Mapping[str, Any]:
    """What the price list says of a name in it; nothing for any other name."""
    entry = price_list().get(listed) if listed else None
    return entry if isinstance(entry, dict) else {}


def price_names(provider: str, name: str) -> Iterator[str]:
    """The names under which LiteLLM looks for a price, likeliest first."""
    yield f"{provider}/{name}"
    yield name
    if provider == "bedrock":
        yield from bare_names(name)
    if provider in ("ollama_chat", "cohere_chat"):
        yield f"{provider.removesuffix('_chat')}/{name}"
    if name.startswith("responses/"):
        yield from price_names(provider, name.removeprefix("responses/"))


def listed_as(provider: str, name: str) -> str | None:
    """The first of a model's names that LiteLLM's price list has, in any case; None if it has none of them."""
    prices, lower = price_list(), in_lower_case()
    for known in price_names(provider, name):
        if known in prices:
            return known
        if known.lower() in lower:
            return lower[known.lower()]
    return None
