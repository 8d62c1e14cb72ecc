"""What LiteLLM's token counting for Gemini lacks."""

from __future__ import annotations

import copy
from typing import Any

_VERSIONS = ("/v1beta", "/v1alpha", "/v1")


def complete_token_counting() -> None:
    """Let `countTokens` work without google-genai, and at an `api_base` that ends in the API's version.

    LiteLLM 1.106.12 imports google-genai for one thing, to leave the `id` out of a function's result, and does so for
    every count: without the package each one ends with 500. The package would cost seconds at the first count, in
    which the gateway answers nobody. And LiteLLM appends `/v1beta` to an `api_base` that, for chat, has to have it.
    """
    from litellm.llms.gemini.count_tokens.handler import GoogleAIStudioTokenCounter as Counter

    if Counter._construct_url is not _count_url:
        Counter._clean_contents_for_gemini_api = _without_ids
        Counter._construct_url = _count_url


def _without_ids(_counter: object, contents: Any) -> Any:
    """The contents without the ids of functions' results, which Gemini's API does not take."""
    cleaned = copy.deepcopy(contents)
    for content in cleaned or []:
        for part in content["parts"]:
            if isinstance(part.get("functionResponse"), dict):
                part["functionResponse"].pop("id", None)
    return cleaned


def _count_url(_counter: object, model: str, api_base: str | None = None) -> str:
    base = (api_base or "https://generativelanguage.googleapis.com").rstrip("/")
    if not base.endswith(_VERSIONS):
        base += "/v1beta"
    return f"{base}/models/{model}:countTokens"
