"""Embeddings: real vectors in each provider's format and each model's width."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Simulator, free_port, start_simulator
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

WIDTHS = {
    "text-embedding-3-small": 1536, "azure-embedding": 1536, "titan-v1": 1536, "titan-v2": 1024,
    "vertex-embedding": 768, "gemini-embedding": 3072, "nomic-embed-text": 768,
}  # fmt: skip
TEXTS = ["How do I reset my password?", "I forgot my password", "The sea is blue and deep"]
Models = dict[str, dict[str, Any]]


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


@pytest.mark.parametrize("name", WIDTHS)
def test_width_meaning_and_usage(name: str, models: Models, quick: Providers) -> None:
    answer = litellm.embedding(input=TEXTS, **models[name])
    vectors = [row["embedding"] for row in answer.data]

    assert [len(vector) for vector in vectors] == [WIDTHS[name]] * 3
    assert cosine(vectors[0], vectors[1]) > 0.7
    assert cosine(vectors[0], vectors[2]) < 0.3
    assert math.hypot(*vectors[0]) == pytest.approx(1, abs=1e-4)
    assert answer.usage.prompt_tokens > 10
    row = quick.journal().iloc[-1]
    assert (row.source, row.completion_tokens) == ("embeddings_model", 0)


def test_widening_keeps_the_similarity_of_the_embeddings_server(
    models: Models, quick: Providers, embeddings_server: str, http: httpx.Client
) -> None:
    url = f"{embeddings_server}/embeddings"
    direct = http.post(url, json={"model": "all-minilm-l6-v2", "input": TEXTS}, timeout=120).json()["data"]
    wide = litellm.embedding(input=TEXTS, **models["text-embedding-3-small"]).data
    for other in (1, 2):
        expected = cosine(direct[0]["embedding"], direct[other]["embedding"])
        assert cosine(wide[0]["embedding"], wide[other]["embedding"]) == pytest.approx(expected, abs=1e-4)


def test_fewer_dimensions_on_request(models: Models, quick: Providers) -> None:
    for name, width in (("text-embedding-3-small", 256), ("titan-v2", 512), ("vertex-embedding", 128)):
        answer = litellm.embedding(input=TEXTS[:1], dimensions=width, **models[name])
        vector = answer.data[0]["embedding"]
        assert len(vector) == width
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-4)
    with pytest.raises(litellm.BadRequestError, match="less than or equal to 1536"):
        litellm.embedding(input=TEXTS[:1], dimensions=2000, **models["text-embedding-3-small"])


def test_base64_holds_the_same_numbers(quick: Providers, http: httpx.Client) -> None:
    import base64
    import struct

    def call(form: str) -> Any:
        body = {"model": "text-embedding-3-small", "input": "sea", "encoding_format": form}
        return http.post(
            f"{quick.url}/v1/embeddings", json=body, headers={"authorization": "Bearer k"}
        ).json()

    packed = base64.b64decode(call("base64")["data"][0]["embedding"])
    numbers = struct.unpack(f"<{len(packed) // 4}f", packed)
    assert numbers == pytest.approx(call("float")["data"][0]["embedding"], abs=1e-6)


async def test_async_embedding(models: Models, quick: Providers) -> None:
    answer = await litellm.aembedding(input=["one", "two"], **models["nomic-embed-text"])
    assert [len(row["embedding"]) for row in answer.data] == [768, 768]


def test_bad_input_is_rejected(models: Models, quick: Providers, http: httpx.Client) -> None:
    url = f"{quick.url}/v1/embeddings"
    for bad in ([], None, 5, [None], "", ["a", ""], [[]], [["a"]]):
        body = {"model": "text-embedding-3-small", "input": bad}
        answer = http.post(url, json=body, headers={"authorization": "Bearer k"})
        assert answer.status_code == 400, bad
        assert "input" in answer.json()["error"]["message"]
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.embedding(input=["word " * 9000], **models["text-embedding-3-small"])


@pytest.mark.parametrize(
    ("path", "why"), [("/v1/nothing", "failed with status 404"), (None, "is not reachable: ECONNREFUSED")]
)
def test_an_embeddings_server_that_fails_is_told_from_one_that_is_down(
    path: str | None, why: str, simulator: Simulator, tmp_path: Path, http: httpx.Client
) -> None:
    address = f"{simulator.url}{path}" if path else f"http://127.0.0.1:{free_port()}"
    other = start_simulator(tmp_path, address)
    try:
        body = {"model": "text-embedding-3-small", "input": "sea"}
        answer = http.post(f"{other.url}/v1/embeddings", json=body, headers={"authorization": "Bearer k"})
    finally:
        assert other.stop() == 0
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "service_unavailable")
    assert why in answer.json()["error"]["message"]


def test_half_a_character_is_embedded_like_any_text(quick: Providers, http: httpx.Client) -> None:
    content = b'{"model": "text-embedding-3-small", "input": ["\\ud83d", "sea"]}'
    answer = http.post(f"{quick.url}/v1/embeddings", content=content, headers={"authorization": "Bearer k"})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == 2
