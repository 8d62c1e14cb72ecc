"""LiteLLM's price list, as installed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.configuration.litellm_source import folder_of, json_of


@functools.cache
def price_list() -> Mapping[str, Any]:
    """Model → its facts; empty if LiteLLM is not installed."""
    folder = folder_of("litellm")
    return json_of(folder / "model_prices_and_context_window_backup.json") if folder else {}


@functools.cache
def in_lower_case() -> Mapping[str, str]:
    """A model's name in lower case → as the list has it: LiteLLM looks for it so, if it does not find it as written."""
    return {name.lower(): name for name in price_list()}
