"""The callbacks that the installed LiteLLM knows by name, read from its source."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from gateway_kit.stack.configuration.litellm_source import folder_of, json_of, read_source

_EMPTY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LiteLLMCallbacks:
    """Names by the list that takes them; empty if LiteLLM's source no longer has the expected shape.

    in_callbacks   `callbacks`: any other name keeps the gateway from starting
    in_others      `success_callback` and `failure_callback`: any other name does nothing
    with_licence   LiteLLM starts with these only if a licence is set
    """

    in_callbacks: frozenset[str] = _EMPTY
    in_others: frozenset[str] = _EMPTY
    with_licence: frozenset[str] = _EMPTY


@functools.cache
def litellm_callbacks() -> LiteLLMCallbacks:
    """The names, read once."""
    folder = folder_of("litellm")
    if folder is None:
        return LiteLLMCallbacks()
    listed = re.search(
        r"^_custom_logger_compatible_callbacks_literal = Literal\[(.*?)^\]",
        read_source(folder / "__init__.py"),
        re.DOTALL | re.MULTILINE,
    )
    loggers = frozenset(re.findall(r'"([\w-]+)"', listed.group(1) if listed else ""))
    if not loggers:
        return LiteLLMCallbacks()
    loggers |= frozenset(
        json_of(folder / "integrations" / "generic_api" / "generic_api_compatible_callbacks.json")
    )
    calls = read_source(folder / "litellm_core_utils" / "litellm_logging.py")
    proxy = read_source(folder / "proxy" / "common_utils" / "callback_utils.py")
    # Each name with the lines up to the next one.
    own = re.split(r'\bcallback == "([\w-]+)"', proxy)[1:]
    licensed = (
        name for name, code in zip(own[::2], own[1::2], strict=True) if "premium_user is not True" in code
    )
    return LiteLLMCallbacks(
        in_callbacks=loggers | frozenset(own[::2]),
        in_others=loggers | frozenset(re.findall(r'\bcallback == "([\w-]+)"', calls)),
        with_licence=frozenset(licensed),
    )
