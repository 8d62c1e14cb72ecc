"""Checking cost-based routing: only deployments without a price in LiteLLM are reported."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import TEMPLATES, check_text
from tests.unit.test_configuration_check import ENV, TRACING, assert_finding, only

BY_COST = "router_settings: {routing_strategy: cost-based-routing}\n"
GROUP = "  routing_groups: [{group_name: mine, models: [chat], routing_strategy: %s}]\n"
AZURE = (
    "{model: azure/gpt-4o-mini, api_key: x, api_base: os.environ/AZURE_API_BASE, api_version: '2024-10-21'}"
)


def two(params: str, strategy: str = BY_COST, *, name: str = "chat", info: str = "{}") -> str:
    """A file with two deployments: one that has a price as it is written, and one of these parameters (line 5)."""
    return (
        "model_list:\n"
        f"  - model_name: chat\n    litellm_params: {AZURE}\n"
        f"  - model_name: {name}\n    litellm_params: {params}\n    model_info: {info}\n{strategy}"
    )


@pytest.mark.parametrize(
    ("model", "fix"),
    [
        ("openai/gpt-4o-mini", "`base_model: gpt-4o-mini` under its `model_info`"),
        ("anthropic/claude-haiku-4-5", "`base_model: claude-haiku-4-5`"),
        ("openai/my-own-model", "`input_cost_per_token`"),
        ("openai/my-own-model, input_cost_per_token: 0, output_cost_per_token: 0", "above 0"),
        ("openai/my-own-model, output_cost_per_token: 1.0e-06", "`input_cost_per_token`"),
    ],
)
@pytest.mark.parametrize(
    "strategy",
    [
        BY_COST,
        "router_settings:\n" + GROUP % "cost-based-routing",
        "router_settings:\n  routing_strategy: least-busy\n" + GROUP % "cost-based-routing",
    ],
)
def test_a_deployment_without_a_known_price_is_reported(model: str, fix: str, strategy: str) -> None:
    finding = only(two(f"{{model: {model}}}", strategy))
    assert_finding(finding, 5, "warning", "no-price", model.partition(",")[0], "most expensive", fix)


def test_a_group_compares_names_with_one_deployment_each() -> None:
    members = GROUP.replace("[chat]", "[chat, other]") % "cost-based-routing"
    finding = only(two("{model: openai/gpt-4o-mini}", "router_settings:\n" + members, name="other"))
    assert_finding(finding, 5, "warning", "no-price", "openai/gpt-4o-mini")


@pytest.mark.parametrize(
    "text",
    [
        two(AZURE.replace("gpt-4o-mini", "gpt-4o")),
        two("{model: openai/gpt-4o-mini}", info="{base_model: gpt-4o-mini}"),
        two("{model: openai/gpt-4o-mini, base_model: gpt-4o-mini}"),
        two("{model: openai/my-own-model, input_cost_per_token: 1.0e-06, output_cost_per_token: 1.0e-06}"),
        two("{model: openai/my-own-model, input_cost_per_token: os.environ/OPENAI_API_KEY, "
            "output_cost_per_token: 1.0e-06}"),
        two("{model: os.environ/OPENAI_API_KEY}"),
        two("{model: openai/gpt-4o-mini}", name="other"),
        two("{model: openai/gpt-4o-mini}", "router_settings:\n" + GROUP % "cost-based-routing", name="other"),
        two("{model: openai/gpt-4o-mini}", strategy=""),
        two("{model: openai/gpt-4o-mini}", strategy="router_settings: {routing_strategy: least-busy}\n"),
        two("{model: openai/gpt-4o-mini}", BY_COST.replace("{", "{routing_groups: [{group_name: mine, "
            "models: [chat], routing_strategy: least-busy}], ")),
    ],
)  # fmt: skip
def test_known_or_unneeded_prices_give_no_finding(text: str) -> None:
    assert check_text(text, ENV) == []


def test_the_offline_templates_deployments_can_be_compared() -> None:
    text = (TEMPLATES / "offline.yaml").read_text()
    assert text.count("routing_strategy: simple-shuffle") == 1
    assert check_text(text.replace("simple-shuffle", "cost-based-routing"), TRACING) == []
