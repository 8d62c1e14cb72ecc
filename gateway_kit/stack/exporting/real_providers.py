"""Simulated deployments become real ones: the provider's own address, and a variable in the place of each made-up key.

What the template `cloud` knows is taken from there (`configuration.offline.REAL_PROVIDERS`). For any other provider
LiteLLM's own variable is taken, PROVIDER_API_KEY. A model that its provider does not have is left out.
"""

from __future__ import annotations

import functools
from typing import Any

from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.configuration.models import REFERENCE, models_of_text
from gateway_kit.stack.configuration.offline import REAL_PROVIDERS, TEMPLATES, RealProvider
from gateway_kit.stack.exporting.draft import Draft, RealModel
from gateway_kit.stack.exporting.variables import Variable, variable_name
from gateway_kit.stack.rehearsing.translation.models import facts_of, listed_as, split_model

# Whose models everybody may call by name: one that LiteLLM's price list lacks is a name that only the simulator takes.
_PUBLIC = ("openai", "anthropic", "bedrock", "vertex_ai", "gemini")
# Servers of one's own: there is no public address to fall back to.
_OWN_SERVERS = frozenset(
    {
        "hosted_vllm", "openai_like", "custom_openai", "litellm_proxy", "lm_studio", "llamafile", "xinference",
        "infinity", "text-completion-openai", "docker_model_runner", "lemonade", "aiohttp_openai",
    }
)  # fmt: skip
_ADDRESSES = ("api_base", "base_url", "aws_bedrock_runtime_endpoint", "aws_sts_endpoint")
# Keys that the simulator takes: `sim-openai`, and the halves of other identities.
_MADE_UP = ("sim-", "simulated")

_MEANINGS = {
    "OPENAI_API_KEY": "key of OpenAI",
    "AZURE_API_KEY": "key of the Azure OpenAI resource",
    "AZURE_API_BASE": "address of the Azure OpenAI resource: https://YOUR-RESOURCE.openai.azure.com",
    "ANTHROPIC_API_KEY": "key of Anthropic",
    "AWS_ACCESS_KEY_ID": "AWS access key of an account that may call Bedrock",
    "AWS_SECRET_ACCESS_KEY": "secret half of the AWS access key",
    "GOOGLE_APPLICATION_CREDENTIALS": "JSON of a Google service account that may call Vertex AI, in one line",
    "VERTEX_PROJECT": "Google Cloud project of Vertex AI",
    "GEMINI_API_KEY": "key of Google AI Studio",
    "OLLAMA_API_BASE": "address of an Ollama server: http://HOST:11434",
}
_PUBLIC_VALUES = ("AZURE_API_BASE", "VERTEX_PROJECT", "OLLAMA_API_BASE")
# Reserved names that lead nowhere: no call goes to a stranger while the address is not filled in.
_NOWHERE = {
    "AZURE_API_BASE": "https://azure-openai.invalid",
    "OLLAMA_API_BASE": "http://ollama.invalid:11434",
    "VERTEX_PROJECT": "your-project",
}


def make_real(draft: Draft) -> None:
    """Rewrite the deployments of the draft; one that exists only as a simulation is left out, with a note."""
    deployments = draft.data.get("model_list")
    if not isinstance(deployments, list):
        return
    draft.data["model_list"] = [each for each in deployments if _kept(draft, each)]


def is_simulated(draft: Draft, params: dict[str, Any]) -> bool:
    """Whether the simulator answers for a deployment."""
    return any(
        _leads_to(draft.addresses.providers_url, "PROVIDERS_URL", value) for value in params.values()
    ) or any(
        isinstance(params.get(key), str) and params[key].startswith("sim-")
        for key in ("api_key", "aws_access_key_id")
    )


def _kept(draft: Draft, deployment: Any) -> bool:
    params = deployment.get("litellm_params") if isinstance(deployment, dict) else None
    if not isinstance(params, dict) or not isinstance(params.get("model"), str):
        return True
    name, model = str(deployment.get("model_name", "")), params["model"]
    custom = params.get("custom_llm_provider")
    provider, bare = split_model(model, custom if isinstance(custom, str) else None)
    if _is_own_model(draft, params):
        _lead_to_own_server(draft, name, model, params)
    elif is_simulated(draft, params):
        why = _only_simulated(provider, bare, model)
        if why:
            draft.note(f"`{name}` is left out: {why}.")
            return False
        _become_real(draft, name, provider, params)
        if provider in _PUBLIC and listed_as(provider, bare) is None:
            draft.note(
                f"`{name}`: LiteLLM's price list has no {model} any more, so its provider may have retired it. "
                "Put a current model in its place."
            )
        elif retired := facts_of(listed_as(provider, bare)).get("deprecation_date"):
            draft.note(f"`{name}`: by LiteLLM's price list {model} is retired on {retired}.")
    return True


