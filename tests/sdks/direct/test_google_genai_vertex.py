"""google-genai with Vertex AI: credentials and express mode, its own fields, counts, embeddings, listings, errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import google.oauth2.credentials
import pytest
from genai_raw import VERTEX, post
from google import genai
from google.genai import errors, types

MODEL = "gemini-2.5-flash"
WAYS = ["token", "service account", "express"]


def client_by(way: str, base: str) -> genai.Client:
    options = types.HttpOptions(base_url=base)
    if way == "express":
        return genai.Client(vertexai=True, api_key="sim-express", http_options=options)
    project: dict[str, Any] = {"project": "simulated-project", "location": "europe-west4"}
    if way == "token":
        project["credentials"] = google.oauth2.credentials.Credentials(token="sim-vertex")  # type: ignore[no-untyped-call]
    else:
        assert os.environ["GOOGLE_APPLICATION_CREDENTIALS"]
    return genai.Client(vertexai=True, http_options=options, **project)


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with client_by("token", sim_base) as made:
        yield made


@pytest.mark.parametrize("way", WAYS)
def test_a_text(way: str, sim_base: str) -> None:
    with client_by(way, sim_base) as client:
        answer = client.models.generate_content(
            model=MODEL,
            contents="What is the capital of France?",
            config=types.GenerateContentConfig(labels={"team": "maps"}),
        )
    assert answer.text
    assert "Paris" in answer.text
    assert answer.create_time
    assert answer.usage_metadata
    assert answer.usage_metadata.traffic_type == types.TrafficType.ON_DEMAND
    assert answer.candidates
    assert answer.candidates[0].avg_logprobs
    assert answer.candidates[0].avg_logprobs < 0


async def test_an_async_stream_counts_at_its_end(sim_base: str) -> None:
    async with client_by("token", sim_base).aio as client:
        chunks = [
            chunk
            async for chunk in await client.models.generate_content_stream(
                model=MODEL, contents="What is an LLM gateway?"
            )
        ]
    counts = [chunk.usage_metadata.total_token_count for chunk in chunks if chunk.usage_metadata]
    assert counts[:-1] == [None] * (len(chunks) - 1)
    assert counts[-1]


def test_log_probabilities(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_logprobs=True, logprobs=3)
    answer = client.models.generate_content(model=MODEL, contents="Count to 3", config=config)
    result = answer.candidates[0].logprobs_result  # type: ignore[index]
    assert result
    assert result.chosen_candidates
    assert result.top_candidates
    assert "".join(one.token or "" for one in result.chosen_candidates) == answer.text
    for chosen, top in zip(result.chosen_candidates, result.top_candidates, strict=True):
        assert len(top.candidates or []) == 3
        assert all(one.log_probability <= chosen.log_probability for one in top.candidates or [])  # type: ignore[operator]
    with pytest.raises(errors.ClientError, match="Logprobs is not supported for this model"):
        client.models.generate_content(model="gemini-3.5-flash", contents="ping", config=config)


def test_counting_and_computing_tokens(client: genai.Client) -> None:
    plain = client.models.count_tokens(model=MODEL, contents="Why is the sea salty?")
    config = types.CountTokensConfig(system_instruction="You are an old sailor.")
    told = client.models.count_tokens(model=MODEL, contents="Why is the sea salty?", config=config)
    assert told.total_tokens > plain.total_tokens > 0  # type: ignore[operator]
    computed = client.models.compute_tokens(model=MODEL, contents="Why is the sea salty?")
    (info,) = computed.tokens_info or []
    assert b"".join(info.tokens or []) == b"Why is the sea salty?"
    assert info.role == "user"
    assert len(info.token_ids or []) == len(info.tokens or [])


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [("text-embedding-005", 256), ("gemini-embedding-001", 768), ("gemini-embedding-2", 128)],
)
def test_embeddings(client: genai.Client, model: str, dimensions: int) -> None:
    config = types.EmbedContentConfig(
        output_dimensionality=dimensions,
        task_type="RETRIEVAL_DOCUMENT",
        title="Passwords",
        auto_truncate=True,
    )
    contents = [
        types.Content(parts=[types.Part(text=text)])
        for text in ("How do I reset my password?", "I forgot my password")
    ]
    answer = client.models.embed_content(model=model, contents=contents, config=config)
    assert [len(one.values or []) for one in answer.embeddings or []] == [dimensions] * 2
    assert all(one.statistics and one.statistics.token_count for one in answer.embeddings or [])
    alone = client.models.embed_content(model=model, contents="How do I reset my password?", config=config)
    assert alone.embeddings
    assert answer.embeddings
    assert alone.embeddings[0].values == pytest.approx(answer.embeddings[0].values, abs=1e-4)


def test_a_long_text_is_cut_unless_that_is_forbidden(client: genai.Client) -> None:
    text = "word " * 3_000
    cut = client.models.embed_content(model="text-embedding-005", contents=text)
    assert cut.embeddings
    assert cut.embeddings[0].statistics
    assert (cut.embeddings[0].statistics.truncated, cut.embeddings[0].statistics.token_count) == (True, 2_048)
    with pytest.raises(errors.ClientError, match="exceeds the maximum number of tokens"):
        client.models.embed_content(
            model="text-embedding-005", contents=text, config={"auto_truncate": False}
        )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"instances": [{"content": ""}]}, "The text content is empty."),
        ({"instances": []}, "at least one instance is required"),
        ({"instances": [{"content": "a"}] * 251}, "batchSize value of 251"),
        ({"instances": [{"content": 5}]}, "Invalid value at 'instances[0].content' (TYPE_STRING), 5"),
        ({"instances": [{"text": "a"}]}, "Unknown name \"text\" at 'instances[0]': Cannot find field."),
        (
            {"instances": [{"content": "a"}], "parameters": {"outputDimensionality": 769}},
            "from 1 (inclusive) to 769 (exclusive)",
        ),
    ],
)
def test_what_is_no_text_to_embed(sim_base: str, body: dict[str, Any], sentence: str) -> None:
    answer = post(sim_base, "vertex_ai", "text-embedding-005:predict", body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_the_models(client: genai.Client) -> None:
    names = [model.name for model in client.models.list(config={"page_size": 5})]
    assert "publishers/google/models/gemini-2.5-flash" in names
    assert len(names) == len(set(names))
    assert client.models.get(model=MODEL).name == f"publishers/google/models/{MODEL}"
    assert list(client.models.list(config={"query_base": False})) == []


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"logprobs": 0}, "requires setting response_logprobs to be true"),
        ({"tools": [{}]}, r"tools\[0\] is empty"),
        ({"temperature": 3}, "it has a temperature value of 3 but the supported range is from 0"),
        ({"max_output_tokens": 100_000}, r"from 1 \(inclusive\) to 65537 \(exclusive\)"),
        ({"routing_config": {"auto_mode": {}}}, "routingConfig is not simulated"),
        ({"tools": [{"retrieval": {"vertex_ai_search": {"datastore": "d"}}}]}, "retrieval is not simulated"),
        ({"thinking_config": {"thinking_budget": 30_000}}, "supported values are integers from 1 to 24576"),
    ],
)
def test_what_a_config_may_not_hold(client: genai.Client, config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(errors.ClientError, match=sentence) as caught:
        client.models.generate_content(model=MODEL, contents="ping", config=config)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_a_file_in_a_bucket_is_counted(client: genai.Client) -> None:
    part = types.Part.from_uri(file_uri="gs://a-bucket/scones.jpg", mime_type="image/jpeg")
    answer = client.models.generate_content(model=MODEL, contents=["What is this?", part])
    assert answer.usage_metadata
    assert (answer.usage_metadata.prompt_token_count or 0) > 258
    with pytest.raises(errors.ClientError, match='Unknown name "serviceTier"'):
        client.models.generate_content(model=MODEL, contents="ping", config={"service_tier": "flex"})  # type: ignore[arg-type]


def test_limits_and_errors(client: genai.Client, sim_base: str) -> None:
    with pytest.raises(errors.ClientError, match="Publisher Model `publishers/google/models/no-such-model`"):
        client.models.generate_content(model="no-such-model", contents="ping")
    with pytest.raises(errors.ClientError, match="Batches are not simulated"):
        list(client.batches.list())
    with pytest.raises(errors.ClientError, match="Images and music are not made here"):
        client._api_client.request("post", "publishers/google/models/imagen-4.0-generate-001:predict", {})
    wrong = google.oauth2.credentials.Credentials(token="wrong-key")  # type: ignore[no-untyped-call]
    options = types.HttpOptions(base_url=sim_base)
    with (
        genai.Client(
            vertexai=True, project="p", location="l", credentials=wrong, http_options=options
        ) as other,
        pytest.raises(errors.ClientError) as caught,
    ):
        other.models.generate_content(model=MODEL, contents="ping")
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")


def test_the_names_of_google_cloud_in_a_wrong_type(sim_base: str) -> None:
    error = post(sim_base, "vertex_ai", f"{MODEL}:generateContent", {"contents": "ping"}).json()["error"]
    assert error["message"] == (
        "Invalid value at 'contents' (type.googleapis.com/google.cloud.aiplatform.v1beta1.Content), \"ping\""
    )
    assert VERTEX.endswith("/models")
