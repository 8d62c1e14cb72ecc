"""Findings about models `langfuse/MODEL`, which put a prompt of the trace store before the calls of another model.

As LiteLLM 1.106.12 treats them: with a second deployment of the same name it takes `langfuse` for a provider. MODEL
counts if the prompt's config names none; unless it is a model of the gateway, it is asked at its provider itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import items, lookup, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown

_PREFIX = "langfuse/"


def check_prompt_models(root: yaml.Node) -> Iterator[Finding]:
    """Findings about each of these models: that it is the only one of its name, and whose model it calls."""
    listed = lookup(root, "model_list")
    deployments = items(listed.value if listed else None)
    counts = Counter(_text(deployment, "model_name") for deployment in deployments)
    has_more = lookup(root, "include") is not None
    for deployment in deployments:
        model = lookup(deployment, "litellm_params", "model")
        written = text_of(model.value) or "" if model else ""
        if model is None or not written.startswith(_PREFIX):
            continue
        name, target = _text(deployment, "model_name"), written.removeprefix(_PREFIX)
        if counts[name] > 1:
            message = (
                f"`{shown(name)}` has other deployments, with which LiteLLM puts no prompt before its calls."
            )
            fix = "Give it a name of its own."
            yield finding_at(model.value, "error", "prompt-model", message, fix)
        elif target not in counts and not has_more:
            message = (
                f"no model of this file is named `{shown(target)}`: unless the prompt's config names a model, "
                "calls go past the gateway's models."
            )
            fix = f"Write `model: {_PREFIX}NAME` with the `model_name` of another deployment."
            yield finding_at(model.value, "warning", "prompt-model", message, fix)


def _text(deployment: yaml.Node, key: str) -> str:
    entry = lookup(deployment, key)
    return (text_of(entry.value) if entry else None) or ""
