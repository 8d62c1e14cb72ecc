"""Default prompts. The provider simulator answers them at once, without a real model."""

from __future__ import annotations

_QUESTIONS = (
    "What is an LLM gateway?",
    "What is a virtual key?",
    "What is a fallback?",
    "What is load balancing?",
    "What is a rate limit?",
    "What is a cache hit?",
    "What is semantic caching?",
    "What is time to first token?",
    "What is a token?",
    "What is a context window?",
    "What is tracing?",
    "What is an embedding?",
    "What is a cooldown?",
    "Explain retries in one sentence",
    "What is the capital of France?",
    "What is the capital of Japan?",
    "What is the capital of Kenya?",
    "What is the capital of Norway?",
    "What is the capital of Brazil?",
    "What is the capital of Canada?",
)


def prompt_bank(size: int = 200) -> list[str]:
    """`size` different prompts, always the same: questions about gateways and capitals, then sums."""
    sums = (f"What is {11 + number} * {3 + number % 7}?" for number in range(max(0, size - len(_QUESTIONS))))
    return [*_QUESTIONS[:size], *sums]
