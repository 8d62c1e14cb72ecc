"""Names of keys, providers and models as LiteLLM writes them."""

from __future__ import annotations

import hashlib
from typing import Any

# What others call a provider, and LiteLLM's name.
_PROVIDERS = {
    "azure-openai": "azure", "azure_openai": "azure", "azureopenai": "azure", "google": "gemini", "aws": "bedrock",
    "google-ai-studio": "gemini", "vertex-ai": "vertex_ai", "google-vertex-ai": "vertex_ai", "workers-ai": "cloudflare",
    "aws-bedrock": "bedrock", "amazon-bedrock": "bedrock", "mistral-ai": "mistral", "together-ai": "together_ai",
}  # fmt: skip


def key_hash(value: Any) -> str | None:
    """A key as LiteLLM hashes it; the secret itself is never kept."""
    text = text_of(value)
    if text is None:
        return None
    return hashlib.sha256(text.encode()).hexdigest() if text.startswith("sk-") else text


def provider_model(model: Any, provider: Any) -> str | None:
    """The provider's model as LiteLLM writes it: `azure/gpt-4o`; OpenAI's without a prefix."""
    name, prefix = text_of(model), text_of(provider)
    prefix = None if prefix is None else _PROVIDERS.get(prefix.lower(), prefix.lower())
    if name is None or prefix is None or prefix == "openai" or name.startswith(f"{prefix}/"):
        return name
    return f"{prefix}/{name}"


def text_of(value: Any) -> str | None:
    """A text that says something; None for all else."""
    return value if isinstance(value, str) and value not in ("", "None", "null") else None
