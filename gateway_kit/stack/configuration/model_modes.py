"""LiteLLM's mode of a deployment's model (`chat`, `embedding`, …), and the names of its price list."""

from __future__ import annotations

import yaml

from gateway_kit.stack.configuration.document import lookup, text_of
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames


def mode_of(deployment: yaml.Node, names: LiteLLMNames) -> str | None:
    """LiteLLM's mode of the deployment's model: `chat`, `embedding`, …; None if it is not known."""
    own = lookup(deployment, "model_info", "mode")
    if own is not None and (mode := text_of(own.value)):
        return mode
    return next((names.model_modes[m] for m in priced_names(deployment) if m in names.model_modes), None)


def priced_names(deployment: yaml.Node) -> list[str]:
    """The names under which LiteLLM's price list may have the deployment's model."""
    model = lookup(deployment, "litellm_params", "model")
    name = (text_of(model.value) or "") if model else ""
    return [name, name.partition("/")[2]]
