"""Which deployments have a price: in the file, or in LiteLLM's list."""

from __future__ import annotations

import re

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.source import Way

_PRICE = re.compile(
    r"^(input|output)_cost_per_|^(cost_per_second|cost_per_query|tiered_pricing|ocr_cost_per_page)$"
)


def has_own_price(draft: Draft, deployment: Way) -> bool:
    """Whether the file gives the deployment a price, which LiteLLM then takes."""
    return any(
        _PRICE.search(str(key))
        for section in ("litellm_params", "model_info")
        for key in draft.keys(*deployment, section)
    )
