"""Use a running stack once: each provider's models, a virtual key, the exact cache, and a trace.

    .venv/bin/python tools/try_calls.py              all of it
    .venv/bin/python tools/try_calls.py providers    or keys, cache, tracing

Asserts what it claims; `try_arm.py` runs it on the emulated machine.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Mapping

from gateway_kit import connect
from gateway_kit.errors import BudgetExceededError, GatewayError, KeyRefusedError
from gateway_kit.gateway import Gateway

CHAT = (
    "gpt-4o-mini", "azure-gpt-4o-mini", "claude-haiku-4-5", "bedrock-llama3-8b", "gemini-pro", "gemini-flash-lite",
    "phi3", "smollm2",
)  # fmt: skip
EMBEDDINGS = ("text-embedding-3-small", "nomic-embed-text", "local-embed")
QUESTION = "What is the capital of France?"
TIMEOUT_S = 600.0


def main() -> int:
    """Run the named parts, or all."""
    gateway = connect(timeout_s=TIMEOUT_S)
    for name in sys.argv[1:] or PARTS:
        begin = time.monotonic()
        PARTS[name](gateway)
        print(f"{name}: {time.monotonic() - begin:.1f} s", flush=True)
    return 0


def providers(gateway: Gateway) -> None:
    """One answer of a model of each provider, with tokens and cost, and one vector of each embedding model."""
    for model in CHAT:
        answer = gateway.ask(QUESTION, model, max_tokens=40, extra_body={"cache": {"no-cache": True}})
        call = answer.call
        print(
            f"  {model} ({call.provider}): {call.latency_s:.2f} s, {call.cost_usd} USD: {answer.text[:60]!r}"
        )
        assert "Paris" in answer.text, f"{model} does not know the capital of France"
        assert call.prompt_tokens, f"{model} reports no tokens of the prompt"
        assert call.completion_tokens, f"{model} reports no tokens of the answer"
    for model in EMBEDDINGS:
        vectors = gateway.embed(["a cat", "a kitten", "a tax form"], model)
        likeness = vectors @ vectors.T
        print(f"  {model}: {vectors.shape[1]} dimensions, cat and kitten {likeness[0, 1]:.2f}")
        assert likeness[0, 1] > likeness[0, 2], f"{model}: a cat is no tax form"


def keys(gateway: Gateway) -> None:
    """A key for one model with a budget: used, refused for another model, over its budget, deleted."""
    key = gateway.keys.create(f"try-{uuid.uuid4().hex[:6]}", models="gpt-4o-mini", max_budget_usd=5)
    assert "Paris" in gateway.ask(QUESTION, "gpt-4o-mini", api_key=key.secret).text
    assert refused(gateway, key.secret, "claude-haiku-4-5", KeyRefusedError)
    gateway.keys.update(key, max_budget_usd=0.0000001)
    assert refused(gateway, key.secret, "gpt-4o-mini", BudgetExceededError)
    gateway.keys.delete(key)
    assert refused(gateway, key.secret, "gpt-4o-mini", KeyRefusedError)


def cache(gateway: Gateway) -> None:
    """The second of two equal requests is answered by Redis, for nothing, and its entry is listed and deleted."""
    place = f"try-{uuid.uuid4().hex[:6]}"
    controls = gateway.cache.controls(namespace=place, ttl_s=600)
    first, second = gateway.ask(QUESTION, **controls), gateway.ask(QUESTION, **controls)
    assert (first.call.cache_hit, second.call.cache_hit) == (False, True)
    assert second.completion.id == first.completion.id
    assert gateway.cache.delete_namespace(place) == 1


def tracing(gateway: Gateway) -> None:
    """A call's trace arrives in the trace store with its model and its cost."""
    call = gateway.ask(QUESTION, extra_body={"cache": {"no-cache": True}}).call
    seen = gateway.tracing.wait_for_trace(request_id=call.request_id, timeout_s=TIMEOUT_S)
    print(f"  {len(seen)} observation(s): {', '.join(seen['name'].dropna().unique())}")
    assert seen["cost_usd"].sum() > 0


def refused(gateway: Gateway, secret: str, model: str, why: type[GatewayError]) -> bool:
    """Whether the key's call is refused for that reason; a limit that was just set may need a moment."""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        try:
            gateway.ask(f"{QUESTION} {uuid.uuid4().hex}", model, api_key=secret, max_tokens=10)
        except why:
            return True
        time.sleep(0.5)
    return False


PARTS: Mapping[str, Callable[[Gateway], None]] = {
    "providers": providers, "keys": keys, "cache": cache, "tracing": tracing,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
