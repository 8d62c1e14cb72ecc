"""No key reaches a trace: what LiteLLM's Langfuse callback records is cleaned before it is queued.

LiteLLM leaves out the keys it knows (Authorization and its like) and records all else: every other request header, and
the text of errors, in which a provider may repeat the key it refused. Here

- of the request's headers only those that are known to be harmless stay,
- the values of this process's own secret variables become `***`,
- and so does what looks like a key of a well-known service.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

MASK = "***"

# What keys look like: OpenAI, Anthropic, LiteLLM and Langfuse; AWS; Google; GitHub; Groq; Hugging Face; signed tokens.
_KEY = re.compile(
    r"(?<!\w)(?:(?:sk|pk|rk)-[\w-]{12,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{30,}|gh[pousr]_\w{30,}|gsk_\w{20,}|hf_\w{20,}"
    r"|eyJ[\w-]{20,}\.[\w-]{10,}(?:\.[\w-]*)?)|(?<=Bearer )[^\s\"\\]{8,}"
)
# What each of them has in it: most texts have none, and looking for these takes a fourth of the pattern's time.
_IN_KEYS = (
    "sk-", "pk-", "rk-", "AKIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "gsk_", "hf_", "eyJ", "Bearer ",
)  # fmt: skip
_SECRET_NAME = re.compile(r"KEY$|KEY_ID$|SECRET|PASSWORD$|TOKEN$|CREDENTIALS$|(?:DATABASE|REDIS)_URL$")
# A shorter value could be a word of a prompt.
_MIN_LENGTH = 8

_HARMLESS_HEADERS = re.compile(
    r"(?:accept|accept-encoding|accept-language|connection|content-length|content-type|host|traceparent|user-agent"
    r"|x-request-id|x-forwarded-for|x-stainless-[\w-]+|x-litellm-(?:tags|trace-id|session-id|end-user-id|timeout)"
    r"|langfuse_[\w-]+)\Z",
    re.IGNORECASE,
)
_HEADERS = ("requester_metadata", "requester_custom_headers", "headers")

Attributes = Mapping[str, Any]


def protect_traces(environ: Mapping[str, str] | None = None) -> None:
    """Put the cleaning between LiteLLM's callback and its queue; once in a process."""
    from litellm.integrations.langfuse import langfuse_sdk

    mask = masker(os.environ if environ is None else environ)
    for name in ("observation_attributes", "trace_attributes"):
        made: Callable[..., Attributes] = getattr(langfuse_sdk, name)
        if not hasattr(made, "cleaned"):
            setattr(langfuse_sdk, name, _cleaned(made, mask))


def masker(environ: Mapping[str, str]) -> Callable[[str], str]:
    """A function that masks this environment's secrets, and all that looks like a key, in a text."""
    values = {
        value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _MIN_LENGTH
    }
    # The longest first: a secret may be a part of another one.
    own = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
    pattern = re.compile(f"{own}|{_KEY.pattern}" if own else _KEY.pattern)
    hints = (*_IN_KEYS, *values)

    def masked(text: str) -> str:
        for hint in hints:
            if hint in text:
                return pattern.sub(MASK, text)
        return text

    return masked


def clean(attributes: Attributes, mask: Callable[[str], str]) -> dict[str, Any]:
    """A span's attributes without secrets; their names and types stay."""
    return {name: _clean_value(name.rpartition(".")[2], value, mask) for name, value in attributes.items()}


def _clean_value(name: str, value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(mask(item) if isinstance(item, str) else item for item in value)
    if not isinstance(value, str):
        return value
    if name in _HEADERS:
        value = _with_harmless_headers(name, value)
    return mask(value)


def _with_harmless_headers(name: str, text: str) -> str:
    """LiteLLM's record of the request, JSON, with its headers cut down; all of it masked if it is not JSON."""
    try:
        record = json.loads(text)
    except ValueError:
        return MASK
    if name == "requester_metadata" and isinstance(record, dict):
        headers = record.get("headers")
        return json.dumps({**record, "headers": _harmless(headers)} if headers is not None else record)
    return json.dumps(_harmless(record))


def _harmless(headers: Any) -> dict[str, Any]:
    if not isinstance(headers, dict):
        return {}
    return {name: value for name, value in headers.items() if _HARMLESS_HEADERS.match(str(name))}


def _cleaned(made: Callable[..., Attributes], mask: Callable[[str], str]) -> Callable[..., Attributes]:
    def cleaned(**fields: Any) -> Attributes:
        return MappingProxyType(clean(made(**fields), mask))

    cleaned.cleaned = True  # type: ignore[attr-defined]
    return cleaned
