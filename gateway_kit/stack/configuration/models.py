"""The models of a configuration file: names, providers, and which of them are simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from gateway_kit.stack.configuration.document import entries, items, lookup, read_document, text_of

REFERENCE = "os.environ/"

# `gateway-kit up` fills in `${NAME}` for these: addresses of its services and a file name, none of them secret.
PLACEHOLDERS = ("PROVIDERS_URL", "CHAT_MODEL_URL", "EMBEDDINGS_URL", "SIMULATED_VERTEX_CREDENTIALS")


@dataclass(frozen=True)
class ModelRow:
    """One deployment. `model` is LiteLLM's PROVIDER/NAME; `simulated` if the simulator answers for it."""

    model_name: str
    model: str
    provider: str
    simulated: bool


def models_of_text(text: str, env: Mapping[str, str] | None = None) -> list[ModelRow]:
    """The deployments of a configuration in order, without those that lack a name or a model."""
    root, _ = read_document(text)
    model_list = lookup(root, "model_list")
    rows = []
    for deployment in items(model_list.value if model_list else None):
        row = _row(deployment, env or {})
        if row is not None:
            rows.append(row)
    return rows


def provider_of(model: str, custom_provider: str | None = None) -> str:
    """The provider of a LiteLLM model name; '' if the name has none."""
    if custom_provider:
        return custom_provider
    return model.split("/", 1)[0] if "/" in model else ""


def _row(deployment: yaml.Node, env: Mapping[str, str]) -> ModelRow | None:
    name = lookup(deployment, "model_name")
    model = lookup(deployment, "litellm_params", "model")
    model_name = text_of(name.value) if name else None
    model_text = text_of(model.value) if model else None
    if model_name is None or model_text is None:
        return None
    custom = lookup(deployment, "litellm_params", "custom_llm_provider")
    provider = provider_of(model_text, text_of(custom.value) if custom else None)
    params = lookup(deployment, "litellm_params")
    values = [text_of(entry.value) or "" for entry in entries(params.value if params else None)]
    return ModelRow(
        model_name, model_text, provider, any(_leads_to_simulator(value, env) for value in values)
    )


def _leads_to_simulator(value: str, env: Mapping[str, str]) -> bool:
    if value == REFERENCE + "PROVIDERS_URL":
        return True
    url = env.get("PROVIDERS_URL", "").rstrip("/")
    if value.startswith(REFERENCE):
        value = env.get(value.removeprefix(REFERENCE), "")
    return bool(url) and (value == url or value.startswith(url + "/"))
