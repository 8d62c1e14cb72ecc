"""A configuration as in production is led to the simulator, whole, and the list says what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gateway_kit.errors import ConfigError, StackError
from gateway_kit.stack.configuration import TEMPLATES
from gateway_kit.stack.rehearsing.translation import translate

SIMULATOR = "http://127.0.0.1:18080"


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_each_provider_of_the_cloud_template_is_led_to_its_label():
    translation = translate(TEMPLATES / "cloud.yaml", {}, simulator_url=SIMULATOR)
    models = yaml.safe_load(translation.text)["model_list"]
    bases = {
        deployment.label: model["litellm_params"].get("api_base")
        for deployment, model in zip(translation.deployments, models, strict=True)
    }
    assert bases == {
        "gpt-3.5-turbo-openai": f"{SIMULATOR}/d/gpt-3.5-turbo-openai/v1",
        "text-embedding-3-small-openai": f"{SIMULATOR}/d/text-embedding-3-small-openai/v1",
        "azure-gpt-4o-mini": f"{SIMULATOR}/d/azure-gpt-4o-mini",
        "claude-haiku-4-5-anthropic": f"{SIMULATOR}/d/claude-haiku-4-5-anthropic",
        "bedrock-llama2-13b": None,
        "gemini-pro-vertex_ai": SIMULATOR,
        "phi3-ollama_chat": f"{SIMULATOR}/d/phi3-ollama_chat",
        "nomic-embed-text-ollama": f"{SIMULATOR}/d/nomic-embed-text-ollama",
    }
    bedrock = next(m["litellm_params"] for m in models if m["model_name"] == "bedrock-llama2-13b")
    assert bedrock["aws_bedrock_runtime_endpoint"] == SIMULATOR
    assert bedrock["aws_access_key_id"] == "sim-bedrock-llama2-13b"
    vertex = next(m["litellm_params"] for m in models if m["model_name"] == "gemini-pro")
    account = json.loads(translation.env[vertex["vertex_credentials"].removeprefix("os.environ/")])
    assert account["client_email"].startswith("sim-gemini-pro-vertex_ai@")
    assert account["token_uri"] == f"{SIMULATOR}/oauth/token"
    assert [model["model_info"]["id"] for model in models] == list(bases)


def test_a_mistake_is_refused_with_its_line(tmp_path: Path):
    file = written(
        tmp_path, "model_list:\n  - model_name: a\n    litellm_params:\n      modell: openai/gpt-4o\n"
    )
    with pytest.raises(ConfigError, match="line 3"):
        translate(file, {}, simulator_url=SIMULATOR)


def test_a_provider_that_the_simulator_does_not_speak_is_named_with_its_line(tmp_path: Path):
    file = written(
        tmp_path,
        "model_list:\n  - model_name: a\n    litellm_params:\n      model: cohere/command-r-08-2024\n"
        "      api_key: os.environ/COHERE_API_KEY\n",
    )
    with pytest.raises(StackError, match=r"config\.yaml:4: cohere/command-r-08-2024"):
        translate(file, {}, simulator_url=SIMULATOR)
    model = yaml.safe_load(translate(file, {}, simulator_url=SIMULATOR, as_openai=True).text)["model_list"][0]
    assert model["litellm_params"]["model"] == "openai/command-r-08-2024"
    assert model["model_info"]["input_cost_per_token"] > 0
