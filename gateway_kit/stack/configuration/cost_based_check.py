"""Findings about `cost-based-routing`: deployments whose price LiteLLM 1.106.2 does not find when it compares.

The router looks up `base_model` and then `model` in the price list, each exactly as written; billing also tries the
name without its provider. So `azure/gpt-4o-mini` has a price for the router and `openai/gpt-4o-mini` has none. A
deployment without a price counts as the most expensive one; if none has a price, the first in the file is taken. A
price in the file needs both the input and the output cost, and 0 counts as no price
(litellm/router_strategy/lowest_cost.py; tried on the proxy).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import Entry, items, lookup, number_of, text_of
from gateway_kit.stack.configuration.findings import Finding, finding_at, shown
from gateway_kit.stack.configuration.litellm_names import LiteLLMNames
from gateway_kit.stack.configuration.models import REFERENCE

STRATEGY = "cost-based-routing"


def check_cost_based_routing(root: yaml.Node, names: LiteLLMNames) -> Iterator[Finding]:
    """Findings about deployments that the strategy chooses from, if a name or group has several."""
    if not names.priced_models:
        return
    listed = lookup(root, "model_list")
    deployments = items(listed.value if listed else None)
    compared = _compared(root, Counter(map(_name, deployments)))
    for deployment in deployments:
        model = lookup(deployment, "litellm_params", "model")
        if _name(deployment) in compared and model is not None and not _has_price(deployment, model, names):
            written = text_of(model.value) or ""
            bare = written.partition("/")[2]
            message = f"`{STRATEGY}` finds no price for `{shown(written)}`, and treats it as the most expensive one."
            fix = (
                f"Write `base_model: {shown(bare)}` under its `model_info`."
                if bare in names.priced_models
                else "Write `input_cost_per_token` and `output_cost_per_token` under `litellm_params`, both above 0."
            )
            yield finding_at(model.value, "warning", "no-price", message, fix)


def _compared(root: yaml.Node, counts: Counter[str]) -> set[str]:
    """The model names whose deployments are compared by cost; `counts` has the number of deployments of each name.

    A group's strategy applies to its members; a call to the group itself compares all of them.
    """
    by_default = _is_by_cost(lookup(root, "router_settings", "routing_strategy"))
    compared = {name for name, count in counts.items() if by_default and name and count > 1}
    groups = lookup(root, "router_settings", "routing_groups")
    for group in items(groups.value if groups else None):
        members = lookup(group, "models")
        models = {text_of(node) or "" for node in items(members.value if members else None)}
        if not _is_by_cost(lookup(group, "routing_strategy")):
            compared -= models
        elif sum(counts[model] for model in models) > 1:
            compared |= models
    return compared


def _is_by_cost(strategy: Entry | None) -> bool:
    return strategy is not None and text_of(strategy.value) == STRATEGY


def _name(deployment: yaml.Node) -> str:
    name = lookup(deployment, "model_name")
    return (text_of(name.value) if name else None) or ""


def _has_price(deployment: yaml.Node, model: Entry, names: LiteLLMNames) -> bool:
    halves = (lookup(deployment, "litellm_params", f"{half}_cost_per_token") for half in ("input", "output"))
    if all(half is not None and number_of(half.value) != 0 for half in halves):
        return True
    bases = (lookup(deployment, section, "base_model") for section in ("model_info", "litellm_params"))
    written = [text_of(entry.value) or "" for entry in (*bases, model) if entry is not None]
    return any(name in names.priced_models or name.startswith(REFERENCE) for name in written)