def _only_simulated(provider: str, bare: str, model: str) -> str:
    """Why no real model stands behind a simulated one; empty if one does."""
    if (
        provider not in REAL_PROVIDERS
        and provider != "ollama_chat"
        and provider not in litellm_names().providers
    ):
        return f"{model} exists only as a simulation, since LiteLLM knows no provider {provider or 'for it'}"
    wanted = provider in _PUBLIC and "*" not in bare and listed_as(provider, bare) is None
    if wanted and model not in _cloud_models():
        return f"{model} exists only as a simulation: LiteLLM's price list has no such model of {provider}"
    return ""


@functools.cache
def _cloud_models() -> frozenset[str]:
    return frozenset(
        row.model for row in models_of_text((TEMPLATES / "cloud.yaml").read_text(encoding="utf-8"))
    )


def _become_real(draft: Draft, name: str, provider: str, params: dict[str, Any]) -> None:
    known = REAL_PROVIDERS.get("ollama" if provider == "ollama_chat" else provider)
    real = known or _by_convention(name, provider)
    for key in list(params):
        simulated = key in real.dropped or _is_simulators(draft, params[key])
        if simulated and key not in real.required and key != "model":
            del params[key]
    for key, variable in real.required.items():
        params[key] = draft.register.refer(_variable(variable, provider))
    draft.real_models.append(RealModel(name, str(params["model"]), tuple(real.required.values())))


def _is_simulators(draft: Draft, value: Any) -> bool:
    return _leads_to(draft.addresses.providers_url, "PROVIDERS_URL", value) or (
        isinstance(value, str) and value.startswith(_MADE_UP)
    )


def _by_convention(name: str, provider: str) -> RealProvider:
    """A provider that `cloud` does not know: LiteLLM's usual variable, and an address for a server of one's own."""
    key = {"api_key": variable_name(provider, "api_key")}
    base = {"api_base": variable_name(name, "api_base")} if provider in _OWN_SERVERS else {}
    return RealProvider({**key, **base}, dropped=("api_base", "base_url"))


def _variable(name: str, provider: str) -> Variable:
    is_address = name.endswith("_API_BASE")
    meaning = _MEANINGS.get(name) or (
        f"address of the server of {provider}" if is_address else f"key of {provider}"
    )
    default = _NOWHERE.get(name, "http://server.invalid/v1" if is_address else "")
    return Variable(name, not is_address and name not in _PUBLIC_VALUES, meaning, default=default)


def _is_own_model(draft: Draft, params: dict[str, Any]) -> bool:
    return _own_server(draft, params) is not None


def _own_server(draft: Draft, params: dict[str, Any]) -> str | None:
    value = params.get("api_base") or params.get("base_url")
    if _leads_to(draft.addresses.chat_model_url, "CHAT_MODEL_URL", value):
        return "CHAT_MODEL_URL"
    return "EMBEDDINGS_URL" if _leads_to(draft.addresses.embeddings_url, "EMBEDDINGS_URL", value) else None


def _lead_to_own_server(draft: Draft, name: str, model: str, params: dict[str, Any]) -> None:
    """One of the kit's own small models: a server of one's own with OpenAI's API stands for it."""
    variable = _own_server(draft, params)
    assert variable is not None  # noqa: S101  # asked before
    params.pop("base_url", None)
    bare = model.rpartition("/")[2]
    params["api_base"] = draft.register.refer(
        Variable(
            variable,
            False,
            f"address, with its /v1, of a server with OpenAI's API that has {bare} (vLLM, llama.cpp, TEI)",
            default=f"http://{variable.lower().removesuffix('_url').replace('_', '-')}.invalid/v1",
        )
    )
    draft.real_models.append(RealModel(name, model, (variable,)))
    draft.note(
        f"`{name}` ran on your machine, as a model of the kit's own. Serve {bare} yourself and give its address as "
        f"{variable}, or delete `{name}` from the configuration."
    )


def _leads_to(url: str, variable: str, value: Any) -> bool:
    """Whether a value is an address of one of the kit's services, filled in or not."""
    if not isinstance(value, str):
        return False
    if value == REFERENCE + variable or value.startswith("${" + variable + "}"):
        return True
    url = url.rstrip("/")
    return bool(url) and (value.rstrip("/") == url or value.startswith(f"{url}/"))
