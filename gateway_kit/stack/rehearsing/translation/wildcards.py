"""`model: "*"`, which takes any model of any provider: one deployment for each API that the simulator speaks."""

from __future__ import annotations

import copy
from typing import Any

from gateway_kit.stack.rehearsing.translation.draft import Draft

# Model names asked for → what LiteLLM calls. Any other name reaches `*`, which is led to OpenAI's API: what is like
# OpenAI is called at the same address.
_ALL = {
    "azure/*": "azure/*",
    "anthropic/*": "anthropic/*",
    "claude-*": "anthropic/claude-*",
    "bedrock/*": "bedrock/*",
    "vertex_ai/*": "vertex_ai/*",
    "gemini-*": "vertex_ai/gemini-*",
    "gemini/*": "gemini/*",
    "ollama/*": "ollama/*",
    "ollama_chat/*": "ollama_chat/*",
}


def expand_wildcards(draft: Draft) -> None:
    """Add deployments for the APIs other than OpenAI's to each `*`; LiteLLM takes the closest pattern."""
    named = {item.get("model_name") for _, item in draft.items("model_list") if isinstance(item, dict)}
    for number, item in draft.items("model_list"):
        if not isinstance(item, dict) or not isinstance(item.get("litellm_params"), dict):
            continue
        params = item["litellm_params"]
        if item.get("model_name") != "*" or params.get("model") != "*" or params.get("custom_llm_provider"):
            continue
        added = []
        for name, model in _ALL.items():
            if name in named:
                continue
            deployment: dict[str, Any] = copy.deepcopy(item)
            deployment["model_name"] = name
            deployment["litellm_params"]["model"] = model
            if isinstance(deployment.get("model_info"), dict):
                deployment["model_info"].pop("id", None)
            draft.append(("model_list",), deployment, like=("model_list", number))
            added.append(name)
        way = ("model_list", number, "litellm_params", "model")
        draft.say(
            "replaced",
            way,
            "each API has an address of its own at the simulator",
            now=f"*, {', '.join(added)}",
        )
