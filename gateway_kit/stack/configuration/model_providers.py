"""Findings about the provider of a model: unknown ones, none, and one that takes no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import yaml

from gateway_kit.stack.configuration.document import entries, is_null, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, Level, closest, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames
from gateway_kit.stack.configuration.models import REFERENCE

# Common names of a provider, and LiteLLM's name for it.
_OTHER_WORDS = {
    "claude": "anthropic", "gpt": "openai", "chatgpt-api": "openai", "open_ai": "openai",
    "azure_openai": "azure", "azureopenai": "azure", "azure-openai": "azure",
    "aws": "bedrock", "amazon": "bedrock", "aws_bedrock": "bedrock",
    "google": "gemini", "googleai": "gemini", "google_ai_studio": "gemini",
    "vertex": "vertex_ai", "vertexai": "vertex_ai", "vertex-ai": "vertex_ai", "gcp": "vertex_ai",
}  # fmt: skip

# The beginnings of models' names, and whose they are.
_FAMILIES = {
    "claude": "anthropic", "gemini": "gemini", "command": "cohere", "embed-": "cohere", "mistral": "mistral",
    "codestral": "mistral", "deepseek": "deepseek", "grok": "xai", "sonar": "perplexity",
}  # fmt: skip


def check_provider(params: yaml.Node, node: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about the provider of the model at `node`, one of a deployment's `litellm_params`."""
    custom = lookup(params, "custom_llm_provider")
    custom_provider = text_of(custom.value) if custom else None
    model = text_of(node) or ""
    if not names.providers or model.startswith(REFERENCE) or model == "*":
        return
    if custom_provider is not None:
        prefix, is_custom = custom_provider, True
    elif "/" in model:
        prefix, is_custom = model.split("/", 1)[0], False
        if not model.split("/", 1)[1].strip():
            # Azure has a default deployment for images.
            level: Level = "warning" if prefix == "azure" else "error"
            message = f"`{shown(model)}` names a provider and no model."
            yield finding_at(node, level, "shape", message, "Write `model: PROVIDER/MODEL`.")
    else:
        if model not in names.bare_models and not any(re.search(p, model) for p in names.bare_patterns):
            message = f"`{shown(model)}` has no provider, and LiteLLM does not know whose model it is."
            likely = _likely_provider(model, params)
            fix = f"Write it as PROVIDER/{shown(model)}, for instance {likely}/{shown(model)}."
            yield finding_at(node, "error", "no-provider", message, fix)
        else:
            yield from _check_key_of_gemini(params, node, model)
        return
    if prefix in names.providers or (not is_custom and model in names.priced_models):
        return
    folded = prefix.casefold()
    meant = (
        folded
        if folded in names.providers
        else _OTHER_WORDS.get(folded) or closest(prefix, names.providers, 0.7)
    )
    message = f"LiteLLM does not know the provider `{shown(prefix)}`."
    if meant:
        fix = (
            f"Did you mean `{meant}`?"
            if is_custom
            else f"Did you mean `{meant}/{shown(model.split('/', 1)[1])}`?"
        )
    else:
        fix = "Write one it knows: openai, azure, anthropic, bedrock, vertex_ai, gemini, ollama_chat, ..."
    yield finding_at(node, "error", "unknown-provider", message, fix)


def _likely_provider(model: str, params: yaml.Node) -> str:
    """The provider for an example: the server's at `api_base`, or whose models have such names."""
    base = lookup(params, "api_base")
    address = text_of(base.value) if base else None
    if address and not address.startswith(REFERENCE):
        try:
            server = urlsplit(address)
            is_ollama = server.port == 11434 or "ollama" in (server.hostname or "")
        except ValueError:
            is_ollama = False
        return "ollama_chat" if is_ollama else "openai"
    name = model.casefold()
    return next((whose for begin, whose in _FAMILIES.items() if name.startswith(begin)), "openai")


def _check_key_of_gemini(params: yaml.Node, node: yaml.Node, model: str) -> Iterator[Finding]:
    """A finding about a key for Gemini without `gemini/`: LiteLLM calls Vertex AI, whose credentials are others."""
    given = {entry.key for entry in entries(params) if not is_null(entry.value)}
    if (
        not model.startswith("gemini-")
        or "api_key" not in given
        or any(k.startswith("vertex_") for k in given)
    ):
        return
    message = (
        f"`{shown(model)}` is a model of Vertex AI to LiteLLM, which takes no `api_key`: each call fails."
    )
    fix = f"Write `model: gemini/{shown(model)}` for a key of Google AI Studio."
    yield finding_at(node, "error", "wrong-provider", message, fix)
