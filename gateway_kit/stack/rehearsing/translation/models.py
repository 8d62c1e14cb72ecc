"""A model's name as LiteLLM reads it: whose it is, and under which names it looks up its price."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.configuration.litellm_source import folder_of, json_of

_PRICES = "model_prices_and_context_window_backup.json"
# The price list names groups of models where LiteLLM means a provider.
_OWNERS = {
    "bedrock_converse": "bedrock", "text-completion-codestral": "codestral", "cohere_chat": "cohere_chat",
}  # fmt: skip
_BEDROCK_ROUTES = ("converse", "invoke", "converse_like", "agent", "agentcore", "async_invoke", "openai", "llama",
                   "deepseek_r1", "qwen3", "qwen2", "mantle")  # fmt: skip
_AWS_REGION = re.compile(r"[a-z]{2}(-gov)?-[a-z]+-\d$")
_AREA = re.compile(r"^(us|us-gov|eu|apac|au|jp|ca|sa|me|global)\.")


@functools.cache
def price_list() -> Mapping[str, Any]:
    """LiteLLM's price list; empty if LiteLLM is not installed."""
    folder = folder_of("litellm")
    return json_of(folder / _PRICES) if folder else {}


def split_model(model: str, custom_provider: str | None = None) -> tuple[str, str]:
    """The provider and the model's name without it; the provider is '' where LiteLLM knows none."""
    if custom_provider:
        return custom_provider, model.removeprefix(f"{custom_provider}/")
    names = litellm_names()
    first, slash, rest = model.partition("/")
    if slash and (first in names.providers or not names.providers):
        return first, rest
    if model == "*":
        return "openai", model
    return _owner(model), model


def _owner(model: str) -> str:
    entry = price_list().get(model)
    listed = entry.get("litellm_provider") if isinstance(entry, dict) else None
    if isinstance(listed, str):
        owner = _OWNERS.get(listed, listed)
        return "vertex_ai" if owner.startswith("vertex_ai") else owner
    if model.startswith(("gpt-", "o1", "o3", "o4", "chatgpt-", "ft:gpt", "text-embedding-3", "gpt-image")):
        return "openai"
    if model.startswith("claude-"):
        return "anthropic"
    return "vertex_ai" if model.startswith("gemini-") else ""


def route_of_bedrock(model: str) -> str:
    """The route in a Bedrock model's name (`converse/…`); '' without one, where LiteLLM chooses by the model."""
    first, slash, rest = model.partition("/")
    if slash and _AWS_REGION.match(first):
        first, slash, _ = rest.partition("/")
    return first if slash and first in _BEDROCK_ROUTES else ""


def family_of_bedrock(model: str) -> str:
    """Whose model it is: `anthropic` of `invoke/us.anthropic.claude-…`."""
    return _AREA.sub("", model.rpartition("/")[2]).partition(".")[0]


def price_names(provider: str, name: str) -> Iterator[str]:
    """The names under which LiteLLM looks for a price, likeliest first."""
    yield f"{provider}/{name}"
    yield name
    if provider == "bedrock":
        bare = name.rpartition("/")[2]
        yield bare
        yield _AREA.sub("", bare)
    if provider in ("ollama_chat", "vertex_ai_beta", "azure_text", "cohere_chat"):
        yield f"{provider.rpartition('_')[0]}/{name}"
    if provider == "openrouter" and "/" in name:
        yield f"openrouter/{name}"


def priced_as(provider: str, name: str) -> str | None:
    """The first of a model's names that LiteLLM's price list has, with a price or with none; None if it has none."""
    prices = price_list()
    return next((known for known in price_names(provider, name) if known in prices), None)
