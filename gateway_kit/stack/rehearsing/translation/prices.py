"""Prices: which deployments have one, in the file or in LiteLLM's list, and how one is kept under another name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.models import facts_of, listed_as
from gateway_kit.stack.rehearsing.translation.source import Way

# These have prices for models of a size, which LiteLLM reads in the name: `…-70b-…`.
_BY_SIZE = ("together_ai", "fireworks_ai")
_SIZE = re.compile(r"\d+(\.\d+)?[bm]\b")
_PRICE = re.compile(r"^(input|output)_cost_per_|^(cost_per_second|cost_per_query|tiered_pricing)$")
# What LiteLLM knows of a model by its name: prices, sizes, abilities.
_FACT = re.compile(r"cost|^max_|^supports_|^tiered_pricing$|^mode$|^output_vector_size$")


def has_own_price(draft: Draft, deployment: Way) -> bool:
    """Whether the file gives the deployment a price, which LiteLLM then takes."""
    return any(
        _PRICE.search(str(key))
        for section in ("litellm_params", "model_info")
        for key in draft.keys(*deployment, section)
    )


def lacks_price(draft: Draft, deployment: Way, provider: str, name: str) -> bool:
    """Whether LiteLLM finds no price for a deployment, so that its calls cost nothing and no budget sees them."""
    if "*" in name or has_own_price(draft, deployment):
        return False
    if provider in _BY_SIZE and _SIZE.search(name.lower()):
        return False
    base = draft.get(*deployment, "model_info", "base_model") or draft.get(
        *deployment, "litellm_params", "base_model"
    )
    base = draft.resolved(base)
    listed = base if isinstance(base, str) and facts_of(base) else listed_as(provider, base or name)
    return not any(_PRICE.search(key) for key in facts_of(listed))


def keep_facts(draft: Draft, deployment: Way, provider: str, name: str) -> None:
    """Write what LiteLLM knows of the model into `model_info`, for a deployment that gets another name."""
    facts: Mapping[str, Any] = facts_of(listed_as(provider, name))
    info = (*deployment, "model_info")
    priced = has_own_price(draft, deployment)
    for key, value in facts.items():
        if _FACT.search(key) and key not in draft.keys(*info) and not (priced and "cost" in key):
            draft.put((*info, key), value)
