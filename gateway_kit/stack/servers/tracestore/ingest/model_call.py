"""How a model was called: its name, its parameters, the prompt, and when the first token came."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks import genkit, vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import (
    MAX_NAME_CHARS,
    as_text,
    first_text,
    number,
    parsed,
    read_time,
    texts_and_numbers,
    unix_us,
)

MAX_PROMPT_VERSION = 65_535
_MODEL_KEYS = (
    "langfuse.observation.model.name", "gen_ai.response.model", "ai.model.id", "gen_ai.request.model",
    "llm.response.model", "llm.model_name", "model",
)  # fmt: skip
_LANGFUSE_PARAMETERS = "langfuse.observation.model.parameters"
_ALL_PARAMETERS = ("llm.invocation_parameters", "model_config")
_PROMPT_KEYS = (
    ("langfuse.observation.prompt.name", "langfuse.prompt.name"),
    ("langfuse.observation.prompt.version", "langfuse.prompt.version"),
)
_PARAMETER_PREFIXES = ("gen_ai.request.", "llm.invocation_parameters.")


def model_of(attributes: Attributes) -> str:
    """The model's name; '' without one."""
    return first_text(attributes, _MODEL_KEYS) or genkit.model_of(attributes)


def model_parameters(attributes: Attributes, framework: Framework) -> dict[str, Any]:
    """Parameters by name; values other than texts and numbers become JSON text."""
    own = framework.parameters(attributes, _object(attributes.get(_LANGFUSE_PARAMETERS)))
    if own is not None:
        return own
    for key in _ALL_PARAMETERS:
        if (sent := _object(attributes.get(key))) is not None:
            return sent
    named = {}
    for key, value in attributes.items():
        if key.startswith(_PARAMETER_PREFIXES) and key != "gen_ai.request.model":
            named[key.removeprefix(_PARAMETER_PREFIXES[0]).removeprefix(_PARAMETER_PREFIXES[1])] = value
    named.pop("model", None)
    return texts_and_numbers(named)


def _object(sent: Any) -> dict[str, Any] | None:
    value = parsed(sent)
    return texts_and_numbers(value) if isinstance(value, dict) else None


def prompt_link(attributes: Attributes) -> tuple[str, int | None]:
    """Name and version of the prompt; '' and None without. Only generations have one."""
    name, version = (
        next((value for key in keys if (value := attributes.get(key)) is not None), None)
        for keys in _PROMPT_KEYS
    )
    if (name is None or version is None) and (of_call := vercel_ai.prompt_of(attributes)):
        name = of_call.get("name") if name is None else name
        version = of_call.get("version") if version is None else version
    count = None if version is None else number(version)
    return (
        "" if name is None else as_text(name)[:MAX_NAME_CHARS],
        int(count) if count is not None and 0 <= count <= MAX_PROMPT_VERSION else None,
    )


def first_token_us(attributes: Attributes, start_ns: int) -> int | None:
    """Microseconds since 1970 at the first token; None if it is not known."""
    time = read_time(attributes.get("langfuse.observation.completion_start_time"))
    if time is not None and time.year >= 1970:
        return unix_us(time)
    passed_ms = vercel_ai.ms_to_first_token(attributes)
    return None if passed_ms is None else (start_ns // 1_000_000 + passed_ms) * 1000
