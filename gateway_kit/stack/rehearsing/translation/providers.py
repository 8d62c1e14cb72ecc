"""How LiteLLM is led to the simulator for each provider: the simulator's dialect, and what stands in `api_base`.

LiteLLM appends a path to `api_base` that differs by provider. Each provider here was called by LiteLLM 1.106.12 at
an address of this form; `tests/stack/rehearsal/test_translated_providers.py` calls them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway_kit.stack.rehearsing.translation.models import family_of_bedrock, route_of_bedrock


@dataclass(frozen=True)
class Spoken:
    """A dialect of the simulator; `base` follows the deployment's address in `api_base`, also for embeddings."""

    dialect: str
    base: str = "/v1"
    embeddings_base: str = "/v1"
    sign_in: Literal["key", "aws", "google"] = "key"


_OPENAI = Spoken("openai")
_ROOT = Spoken("openai", "", "")

# What speaks OpenAI's API.
_LIKE_OPENAI = (
    "openai", "together_ai", "openrouter", "azure_ai", "nvidia_nim", "dashscope", "qwencloud", "qwen_ai_platform",
    "sambanova", "xinference", "fireworks_ai", "databricks", "litellm_proxy", "hosted_vllm", "llamafile", "lm_studio",
    "nebius", "vercel_ai_gateway", "edenai", "wandb", "ovhcloud", "xai", "zai", "custom_openai",
    "text-completion-openai", "ai21", "ai21_chat", "baseten", "deepinfra", "groq", "cerebras", "nadir", "volcengine",
    "codestral", "modelscope", "moonshot", "v0", "morph", "lambda_ai", "inception", "deepseek", "maritalk",
    "cloudflare", "friendliai", "featherless_ai", "empower", "github", "compactifai", "docker_model_runner", "tencent",
    "galadriel", "novita", "aiohttp_openai", "assemblyai", "charity_engine", "meta_llama", "nscale", "helicone",
    "hyperbolic", "aiml", "scaleway", "lemonade", "amazon_nova", "bedrock_mantle", "mistral", "huggingface", "minimax",
    "cometapi", "openai_like", "jina_ai", "voyage", "infinity",
    # LiteLLM reads the address of these from a list of its own (llms/openai_like/providers.json).
    "publicai", "synthetic", "apertis", "nano-gpt", "poe", "chutes", "neosantara", "parasail", "xiaomi_mimo",
    "tensormesh", "libertai", "pinstripes", "cognition", "cortecs", "scx-ai", "prism", "darkbloom", "meta", "sail",
    "reka", "veniceai", "abliteration", "llamagate", "gmi", "sarvam", "aihubmix", "crusoe", "empiriolabs",
)  # fmt: skip

PROVIDERS: Mapping[str, Spoken] = {
    **dict.fromkeys(_LIKE_OPENAI, _OPENAI),
    "perplexity": Spoken("openai", "/v1", ""),
    "heroku": _ROOT,
    "azure": Spoken("azure", "", ""),
    "azure_text": Spoken("azure", "", ""),
    "anthropic": Spoken("anthropic", "", ""),
    "bedrock": Spoken("bedrock", "", "", "aws"),
    "vertex_ai": Spoken("vertex_ai", "", "", "google"),
    "vertex_ai_beta": Spoken("vertex_ai", "", "", "google"),
    "gemini": Spoken("gemini", "/v1beta", "/v1beta"),
    "ollama": Spoken("ollama", "", ""),
    "ollama_chat": Spoken("ollama", "", ""),
}

# Makers whose models Vertex AI serves in their own formats.
_VERTEX_PARTNERS = (
    "claude", "meta/", "mistral", "codestral", "ministral", "jamba", "ai21", "deepseek", "qwen", "openai/", "moonshot",
    "minimax", "zai", "xai", "imagen", "veo", "image", "multimodal", "chat-bison", "text-bison", "code-bison",
    "codechat", "text-unicorn", "agent_engine",
)  # fmt: skip


def spoken(provider: str, model: str) -> Spoken | None:
    """How a model of a provider is led to the simulator; None if the simulator does not speak as it does.

    `model` is LiteLLM's name without the provider.
    """
    if provider in ("vertex_ai", "vertex_ai_beta") and model.lower().startswith(_VERTEX_PARTNERS):
        return None
    if provider == "azure_ai" and model.lower().startswith("claude"):
        return None
    if provider == "bedrock":
        route = route_of_bedrock(model)
        if route not in ("converse", "invoke", "embedding", ""):
            return None
        if route == "invoke" and family_of_bedrock(model) not in ("anthropic", "cohere", "meta", "amazon"):
            return None
    return PROVIDERS.get(provider)
