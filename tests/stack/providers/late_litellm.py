"""LiteLLM for these tests, imported at the first call, because every test process imports this file."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "pytestmark":  # pytest reads every name in a test module
            raise AttributeError(name)
        return getattr(import_module("litellm"), name)


litellm: Any = _Late()
