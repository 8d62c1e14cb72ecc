"""LiteLLM for these tests, imported when the first of them calls it: every test process reads this file."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "pytestmark":  # pytest looks at all that a test's module holds
            raise AttributeError(name)
        return getattr(import_module("litellm"), name)


litellm: Any = _Late()
