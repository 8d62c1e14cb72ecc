"""Amazon Bedrock's model names as LiteLLM reads them: the route, the family, and what the simulator has of them."""

from __future__ import annotations

import re
from typing import Any

from gateway_kit.stack.rehearsing.translation.price_list import price_list

_REGION = re.compile(r"[a-z]{2}(-gov)?-[a-z]+-\d/")
_AREA = re.compile(r"^(us|us-gov|eu|apac|au|jp|ca|sa|me|global)\.")
_ROUTES = (
    "converse", "converse_like", "invoke", "async_invoke", "agent", "agentcore", "claude_platform", "openai", "mantle",
    "chat_completions",
)  # fmt: skip
# What the simulator answers at `invoke`, for chat and for embeddings.
_INVOKED = ("anthropic.claude", "meta.llama", "amazon.nova", "cohere.command-r")
_EMBEDDED = ("titan-embed-text", "cohere.embed")


def is_spoken_by_bedrock(name: str, mode: str) -> bool:
    """Whether the simulator answers a Bedrock model by the route that LiteLLM takes."""
    if name == "*":
        return True
    route, model = _split(name)
    if mode == "embedding" or any(part in model for part in _EMBEDDED):
        return route in ("", "invoke") and any(part in model for part in _EMBEDDED)
    if route == "converse" or (route == "" and _converses(model)):
        return True
    return route in ("", "invoke") and model.startswith(_INVOKED)


def converse_instead(name: str) -> str | None:
    """The name of the same model at Bedrock's own chat API; None for what has no such API, as agents."""
    route, _ = _split(name)
    bare = _REGION.sub("", name, count=1)
    return f"converse/{bare.removeprefix(f'{route}/')}" if route in ("", "invoke", "converse_like") else None


def bare_names(name: str) -> tuple[str, str]:
    """A model's name without route and region, and also without the area it serves: both may have a price."""
    bare = name.rpartition("/")[2]
    return bare, _AREA.sub("", bare)


def _split(name: str) -> tuple[str, str]:
    bare = _REGION.sub("", name, count=1)
    first, slash, rest = bare.partition("/")
    route = first if slash and first in _ROUTES else ""
    return route, _AREA.sub("", _REGION.sub("", rest if route else bare, count=1))


def _converses(model: str) -> bool:
    """Whether LiteLLM calls a model without a route by Converse: its price list says so, or its id is a profile's."""
    if model.startswith(("nova/", "nova-2/")) or ":application-inference-profile/" in model:
        return True
    entry: Any = price_list().get(model)
    owner = entry.get("litellm_provider") if isinstance(entry, dict) else None
    return owner == "bedrock_converse"
