"""A semantic gateway without a process, for the graders of lesson 04."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from openai.types.chat import ChatCompletion

from gateway_kit.caching.cache import SemanticCache
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.caching.pairs import labelled_pairs
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.errors import CacheError
from gateway_kit.gateway import Answer, Call, CallRecord
from gateway_kit.gateway.semantic import SemanticGateway

# As the real one: it cuts texts off, and differs little where one word does.
_WORDS_READ = 180
_THRESHOLD = 0.5


class Index(SemanticIndex):
    """The kept entries: (namespace and parameters, words)."""

    def __init__(self) -> None:
        self.name = "made-up"
        self.kept: list[tuple[str, frozenset[str]]] = []

    def entries(self, namespace: str = "") -> int:
        return len(self.kept)

    def wait_for_entries(self, count: int, namespace: str = "", *, timeout_s: float = 20.0) -> int:
        if len(self.kept) < count:
            raise CacheError("too few")
        return len(self.kept)


class Lab(SemanticGateway):
    """A semantic gateway without a process: the similarity is the share of common words."""

    def __init__(self) -> None:
        self.held = Index()
        self.cache = SemanticCache("redis://127.0.0.1:1/0", "made-up", self)
        self.cache.index = self.held
        self.cache.entries = self._entries  # type: ignore[method-assign,assignment]
        self.calls = CallRecord()
        self.asked: list[str] = []
        self.kept_texts: list[str] = []

    def __repr__(self) -> str:
        return "Lab()"

    def _entries(self) -> pd.DataFrame:
        return pd.DataFrame({"question": pd.Series(self.kept_texts, dtype="string")})

    def ask(self, prompt: Any, model: str = "m", *, api_key: str | None = None, **params: Any) -> Answer:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
        text = " ".join(str(message["content"]) for message in messages)
        self.asked.append(text)
        controls: Mapping[str, Any] = params.pop("extra_body", {}).get("cache", {})
        scope = f"{controls.get('namespace')} {model} {sorted(params.items())}"
        words = frozenset(re.findall(r"\w+", " ".join(text.lower().split()[:_WORDS_READ])))
        best = 0.0
        if not controls.get("no-cache"):
            alike = [
                len(words & kept) / len(words | kept) for where, kept in self.held.kept if where == scope
            ]
            best = max(alike, default=0.0)
        hit = best >= _THRESHOLD
        if not hit and not controls.get("no-store"):
            self.held.kept.append((scope, words))
            self.kept_texts.append(text)
        call = Call(
            datetime.now(UTC),
            "chat",
            cache_hit=hit,
            similarity=best if hit else None,
            prompt_tokens=len(text.split()),
        )
        for record in (self.calls, *self.calls.open_parts()):
            record.add(call)
        return Answer("Any prose will do.", call, ChatCompletion.model_construct(choices=[]))


def at_the_exercises() -> dict[str, Any]:
    """The variables that a notebook has at the exercises."""
    return {"lab": Lab(), "study": SemanticStudy(labelled_pairs())}
