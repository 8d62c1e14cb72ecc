"""Each provider that a translation leads to the simulator is called there by LiteLLM, and known by its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import yaml
from conftest import Simulator
from late_litellm import litellm

from gateway_kit.stack.rehearsing.translation import Translation, translate
from gateway_kit.stack.rehearsing.translation.price_list import price_list
from gateway_kit.stack.rehearsing.translation.providers import PROVIDERS

# Models of the providers that have formats of their own; the others are asked for a model that nobody has.
OWN = {
    "azure": "gpt-4o",
    "azure_text": "gpt-35-turbo-instruct",
    "anthropic": "claude-sonnet-4-5",
    "bedrock": "converse/us.amazon.nova-lite-v1:0",
    "vertex_ai": "gemini-2.5-flash",
    "vertex_ai_beta": "gemini-2.5-flash",
    "gemini": "gemini-2.5-flash",
    "ollama": "llama3.2",
    "ollama_chat": "llama3.2",
}
ONLY_EMBED = {"openai_like", "jina_ai", "voyage", "infinity"}
# Other routes, partners' models, names without a provider, embeddings.
FURTHER = (
    "gpt-4o",
    "claude-sonnet-4-5",
    "azure/our-own-deployment",
    "openai/o3-mini",
    "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0",
    "bedrock/invoke/us.meta.llama3-1-8b-instruct-v1:0",
    "bedrock/mistral.mistral-7b-instruct-v0:2",
    "bedrock/us-east-1/meta.llama3-8b-instruct-v1:0",
    "bedrock/converse/arn:aws:bedrock:us-east-1:123:application-inference-profile/abc",
    "bedrock/us.deepseek.r1-v1:0",
    "vertex_ai/claude-sonnet-4-5@20250929",
    "vertex_ai/meta/llama-3.1-405b-instruct-maas",
    "vertex_ai/mistral-large@2411",
    "azure_ai/claude-sonnet-4-5",
    "openrouter/openai/gpt-4o:nitro",
    "cohere/command-r-08-2024",
    "watsonx/ibm/granite-3-8b-instruct",
    "openai/text-embedding-3-small",
    "azure/text-embedding-3-large",
    "bedrock/amazon.titan-embed-text-v2:0",
    "bedrock/cohere.embed-english-v3",
    "vertex_ai/text-embedding-005",
    "gemini/gemini-embedding-001",
    "mistral/mistral-embed",
    "ollama/nomic-embed-text",
    "perplexity/pplx-embed-v1-0.6b",
)


def configuration() -> str:
    models = [f"{provider}/{OWN.get(provider, 'a-model-that-nobody-has')}" for provider in PROVIDERS]
    listed = []
    for number, model in enumerate([*models, *FURTHER]):
        embeds = model.partition("/")[0] in ONLY_EMBED or "embed" in model
        listed.append(
            {
                "model_name": f"m{number}",
                "litellm_params": {"model": model, "api_key": f"os.environ/KEY_{number}"},
                **({"model_info": {"mode": "embedding"}} if embeds else {}),
            }
        )
    return yaml.safe_dump({"model_list": listed}, sort_keys=False)


@pytest.fixture(scope="module")
def translation(rehearsing: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Translation:
    file = tmp_path_factory.mktemp("configuration") / "config.yaml"
    file.write_text(configuration())
    return translate(file, {}, simulator_url=rehearsing.url, as_openai=True)


def parameters(model: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    """A deployment's parameters as LiteLLM's router passes them on."""
    return {
        key: env[value.removeprefix("os.environ/")] if str(value).startswith("os.environ/") else value
        for key, value in model["litellm_params"].items()
    }


def call(model: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """What went wrong with a call of the deployment; empty if it was answered."""
    given = {**parameters(model, env), "num_retries": 0, "timeout": 60, "drop_params": True}
    try:
        if model["model_info"].get("mode") == "embedding":
            return "" if len(litellm.embedding(input=["hello"], **given).data) == 1 else "no vector"
        answer = litellm.completion(messages=[{"role": "user", "content": "hello"}], **given)
        return "" if answer.choices[0].message.content else "no text"
    except Exception as exc:  # each provider's failure is told
        return f"{type(exc).__name__}: {exc}"[:300]


def test_each_provider_answers_under_its_label(
    translation: Translation, rehearsing: Simulator, http: httpx.Client
):
    models = yaml.safe_load(translation.text)["model_list"]
    assert len(models) == len(translation.deployments) == len(PROVIDERS) + len(FURTHER)
    outcomes = [call(model, translation.env) for model in models]
    failed = {
        deployment.model: outcome
        for deployment, outcome in zip(translation.deployments, outcomes, strict=True)
        if outcome
    }
    assert failed == {}
    rows = http.get(f"{rehearsing.url}/_sim/journal", params={"limit": 1000}).json()["rows"]
    answered = {(row["deployment"], row["provider"]) for row in rows if row["status"] == 200}
    wanted = {(deployment.label, deployment.dialect) for deployment in translation.deployments}
    assert wanted - answered == set()


def test_a_model_that_is_rehearsed_under_another_name_keeps_its_price(translation: Translation):
    models = {model["model_name"]: model for model in yaml.safe_load(translation.text)["model_list"]}
    prices = {
        deployment.model: models[deployment.model_name]["model_info"].get("input_cost_per_token")
        for deployment in translation.deployments
        if deployment.model in ("vertex_ai/claude-sonnet-4-5@20250929", "cohere/command-r-08-2024")
    }
    listed = price_list()
    assert prices == {
        "vertex_ai/claude-sonnet-4-5@20250929": listed["vertex_ai/claude-sonnet-4-5@20250929"][
            "input_cost_per_token"
        ],
        "cohere/command-r-08-2024": listed["command-r-08-2024"]["input_cost_per_token"],
    }
