"""What a model with prices of one's own may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.api import checks, issues, rules, shapes
from gateway_kit.stack.servers.tracestore.api.models.patterns import MAX_CHARS, fault

UNITS = ("TOKENS", "CHARACTERS", "MILLISECONDS", "SECONDS", "REQUESTS", "IMAGES")
FLAT_PRICES = ("inputPrice", "outputPrice", "totalPrice")
_EITHER = "Must provide either flat prices (inputPrice/outputPrice/totalPrice) OR pricingTiers"
_TOTAL_ALONE = "If input and/or output price is set, total price must be null"
_UNSAFE = "Invalid regex pattern: must be valid regex and not cause catastrophic backtracking"

_USAGE_CONDITION = shapes.fields(
    {
        "usageDetailPattern": shapes.text(
            least=1,
            least_message="Pattern cannot be empty",
            most=MAX_CHARS,
            most_message=f"Pattern exceeds maximum length of {MAX_CHARS} characters",
            rules=[rules.holds(lambda sent: not fault(sent), _UNSAFE)],
        ),
        "operator": shapes.choice(("gt", "gte", "lt", "lte", "eq", "neq")),
        "value": shapes.number(rules.at_least(0)),
        "caseSensitive": shapes.optional(shapes.boolean(), False),
    }
)
_ATTRIBUTE_CONDITION = shapes.fields(
    {
        "source": shapes.choice(("model_parameters", "metadata")),
        "key": shapes.text(least=1, least_message="Key cannot be empty", most=200),
        "operator": shapes.choice(("in",)),
        "values": shapes.listed(shapes.text(least=1, least_message="Value cannot be empty"), least=1),
    }
)
_TIER = shapes.fields(
    {
        "name": shapes.text(
            is_trimmed=True,
            least=1,
            least_message="Name cannot be empty",
            most=100,
            most_message="Name exceeds maximum length of 100 characters",
        ),
        "isDefault": shapes.optional(shapes.boolean(), False),
        "priority": shapes.number(
            rules.whole("Priority must be an integer"),
            rules.at_least(0, "Priority must be non-negative"),
            rules.at_most(999, "Priority cannot exceed 999"),
        ),
        "conditions": shapes.listed(shapes.any_of(_USAGE_CONDITION, _ATTRIBUTE_CONDITION)),
        "prices": shapes.record(shapes.number(rules.at_least(0, "Price must be non-negative"))),
    }
)


def _prices(sent: Mapping[str, Any], path: issues.Path, wrong: checks.Issues) -> None:
    flat = any(sent.get(name) is not None for name in FLAT_PRICES)
    tiers = sent.get("pricingTiers")
    if flat and tiers:
        wrong.append(issues.custom(path, f"{_EITHER}, not both"))
    elif not flat and not tiers:
        wrong.append(issues.custom(path, _EITHER))
    elif flat and (sent.get("inputPrice") or sent.get("outputPrice")) and sent.get("totalPrice"):
        wrong.append(issues.custom([*path, "totalPrice"], _TOTAL_ALONE))
    elif tiers and (found := _fault_of_tiers(tiers)):
        wrong.append(issues.custom([*path, "pricingTiers"], found))


def _fault_of_tiers(tiers: list[dict[str, Any]]) -> str:
    """Why the tiers do not belong together; '' if they do."""
    defaults = [tier for tier in tiers if tier["isDefault"]]
    if not defaults:
        return "Exactly one pricing tier must have isDefault: true"
    if len(defaults) > 1:
        return f"Only one pricing tier can have isDefault: true, found {len(defaults)}"
    (default,) = defaults
    if default["priority"] != 0:
        return "Default pricing tier must have priority: 0"
    if default["conditions"]:
        return "Default pricing tier must have empty conditions array"
    for tier in tiers:
        if not tier["isDefault"] and not tier["conditions"]:
            return f'Non-default pricing tier "{tier["name"]}" must have at least one condition'
    if len({tier["priority"] for tier in tiers}) < len(tiers):
        return "Pricing tier priorities must be unique within a model"
    if len({tier["name"] for tier in tiers}) < len(tiers):
        return "Pricing tier names must be unique"
    for tier in tiers:
        for condition in tier["conditions"]:
            pattern = condition.get("usageDetailPattern")
            if pattern is not None and (found := fault(pattern)):
                return f'Invalid regex pattern in tier "{tier["name"]}": {found}'
    return _fault_of_keys(tiers, sorted(default["prices"]))


def _fault_of_keys(tiers: list[dict[str, Any]], expected: list[str]) -> str:
    for tier in tiers:
        if not tier["prices"]:
            return f'Pricing tier "{tier["name"]}" must have at least one price defined'
    for tier in tiers:
        if (got := sorted(tier["prices"])) != expected:
            return (
                f'Pricing tier "{tier["name"]}" must have the same usage keys as the default tier. '
                f"Expected: [{', '.join(expected)}], Got: [{', '.join(got)}]"
            )
    return ""


_PRICE = shapes.nullish(shapes.number(rules.at_least(0)))
NEW = shapes.fields(
    {
        "modelName": shapes.text(),
        "matchPattern": shapes.text(),
        "startDate": shapes.nullish(shapes.date),
        **dict.fromkeys(FLAT_PRICES, _PRICE),
        "unit": shapes.choice(UNITS),
        "tokenizerId": shapes.nullish(shapes.choice(("openai", "claude"))),
        "tokenizerConfig": shapes.nullish(shapes.json_value),
        "pricingTiers": shapes.nullish(shapes.listed(_TIER)),
    },
    _prices,
)
