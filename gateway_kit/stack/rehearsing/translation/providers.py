"""How LiteLLM is led to the simulator for each provider: the simulator's dialect, and what stands in `api_base`.

LiteLLM appends a path to `api_base` that differs by provider. Each provider here was called by LiteLLM 1.106.12 at
an address of this form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gateway_kit.stack.rehearsing.translation.bedrock import converse_instead, is_spoken_by_bedrock


@dataclass(frozen=True)
class Spoken:
    """A dialect of the simulator; `base` follows the deployment's address in `api_base`, also for embeddings.

    `written` is LiteLLM's model name for it, where that differs from the file's: a provider serves another's model in
    a format of its own, and the simulator speaks only that other's.
    """

    dialect: str
    base: str = "/v1"
    embeddings_base: str = "/v1"
    sign_in: Literal["key", "aws", "google"] = "key"
    written: str = ""


OPENAI = Spoken("openai")
_ANTHROPIC = Spoken("anthropic", "", "")

# What speaks OpenAI's API.
_LIKE_OPENAI = (
    "openai", "together_ai", "openrouter", "azure_ai", "nvidia_nim", "dashscope", "qwencloud", "qwen_ai_platform",
    "sambanova", "xinference", "fireworks_ai", "databricks", "litellm_proxy", "hosted_vllm", "llamafile", "lm_studio",
    "nebius", "vercel_ai_gateway", "edenai", "wandb", "ovhcloud", "xai", "zai", "custom_openai",
    "text-completion-openai", "ai21", "ai21_chat", "baseten", "deepinfra", "groq", "cerebras", "nadir", "volcengine",
    "codestral", "modelscope", "moonshot", "v0", "morph", "lambda_ai", "inception", "deepseek",
    "cloudflare", "friendliai", "featherless_ai", "empower", "github", "compactifai", "docker_model_runner", "tencent",
    "galadriel", "novita", "assemblyai", "charity_engine", "meta_llama", "nscale", "helicone",
    "hyperbolic", "aiml", "scaleway", "lemonade", "bedrock_mantle", "mistral", "huggingface", "minimax",
    "cometapi", "openai_like", "jina_ai", "voyage", "infinity",
    # LiteLLM reads the address of these from a list of its own (llms/openai_like/providers.json).
    "publicai", "synthetic", "apertis", "nano-gpt", "poe", "chutes", "neosantara", "parasail", "xiaomi_mimo",
    "tensormesh", "libertai", "pinstripes", "cognition", "cortecs", "scx-ai", "prism", "darkbloom", "meta", "sail",
    "reka", "veniceai", "abliteration", "llamagate", "gmi", "sarvam", "aihubmix", "crusoe", "empiriolabs",
)  # fmt: skip

PROVIDERS: Mapping[str, Spoken] = {
    **dict.fromkeys(_LIKE_OPENAI, OPENAI),
    "perplexity": Spoken("openai", "/v1", ""),
    "heroku": Spoken("openai", "", ""),
    "azure": Spoken("azure", "", ""),
    "azure_text": Spoken("azure", "", ""),
    "anthropic": _ANTHROPIC,
    "bedrock": Spoken("bedrock", "", "", "aws"),
    "vertex_ai": Spoken("vertex_ai", "", "", "google"),
    "vertex_ai_beta": Spoken("vertex_ai", "", "", "google"),
    "gemini": Spoken("gemini", "/v1beta", "/v1beta"),
    "ollama": Spoken("ollama", "", ""),
    "ollama_chat": Spoken("ollama", "", ""),
}

# LiteLLM's own clients of these break off streams or drop what a rehearsal sends along.
_BETTER_AS_OPENAI = ("maritalk", "amazon_nova", "aiohttp_openai")
_VERTEX = ("vertex_ai", "vertex_ai_beta")
# Models of others that Vertex AI serves in OpenAI's API, and what it serves in formats that the simulator lacks.
_VERTEX_LIKE_OPENAI = (
    "meta/", "deepseek-ai", "mistral", "codestral", "ministral", "jamba", "qwen", "openai/", "minimaxai/",
    "moonshotai/", "zai-org/", "google/gemma-", "xai/",
)  # fmt: skip
_VERTEX_OTHERS = (
    "imagen", "veo", "image", "multimodal", "chat-bison", "text-bison", "code-bison", "codechat", "text-unicorn",
    "agent_engine", "search_api", "lyria", "bge", "gemma", "openai",
)  # fmt: skip
_OLDEST_CLAUDE = ("claude-2", "claude-instant")


def spoken(provider: str, name: str, mode: str = "") -> Spoken | None:
    """How a provider's model is led to the simulator; None if the simulator does not speak as it does.

    `name` is LiteLLM's name of the model without the provider, `mode` what it is for (`chat`, `embedding` …).
    """
    lower = name.lower()
    if provider in _BETTER_AS_OPENAI:
        return replace(OPENAI, written=f"openai/{name}")
    if provider in _VERTEX or provider == "azure_ai":
        if lower.startswith("claude"):
            return replace(_ANTHROPIC, written=f"anthropic/{name}")
    elif provider == "anthropic" and lower.startswith(_OLDEST_CLAUDE):
        return None
    if provider in _VERTEX:
        if lower.startswith(_VERTEX_LIKE_OPENAI):
            return replace(OPENAI, written=f"openai/{name.rpartition('/')[2]}")
        if lower.startswith(_VERTEX_OTHERS) or lower.rpartition("/")[2].isdigit():
            return None
    if provider == "azure_ai" and lower.startswith(("agents/", "model_router/")):
        return None
    if provider == "bedrock" and not is_spoken_by_bedrock(name, mode):
        instead = converse_instead(name) if mode != "embedding" else None
        return replace(PROVIDERS["bedrock"], written=f"bedrock/{instead}") if instead else None
    return PROVIDERS.get(provider)
