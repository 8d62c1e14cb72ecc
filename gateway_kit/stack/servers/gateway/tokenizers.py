"""LiteLLM's tokenizers, loaded when something is counted with them: 60 MB that most gateways never need."""

from __future__ import annotations

from typing import Any


def load_tokenizers_when_needed() -> None:
    """Let calls and the import of LiteLLM's proxy do without tokenizers. To be called before that import.

    LiteLLM 1.106.12 loads tiktoken's (45 MB, half a second) at the first call to a model that is not OpenAI's, to hand
    it to code that needs it where the provider counted no tokens. And it keeps the text of Anthropic's old one also
    parsed, in a name that nothing reads.
    """
    import litellm.main
    import litellm.utils

    if litellm.main._encoding_cache is None:
        litellm.main._encoding_cache = _WhenNeeded(litellm.main._load_module_encoding)
    litellm.utils.json_data = None


class _WhenNeeded:
    """Stands for a tokenizer, which `load` makes when it is first used."""

    def __init__(self, load: Any) -> None:
        self._load, self._loaded = load, None

    def __getattr__(self, name: str) -> Any:
        if self._loaded is None:
            self._loaded = self._load()
        return getattr(self._loaded, name)
