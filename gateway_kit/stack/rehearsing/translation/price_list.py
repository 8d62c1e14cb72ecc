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
