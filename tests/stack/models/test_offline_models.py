"""The offline configuration's real models through LiteLLM itself: answers, costs, the context-window fallback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway_kit.stack.configuration import render_offline
from tests.litellm_program import run_with_litellm

PROGRAM = """
import asyncio, yaml
import litellm
from litellm import Router

def main(text):
    config = yaml.safe_load(text)
    return asyncio.run(called(Router(model_list=config["model_list"], **config["router_settings"])))

async def called(router):
    chat = await router.acompletion("smollm2", [{"role": "user", "content": "What is the capital of France?"}])
    vector = await router.aembedding("local-embed", input=["hello world"])
    try:
        await router.acompletion(
            "smollm2", [{"role": "user", "content": "word " * 3000}], context_window_fallbacks=[], num_retries=0
        )
        refused = ""
    except litellm.ContextWindowExceededError as exc:
        refused = "ContextWindowExceededError"
    return {
        "text": chat.choices[0].message.content,
        "chat_tokens": [chat.usage.prompt_tokens, chat.usage.completion_tokens],
        "chat_cost_usd": chat._hidden_params["response_cost"],
        "dimensions": len(vector.data[0]["embedding"]),
        "embed_tokens": vector.usage.prompt_tokens,
        "embed_cost_usd": vector._hidden_params["response_cost"],
        "refused": refused,
        "deployment_ids": sorted(d["model_info"]["id"] for d in router.model_list if d["model_name"] == "smart"),
    }
"""


def test_real_models_answer_with_costs(chat_server: Any, embeddings_server: Any, tmp_path: Path) -> None:
    text, _ = render_offline(
        {
            "PROVIDERS_URL": "http://127.0.0.1:9",
            "CHAT_MODEL_URL": f"{chat_server.url}/v1",
            "EMBEDDINGS_URL": f"{embeddings_server.url}/v1",
            "SIMULATED_VERTEX_CREDENTIALS": "/nowhere.json",
        }
    )
    answer = run_with_litellm(PROGRAM, text, tmp_path)
    assert "Paris" in answer["text"]
    prompt_tokens, completion_tokens = answer["chat_tokens"]
    expected_usd = prompt_tokens * 0.01e-6 + completion_tokens * 0.02e-6
    assert abs(float(answer["chat_cost_usd"]) - expected_usd) < 1e-12
    assert answer["dimensions"] == 384
    assert abs(float(answer["embed_cost_usd"]) - answer["embed_tokens"] * 0.005e-6) < 1e-15
    assert answer["refused"] == "ContextWindowExceededError"
    assert answer["deployment_ids"] == ["smart-anthropic", "smart-azure", "smart-openai"]
