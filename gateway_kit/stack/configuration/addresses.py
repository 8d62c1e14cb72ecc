"""Findings about `api_base` and `api_version`: addresses that repeat the path LiteLLM adds, or lack a part of it.

What LiteLLM adds differs by provider; each provider here was tried against a server that reports the requested path
(1.106.2). For `hosted_vllm`, `deepseek`, `groq`, `openrouter`, `together_ai`, `xai`, `fireworks_ai`, `azure_ai` and
`huggingface` LiteLLM also accepts the whole address of a call, so they get no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import yaml

from gateway_kit.stack.configuration.document import Entry, entries, is_null, items, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.models import REFERENCE

# Providers for which LiteLLM always adds the path of the call, even if `api_base` ends with it.
_ADDS_PATH = frozenset(
    {
        "openai", "azure", "anthropic", "gemini", "ollama", "ollama_chat", "mistral", "lm_studio", "litellm_proxy",
        "perplexity", "nvidia_nim", "text-completion-openai", "custom_openai", "llamafile", "xinference",
        "databricks", "cerebras", "sambanova", "moonshot", "dashscope", "volcengine",
    }
)  # fmt: skip
# Paths of calls; the address of a server does not end with them.
_CALLS = ("/chat/completions", "/completions", "/embeddings", "/images/generations", "/responses")
# The path that LiteLLM adds for providers whose API is at the root of their server.
_AT_ROOT = {"ollama_chat": "/api/chat", "ollama": "/api/generate", "anthropic": "/v1/messages"}


def check_addresses(root: yaml.Node, env: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about the address of each deployment, if the file or a variable has it."""
    listed = lookup(root, "model_list")
    declared = lookup(root, "environment_variables")
    known = {**env, **{e.key: text_of(e.value) or "" for e in entries(declared.value if declared else None)}}
    everywhere = {key for key in ("api_base", "api_version") if lookup(root, "litellm_settings", key)}
    without_version: yaml.Node | None = None
    for deployment in items(listed.value if listed else None):
        provider = _provider(deployment)
        given = _first(deployment, "api_base", "base_url")
        if given is not None and (address := _value(given, known)):
            yield from _check_address(provider, given, address)
        if provider == "azure":
            yield from _check_azure_base(deployment, given, known, everywhere)
            if without_version is None and not _has_version(deployment, given, known, everywhere):
                without_version = (
                    place.value if (place := lookup(deployment, "litellm_params", "model")) else deployment
                )
    if without_version is not None:  # reported once: ten models of one provider are one mistake
        message = "this Azure model has no `api_version`: LiteLLM uses its own default, which changes with its version."
        fix = 'Add `api_version: "YYYY-MM-DD"` with the version that your models need, or set AZURE_API_VERSION.'
        yield finding_at(without_version, "warning", "azure", message, fix)


def _check_address(provider: str, given: Entry, address: str) -> Iterator[Finding]:
    path = urlsplit(address).path.rstrip("/") if _is_url(address) else ""
    place = given.value
    ending = next((call for call in _CALLS if path.endswith(call)), None)
    if provider in _ADDS_PATH and ending and not (provider == "azure" and "/deployments/" in path):
        message = f"`{given.key}` ends in {ending}, which LiteLLM adds itself: each call is 404."
        yield finding_at(place, "warning", "address", message, _fix(given, address, ending))
    elif provider in _AT_ROOT and path.endswith("/v1"):
        message = f"`{given.key}` ends in /v1, and LiteLLM adds {_AT_ROOT[provider]} to it: each call is 404."
        fix = _fix(given, address, "/v1")
        if provider != "anthropic":
            fix = f"{fix[:-1]}; for the API that Ollama has at /v1 write `model: openai/NAME`."
        yield finding_at(place, "warning", "address", message, fix)
    elif provider == "gemini" and "/v1" not in path:
        message = f"`{given.key}` has no API version; LiteLLM adds only /models/NAME to it for Gemini."
        fix = f"Write `{given.key}: {_shown(given, address.rstrip('/') + '/v1beta')}`."
        yield finding_at(place, "warning", "address", message, fix)
    elif not _is_url(address) and not (text_of(place) or "").startswith(REFERENCE):
        message = f"`{given.key}` is `{_shown(given, address)}`, but must begin with http:// or https://."
        yield finding_at(place, "warning", "address", message, f"Write `{given.key}: https://HOST`.")


def _check_azure_base(
    deployment: yaml.Node, base: Entry | None, env: Mapping[str, str], everywhere: set[str]
) -> Iterator[Finding]:
    model = lookup(deployment, "litellm_params", "model")
    if model is None or base is not None or "api_base" in everywhere or _has_credential(deployment):
        return
    if not env.get("AZURE_API_BASE", "").strip():
        message = "LiteLLM has no default address for Azure models, and this one has no `api_base`: each call fails."
        fix = "Add `api_base: https://NAME.openai.azure.com` to `litellm_params`, or set AZURE_API_BASE."
        yield finding_at(model.value, "warning", "azure", message, fix)


def _has_version(
    deployment: yaml.Node, base: Entry | None, env: Mapping[str, str], everywhere: set[str]
) -> bool:
    if "api_version" in everywhere or env.get("AZURE_API_VERSION", "").strip() or _has_credential(deployment):
        return True
    return _first(deployment, "api_version") is not None or (
        base is not None and "api-version=" in (_value(base, env) or "")
    )


def _has_credential(deployment: yaml.Node) -> bool:
    """Whether address and key come from `credential_list` or the database."""
    return _first(deployment, "litellm_credential_name") is not None


def _provider(deployment: yaml.Node) -> str:
    custom, model = _first(deployment, "custom_llm_provider"), _first(deployment, "model")
    if custom is not None:
        return text_of(custom.value) or ""
    name = (text_of(model.value) or "") if model else ""
    return name.partition("/")[0] if "/" in name else ""


def _first(deployment: yaml.Node, *keys: str) -> Entry | None:
    """The first of these parameters that has a value."""
    candidates = (lookup(deployment, "litellm_params", key) for key in keys)
    return next((entry for entry in candidates if entry is not None and not is_null(entry.value)), None)


def _value(entry: Entry, env: Mapping[str, str]) -> str | None:
    """A text, or the value of the variable it refers to; None if it is not known."""
    value = text_of(entry.value)
    if value is None or "${" in value:
        return None
    return env.get(value.removeprefix(REFERENCE)) if value.startswith(REFERENCE) else value.strip()


def _fix(given: Entry, address: str, ending: str) -> str:
    return f"Write `{given.key}: {_shown(given, address.rstrip('/').removesuffix(ending))}`."


def _shown(given: Entry, address: str) -> str:
    """An address for a message: without the value of a variable, and without a password."""
    value = text_of(given.value) or ""
    if value.startswith(REFERENCE):
        return f"{shown(value)} with another value"
    return shown(address) if "@" not in address else "https://***"


def _is_url(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:
        return False
