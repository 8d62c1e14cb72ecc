"""Rendering the offline template: golden files, real providers by their keys, no secret in the text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.configuration import ModelRow, check_text, models_of_text, render_offline
from gateway_kit.stack.configuration.offline import REAL_PROVIDERS

GOLDEN = Path(__file__).parent / "golden"

STACK = {
    "PROVIDERS_URL": "http://127.0.0.1:4010",
    "CHAT_MODEL_URL": "http://127.0.0.1:8090/v1",
    "EMBEDDINGS_URL": "http://127.0.0.1:8091/v1",
    "SIMULATED_VERTEX_CREDENTIALS": "/state/vertex.json",
    "LANGFUSE_HOST": "http://127.0.0.1:3001",
    "LANGFUSE_PUBLIC_KEY": "given",
    "LANGFUSE_SECRET_KEY": "given",
}

ALL_KEYS = {
    "OPENAI_API_KEY": "secret-openai",
    "ANTHROPIC_API_KEY": "secret-anthropic",
    "AZURE_API_KEY": "secret-azure",
    "AZURE_API_BASE": "https://secret-resource.example",
    "GEMINI_API_KEY": "secret-gemini",
    "AWS_ACCESS_KEY_ID": "secret-aws-id",
    "AWS_SECRET_ACCESS_KEY": "secret-aws-key",
    "AWS_REGION_NAME": "secret-region",
    "GOOGLE_APPLICATION_CREDENTIALS": "/secret/google.json",
    "VERTEX_PROJECT": "secret-project",
    "OLLAMA_API_BASE": "http://secret-ollama.example:11434",
}

BRIEF_MODELS = {
    "gpt-3.5-turbo": ["openai/gpt-3.5-turbo"],
    "gpt-4o-mini": ["openai/gpt-4o-mini"],
    "gpt-5-nano": ["openai/gpt-5-nano"],
    "text-embedding-3-small": ["openai/text-embedding-3-small"],
    "azure-gpt-4o-mini": ["azure/gpt-4o-mini"],
    "claude-haiku-4-5": ["anthropic/claude-haiku-4-5"],
    "bedrock-llama2-13b": ["bedrock/converse/meta.llama2-13b-chat-v1"],
    "bedrock-llama3-8b": ["bedrock/converse/us.meta.llama3-1-8b-instruct-v1:0"],
    "bedrock-nova-micro": ["bedrock/converse/us.amazon.nova-micro-v1:0"],
    "gemini-pro": ["vertex_ai/gemini-1.5-pro"],
    "gemini-flash-lite": ["gemini/gemini-3.1-flash-lite"],
    "phi3": ["ollama_chat/phi3"],
    "nomic-embed-text": ["ollama/nomic-embed-text"],
    "smollm2": ["openai/smollm2-135m-instruct"],
    "local-embed": ["openai/all-minilm-l6-v2"],
    "smart": ["openai/gpt-4o-mini", "azure/gpt-4o-mini", "anthropic/claude-haiku-4-5"],
}


def deployments(text: str) -> list[dict[str, dict[str, str]]]:
    loaded: list[dict[str, dict[str, str]]] = yaml.safe_load(text)["model_list"]
    return loaded


@pytest.mark.parametrize(
    ("name", "env"), [("offline_simulated.yaml", STACK), ("offline_all_real.yaml", {**STACK, **ALL_KEYS})]
)
def test_rendered_text_equals_the_golden_file(name: str, env: dict[str, str]) -> None:
    """After an intended change: UPDATE_GOLDEN=1 python -m pytest tests/unit, then review the diff."""
    text, _ = render_offline(env)
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text()


def test_every_model_is_listed_and_only_the_local_ones_are_real() -> None:
    _, rows = render_offline(STACK)
    models: dict[str, list[str]] = {}
    for row in rows:
        models.setdefault(row.model_name, []).append(row.model)
    assert models == BRIEF_MODELS
    assert {row.model_name for row in rows if not row.simulated} == {"smollm2", "local-embed"}
    assert {row.provider for row in rows} == {
        "openai", "azure", "anthropic", "bedrock", "vertex_ai", "gemini", "ollama_chat", "ollama",
    }  # fmt: skip


def test_settings_are_those_the_lessons_rely_on() -> None:
    config = yaml.safe_load(render_offline(STACK)[0])
    settings = config["litellm_settings"]
    assert (settings["drop_params"], settings["telemetry"], settings["cache"]) == (True, False, True)
    # LiteLLM's default is 600: a worker would keep answering from its memory long after an entry has expired.
    assert settings["cache_params"] == {"type": "redis", "ttl": 60, "default_in_memory_ttl": 5}
    assert config["general_settings"]["store_model_in_db"] is True
    assert config["general_settings"]["master_key"] == "os.environ/LITELLM_MASTER_KEY"


def test_models_that_litellm_has_no_price_for_get_one() -> None:
    unpriced = {"gemini-pro", "phi3", "nomic-embed-text", "smollm2", "local-embed"}
    for deployment in deployments(render_offline(STACK)[0]):
        info = deployment.get("model_info", {})
        priced = isinstance(info.get("input_cost_per_token"), float)
        assert priced is (deployment["model_name"] in unpriced)
        assert priced is ("output_cost_per_token" in info)


@pytest.mark.parametrize("provider", sorted(REAL_PROVIDERS))
def test_a_real_key_makes_the_models_of_its_provider_real_and_no_others(provider: str) -> None:
    needed = {name: ALL_KEYS[name] for name in REAL_PROVIDERS[provider].required.values()}
    before, after = render_offline(STACK)[1], render_offline({**STACK, **needed})[1]
    for old, new in zip(before, after, strict=True):
        assert (old.model_name, old.model) == (new.model_name, new.model)
        belongs = old.simulated and old.provider.removesuffix("_chat") == provider
        assert new.simulated is (old.simulated and not belongs)
    assert any(old.simulated and not new.simulated for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("provider", sorted(REAL_PROVIDERS))
def test_a_missing_or_blank_variable_keeps_the_provider_simulated(provider: str) -> None:
    needed = {name: ALL_KEYS[name] for name in REAL_PROVIDERS[provider].required.values()}
    for name in needed:
        text, rows = render_offline({**STACK, **needed, name: "  "})
        assert rows == render_offline(STACK)[1]
        assert f"simulated; for the real one set {name}\n" in text


def test_real_deployments_use_no_simulator_and_only_references_to_keys() -> None:
    text, rows = render_offline({**STACK, **ALL_KEYS, "AWS_SESSION_TOKEN": "secret-session"})
    assert not any(row.simulated for row in rows)
    assert "secret" not in text.replace("aws_secret_access_key", "")
    assert STACK["PROVIDERS_URL"] not in text
    by_name = {d["model_name"]: d["litellm_params"] for d in deployments(text)}
    assert by_name["gpt-4o-mini"] == {"model": "openai/gpt-4o-mini", "api_key": "os.environ/OPENAI_API_KEY"}
    assert by_name["azure-gpt-4o-mini"] == {
        "model": "azure/gpt-4o-mini",
        "api_base": "os.environ/AZURE_API_BASE",
        "api_version": "2024-10-21",
        "api_key": "os.environ/AZURE_API_KEY",
    }
    assert by_name["bedrock-nova-micro"] == {
        "model": "bedrock/converse/us.amazon.nova-micro-v1:0",
        "aws_region_name": "os.environ/AWS_REGION_NAME",
        "aws_access_key_id": "os.environ/AWS_ACCESS_KEY_ID",
        "aws_secret_access_key": "os.environ/AWS_SECRET_ACCESS_KEY",
        "aws_session_token": "os.environ/AWS_SESSION_TOKEN",
    }
    assert by_name["gemini-pro"] == {
        "model": "vertex_ai/gemini-1.5-pro",
        "vertex_project": "os.environ/VERTEX_PROJECT",
        "vertex_location": "us-east1",
        "vertex_credentials": "os.environ/GOOGLE_APPLICATION_CREDENTIALS",
    }
    assert by_name["phi3"] == {"model": "ollama_chat/phi3", "api_base": "os.environ/OLLAMA_API_BASE"}
    assert by_name["smollm2"]["api_base"] == STACK["CHAT_MODEL_URL"]


@settings(max_examples=15)
@given(
    st.sets(st.sampled_from(sorted([*ALL_KEYS, "AWS_SESSION_TOKEN", "AZURE_API_VERSION", "VERTEX_LOCATION"])))
)
def test_any_set_of_keys_renders_a_clean_configuration(names: set[str]) -> None:
    env = {**STACK, **{name: f"secret-{name}" for name in names}}
    text, rows = render_offline(env)
    assert check_text(text, env) == []
    assert [row.model_name for row in rows] == [row.model_name for row in render_offline(STACK)[1]]
    assert "secret-" not in text
    assert models_of_text(text, env) == rows


@settings(max_examples=15)
@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"]))
)
def test_any_path_of_the_service_account_survives_the_rendering(path: str) -> None:
    text, _ = render_offline({**STACK, "SIMULATED_VERTEX_CREDENTIALS": f"/x/{path}/y"})
    params = {d["model_name"]: d["litellm_params"] for d in deployments(text)}["gemini-pro"]
    assert params["vertex_credentials"] == f"/x/{path}/y"


def test_a_trailing_slash_in_a_url_is_ignored() -> None:
    slashed = {**STACK, "PROVIDERS_URL": "http://127.0.0.1:4010/"}
    assert render_offline(slashed) == render_offline(STACK)


def test_a_missing_address_is_named() -> None:
    with pytest.raises(KeyError, match="CHAT_MODEL_URL"):
        render_offline({name: value for name, value in STACK.items() if name != "CHAT_MODEL_URL"})


def test_a_users_model_counts_as_simulated_if_its_address_is_the_simulator() -> None:
    text = """
model_list:
  - model_name: by-reference
    litellm_params: {model: anthropic/a, api_base: os.environ/PROVIDERS_URL}
  - model_name: by-address
    litellm_params: {model: openai/b, api_base: http://127.0.0.1:4010/v1}
  - model_name: other-port
    litellm_params: {model: openai/c, api_base: http://127.0.0.1:40100/v1}
  - model_name: by-custom-provider
    litellm_params: {model: d, custom_llm_provider: openai}
  - model_name: 7
    litellm_params: {model: openai/e}
  - litellm_params: {model: openai/f}
"""
    assert models_of_text(text, STACK) == [
        ModelRow("by-reference", "anthropic/a", "anthropic", True),
        ModelRow("by-address", "openai/b", "openai", True),
        ModelRow("other-port", "openai/c", "openai", False),
        ModelRow("by-custom-provider", "d", "openai", False),
    ]
    assert [row.simulated for row in models_of_text(text)] == [True, False, False, False]
