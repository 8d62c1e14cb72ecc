"""Ollama's listings, embeddings and errors, with ollama-python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from aws_shapes import png
from faults import fault
from ollama import Client, EmbedResponse, ListResponse, ProgressResponse, ResponseError, ShowResponse

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(scope="module")
def ollama(sim_base: str) -> Iterator[Client]:
    with Client(host=sim_base, timeout=60) as client:
        yield client


def refusal(ollama: Client, path: str, body: dict[str, Any]) -> tuple[int, str]:
    """What the client makes of a request that its own types would not let through."""
    with pytest.raises(ResponseError) as error:
        ollama._request(dict, "POST", path, json=body)
    return error.value.status_code, error.value.error


def test_the_list_of_models(ollama: Client) -> None:
    listed = ollama.list()
    assert isinstance(listed, ListResponse)
    models = {model.model: model for model in listed.models}
    phi3 = models["phi3:latest"]
    assert phi3.details
    assert phi3.details.parameter_size == "3.8B"
    assert phi3.size
    assert phi3.digest
    assert phi3.modified_at


@pytest.mark.parametrize(
    ("model", "abilities"),
    [
        ("phi3", ["completion", "tools"]),
        ("gemma3:4b", ["completion", "vision"]),
        ("qwen3", ["completion", "tools", "thinking"]),
        ("codellama", ["completion", "insert"]),
        ("nomic-embed-text", ["embedding"]),
    ],
)
def test_a_model_is_shown(model: str, abilities: list[str], ollama: Client) -> None:
    shown = ollama.show(model)
    assert isinstance(shown, ShowResponse)
    assert shown.capabilities == abilities
    assert shown.details
    assert shown.details.family
    assert shown.modelinfo
    assert shown.modelinfo[f"{shown.details.family}.context_length"] > 0


def test_pulling_a_model(ollama: Client) -> None:
    steps = list(ollama.pull("llama3.2:1b", stream=True))
    assert all(isinstance(step, ProgressResponse) for step in steps)
    assert steps[-1].status == "success"
    assert any(step.total == step.completed and step.total for step in steps)
    assert ollama.pull("phi3").status == "success"
    with pytest.raises(ResponseError, match="pull model manifest: file does not exist"):
        ollama.pull("no-such-model")


def test_embeddings(ollama: Client) -> None:
    texts = ["A cat sleeps.", "A dog sleeps.", "The stock market fell."]
    answer = ollama.embed(model="nomic-embed-text", input=texts)
    assert isinstance(answer, EmbedResponse)
    cat, dog, market = answer.embeddings
    assert len(cat) == 768
    assert math.isclose(math.hypot(*cat), 1, abs_tol=1e-6)
    assert sum(map(lambda a, b: a * b, cat, dog)) > sum(map(lambda a, b: a * b, cat, market))
    assert answer.total_duration
    assert answer.load_duration
    assert answer.prompt_eval_count
    (short,) = ollama.embed(model="nomic-embed-text", input="A cat sleeps.", dimensions=64).embeddings
    assert len(short) == 64
    assert len(ollama.embed(model="llama3.2", input="Hello, world!").embeddings[0]) == 3072
    assert len(ollama.embeddings(model="nomic-embed-text", prompt="A cat").embedding) == 768
    assert len(ollama.embed(model="all-minilm:l6-v2", input="Hello").embeddings[0]) == 384


@pytest.mark.parametrize("nothing", ["", []])
def test_no_text_is_no_vector(nothing: Any, ollama: Client) -> None:
    assert ollama.embed(model="nomic-embed-text", input=nothing).embeddings == []
    assert ollama.embeddings(model="nomic-embed-text", prompt="").embedding == []


def test_a_text_beyond_the_context(ollama: Client) -> None:
    text = "word " * 9_000
    assert ollama.embed(model="nomic-embed-text", input=text).prompt_eval_count == 8_192
    with pytest.raises(ResponseError, match="the input length exceeds the context length"):
        ollama.embed(model="nomic-embed-text", input=text, truncate=False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": ""}, "model is required"),
        ({"model": 5}, "json: cannot unmarshal number into Go struct field ChatRequest.model of type string"),
        (
            {"messages": "Hi"},
            "json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message",
        ),
        (
            {"messages": [{"role": "user", "content": []}]},
            "json: cannot unmarshal array into Go struct field Alias.content of type string",
        ),
        (
            {"stream": "no"},
            "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool",
        ),
        ({"options": []}, "Go struct field ChatRequest.options of type map[string]interface {}"),
        ({"options": {"temperature": "hot"}}, 'option "temperature" must be of type float32'),
        ({"options": {"num_predict": "2"}}, 'option "num_predict" must be of type integer'),
        ({"options": {"stop": "x"}}, 'option "stop" must be of type array'),
        ({"options": {"stop": [5]}}, 'option "stop" must be of an array of strings'),
        ({"options": {"use_mmap": 1}}, 'option "use_mmap" must be of type boolean'),
        ({"format": "xml"}, 'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object'),
        ({"think": True}, '"phi3" does not support thinking'),
        (
            {"think": "much"},
            'invalid think value: "much" (must be "high", "medium", "low", "max", true, or false)',
        ),
        ({"think": 5}, "think must be a boolean or string"),
        ({"model": "qwen3", "think": "much"}, "invalid think value"),
        ({"keep_alive": "soon"}, 'time: invalid duration "soon"'),
        ({"keep_alive": "5"}, 'time: missing unit in duration "5"'),
        ({"keep_alive": True}, "Unsupported type: 'bool'"),
        ({"top_logprobs": 21}, "top_logprobs must be between 0 and 20"),
        (
            {"model": "gemma3", "tools": [{"type": "function", "function": {"name": "f"}}]},
            "registry.ollama.ai/library/gemma3:latest does not support tools",
        ),
        (
            {"messages": [{"role": "user", "content": "?", "images": ["=="]}]},
            "illegal base64 data at input byte",
        ),
    ],
)
def test_an_invalid_chat(body: dict[str, Any], words: str, ollama: Client) -> None:
    status, message = refusal(ollama, "/api/chat", {"model": "phi3", "messages": QUESTION, **body})
    assert words in message
    assert status == 400


def test_a_picture_for_a_model_without_sight(ollama: Client) -> None:
    message = {"role": "user", "content": "?", "images": [png(8, 8)]}
    with pytest.raises(ResponseError, match="missing data required for image input"):
        ollama.chat(model="phi3", messages=[message])


def test_other_invalid_requests(ollama: Client) -> None:
    raw = {"model": "phi3", "prompt": "a", "raw": True, "system": "b"}
    assert refusal(ollama, "/api/generate", raw) == (
        400,
        "raw mode does not support template, system, or context",
    )
    assert refusal(ollama, "/api/embed", {"model": "nomic-embed-text", "input": [5]}) == (
        400,
        "invalid input type",
    )
    assert refusal(ollama, "/api/show", {}) == (400, "model is required")


def test_an_unknown_model(ollama: Client) -> None:
    asked = {"model": "no-such-model", "messages": QUESTION, "prompt": "a", "input": "a"}
    assert refusal(ollama, "/api/chat", asked) == (404, "model 'no-such-model' not found")
    assert refusal(ollama, "/api/generate", asked) == (404, "model 'no-such-model' not found")
    assert refusal(ollama, "/api/show", asked) == (404, "model 'no-such-model' not found")
    assert refusal(ollama, "/api/embed", asked) == (
        404,
        'model "no-such-model" not found, try pulling it first',
    )


def test_an_error_within_a_stream(sim_base: str, ollama: Client) -> None:
    with (
        fault(sim_base, "ollama", kind="stream_error", after_chunks=2),
        pytest.raises(ResponseError, match="an error was encountered while running the model"),
    ):
        list(ollama.chat(model="phi3", messages=QUESTION, stream=True))


def test_names_that_nobody_knows_are_ignored(ollama: Client) -> None:
    body = {"model": "phi3", "messages": QUESTION, "stream": False, "no_such_field": {"a": 1}}
    assert ollama._request(dict, "POST", "/api/chat", json=body)["done"]


def test_what_is_no_part_of_the_simulation_says_so(ollama: Client) -> None:
    with pytest.raises(ResponseError, match="cannot be made, copied, pushed or deleted"):
        ollama.create(model="mine", from_="phi3", system="You are Mario.")
    with pytest.raises(ResponseError, match="cannot be made, copied, pushed or deleted"):
        ollama.copy("phi3", "mine")
    with pytest.raises(ResponseError, match="cannot be made, copied, pushed or deleted"):
        ollama.delete("phi3")
