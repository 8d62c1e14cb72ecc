"""google-genai's everyday tasks with Gemini: text, streams, chats, settings, listings, errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from genai_raw import events, generate, listed, text_of
from google import genai
from google.genai import errors, types

MODEL = "gemini-3.5-flash"
QUESTION = "Why do leaves change their colour in autumn?"


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="sim-genai", http_options=types.HttpOptions(base_url=sim_base)) as made:
        yield made


def test_a_text(client: genai.Client) -> None:
    answer = client.models.generate_content(model=MODEL, contents=QUESTION)
    assert answer.text
    (candidate,) = answer.candidates or []
    assert (candidate.index, candidate.finish_reason) == (0, types.FinishReason.STOP)
    assert candidate.content
    assert candidate.content.role == "model"
    assert answer.model_version == MODEL
    assert answer.response_id


def test_usage_adds_up(client: genai.Client) -> None:
    usage = client.models.generate_content(model=MODEL, contents=QUESTION).usage_metadata
    assert usage
    assert usage.prompt_token_count
    assert usage.candidates_token_count
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count
    assert usage.prompt_tokens_details == [
        types.ModalityTokenCount(modality=types.MediaModality.TEXT, token_count=usage.prompt_token_count)
    ]
    assert usage.thoughts_token_count is None


def test_a_stream_brings_the_same_text_and_counts_on_the_way(client: genai.Client) -> None:
    whole = client.models.generate_content(model=MODEL, contents=QUESTION)
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=QUESTION))
    assert "".join(chunk.text or "" for chunk in chunks) == whole.text
    counts = [chunk.usage_metadata.candidates_token_count or 0 for chunk in chunks if chunk.usage_metadata]
    assert counts == sorted(counts)
    assert whole.usage_metadata
    assert counts[-1] == whole.usage_metadata.candidates_token_count
    reasons = [candidate.finish_reason for chunk in chunks for candidate in chunk.candidates or []]
    assert reasons == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]


async def test_a_text_and_a_stream_without_waiting(sim_base: str) -> None:
    options = types.HttpOptions(base_url=sim_base)
    async with genai.Client(api_key="sim-genai", http_options=options).aio as client:
        answer = await client.models.generate_content(model=MODEL, contents="ping")
        pieces = [
            chunk.text or ""
            async for chunk in await client.models.generate_content_stream(model=MODEL, contents="Count to 5")
        ]
    assert answer.text == "pong"
    assert [number for number in "".join(pieces) if number.isdigit()] == list("12345")


def test_a_chat_remembers(client: genai.Client) -> None:
    chat = client.chats.create(model=MODEL)
    first = chat.send_message("What is the capital of Norway?")
    assert first.text
    assert "Oslo" in first.text
    second = "".join(chunk.text or "" for chunk in chat.send_message_stream("And what is 6 * 7?"))
    assert second
    history = chat.get_history(curated=True)
    assert [content.role for content in history[:3]] == ["user", "model", "user"]
    counted = client.models.count_tokens(model=MODEL, contents=history)
    assert (counted.total_tokens or 0) > 20


def test_settings_are_kept(client: genai.Client) -> None:
    answer = client.models.generate_content(
        model="gemini-2.5-flash",
        contents=QUESTION,
        config=types.GenerateContentConfig(
            system_instruction=["You are a botanist.", "Be brief."],
            temperature=0.2,
            top_p=0.95,
            top_k=20,
            candidate_count=1,
            seed=5,
            max_output_tokens=7,
            stop_sequences=["STOP!"],
            presence_penalty=0.0,
            frequency_penalty=0.0,
        ),
    )
    assert answer.candidates
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata
    assert answer.usage_metadata.candidates_token_count == 7


def test_a_seed_repeats_an_answer(client: genai.Client) -> None:
    def ask(seed: int) -> str | None:
        config = types.GenerateContentConfig(seed=seed)
        return client.models.generate_content(model=MODEL, contents=QUESTION, config=config).text

    assert ask(1) == ask(1) != ask(2)


def test_a_stop_sequence_ends_the_text(client: genai.Client) -> None:
    config = types.GenerateContentConfig(stop_sequences=["4"])
    answer = client.models.generate_content(model=MODEL, contents="Count to 9", config=config)
    assert answer.text
    assert "3" in answer.text
    assert "4" not in answer.text
    assert answer.candidates
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP


def test_several_candidates_are_all_counted(client: genai.Client, sim_base: str) -> None:
    config = types.GenerateContentConfig(candidate_count=3)
    answer = client.models.generate_content(model=MODEL, contents=QUESTION, config=config)
    texts = [candidate.content.parts[0].text for candidate in answer.candidates or []]  # type: ignore[union-attr,index]
    assert len(set(texts)) == 3
    one = client.models.generate_content(model=MODEL, contents=QUESTION)
    assert answer.usage_metadata
    assert one.usage_metadata
    assert answer.usage_metadata.candidates_token_count > 2 * one.usage_metadata.candidates_token_count  # type: ignore[operator]
    body = {"contents": [{"parts": [{"text": QUESTION}]}], "generationConfig": {"candidateCount": 3}}
    chunks = events(sim_base, "gemini", MODEL, body)
    assert [text_of(chunks, index) for index in range(3)] == texts
    assert chunks[-1].usage_metadata == generate(sim_base, "gemini", MODEL, body).usage_metadata


def test_safety_settings_are_rated(client: genai.Client) -> None:
    setting = types.SafetySetting(
        category=types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
        threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH,
    )
    config = types.GenerateContentConfig(safety_settings=[setting])
    answer = client.models.generate_content(model=MODEL, contents=QUESTION, config=config)
    (rating,) = answer.candidates[0].safety_ratings or []  # type: ignore[index]
    assert (rating.category, rating.probability) == (setting.category, types.HarmProbability.NEGLIGIBLE)


def test_the_models_and_one_of_them(client: genai.Client) -> None:
    pager = client.models.list(config={"page_size": 4})
    assert len(pager.page) == 4
    names = [model.name for model in pager]
    assert len(names) == len(set(names)) > 8
    assert "models/gemini-2.5-flash" in names
    model = client.models.get(model="gemini-2.5-flash")
    assert model.name == "models/gemini-2.5-flash"
    assert model.thinking is True
    assert (model.input_token_limit, model.output_token_limit) == (1_048_576, 65_536)
    assert "generateContent" in (model.supported_actions or [])
    assert list(client.models.list(config={"query_base": False})) == []


def test_embeddings(client: genai.Client) -> None:
    texts = ["How do I reset my password?", "I forgot my password"]
    answer = client.models.embed_content(
        model="gemini-embedding-001",
        contents=texts,
        config=types.EmbedContentConfig(output_dimensionality=768, task_type="RETRIEVAL_QUERY"),
    )
    assert [len(one.values or []) for one in answer.embeddings or []] == [768, 768]
    together = client.models.embed_content(model="gemini-embedding-2", contents=texts)
    assert [len(one.values or []) for one in together.embeddings or []] == [3072]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"temperature": 5}, r"temperature must be in the range \[0.0, 2.0\]"),
        ({"top_p": 2}, r"top_p must be in the range \[0.0, 1.0\]"),
        ({"candidate_count": 9}, r"candidate_count must be in the range \[1, 8\]"),
        ({"stop_sequences": list("abcdef")}, "stop_sequences has 6 entries"),
        ({"max_output_tokens": 0}, "max_output_tokens must be at least 1"),
        ({"response_mime_type": "text/x.nonsense"}, "allowed mimetypes are"),
        ({"response_modalities": ["IMAGE"]}, "combination of response modalities"),
        ({"speech_config": {"language_code": "en-US"}}, "speechConfig is not simulated"),
        ({"response_logprobs": True}, "Logprobs is not enabled for models/gemini-3.5-flash"),
        ({"cached_content": "cachedContents/abc"}, "cachedContent is not simulated"),
        ({"tools": [{"google_search": {}}]}, "googleSearch is not simulated"),
        ({"tools": [{"code_execution": {}}]}, "codeExecution is not simulated"),
    ],
)
def test_what_a_config_may_not_hold(client: genai.Client, config: dict[str, object], sentence: str) -> None:
    with pytest.raises(errors.ClientError, match=sentence) as caught:
        client.models.generate_content(model=MODEL, contents="ping", config=config)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_a_model_that_is_not_there(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="no-such-model", contents="ping")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert str(caught.value.message).startswith("models/no-such-model is not found")


def test_a_wrong_key(sim_base: str) -> None:
    options = types.HttpOptions(base_url=sim_base)
    with (
        genai.Client(api_key="wrong-key", http_options=options) as client,
        pytest.raises(errors.ClientError) as caught,
    ):
        client.models.generate_content(model=MODEL, contents="ping")
    assert caught.value.message == "API key not valid. Please pass a valid API key."
    assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_files_caches_and_batches_say_their_limit(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="The Files API is not simulated"):
        client.files.get(name="files/abc")
    with pytest.raises(errors.ClientError, match="Cached contents are not simulated"):
        client.caches.create(model=MODEL, config={"contents": ["a long text"]})
    with pytest.raises(errors.ClientError, match="Batches are not simulated"):
        list(client.batches.list())


@pytest.mark.parametrize("provider", ["gemini", "vertex_ai"])
@pytest.mark.parametrize("model", ["gemini-2.5-flash", MODEL])
def test_every_field_of_an_answer_is_known_to_the_sdk(sim_base: str, provider: str, model: str) -> None:
    body = {
        "contents": {"role": "user", "parts": {"text": QUESTION}},
        "generation_config": {"candidate_count": 2, "thinking_config": {"include_thoughts": True}},
        "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    }
    whole = generate(sim_base, provider, model, body)
    chunks = events(sim_base, provider, model, body)
    assert [text_of(chunks, index) for index in range(2)] == [text_of([whole], index) for index in range(2)]
    in_list = listed(sim_base, provider, model, body)
    assert text_of(in_list) == text_of([whole])
    assert in_list[-1].usage_metadata == whole.usage_metadata
