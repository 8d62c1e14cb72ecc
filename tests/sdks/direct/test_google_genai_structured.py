"""google-genai's structured answers: pydantic models, enums, JSON schemas, and what is refused."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from genai_raw import generate, post, text_of
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, Field

MODELS = ["gemini-2.5-flash", "gemini-3.5-flash"]
JSON = "application/json"


class Country(BaseModel):
    name: str
    capital: str
    population: int
    area_km2: float
    landlocked: bool
    languages: list[str]
    continent: Literal["Europe", "Asia", "Africa"]
    motto: str | None = None


class Step(BaseModel):
    explanation: str
    output: str


class Solution(BaseModel):
    steps: list[Step] = Field(min_length=2, max_length=4)
    answer: int


class Instrument(enum.Enum):
    PERCUSSION = "Percussion"
    STRING = "String"
    WOODWIND = "Woodwind"


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="sim-genai", http_options=types.HttpOptions(base_url=sim_base)) as made:
        yield made


def ask(client: genai.Client, prompt: str, model: str = MODELS[0], **config: Any) -> Any:
    settings = types.GenerateContentConfig(**{"response_mime_type": JSON, **config})
    return client.models.generate_content(model=model, contents=prompt, config=settings)


@pytest.mark.parametrize("model", MODELS)
def test_a_pydantic_model(client: genai.Client, model: str) -> None:
    answer = ask(client, "What is the capital of France?", model, response_schema=Country)
    assert isinstance(answer.parsed, Country)
    assert answer.parsed.capital == "Paris"


def test_nested_models_and_a_list_of_them(client: genai.Client) -> None:
    solution = ask(client, "Solve 8x + 31 = 95", response_schema=Solution).parsed
    assert isinstance(solution, Solution)
    assert 2 <= len(solution.steps) <= 4
    steps = ask(client, "List some steps", response_schema=list[Step]).parsed
    assert steps
    assert all(isinstance(step, Step) for step in steps)


def test_a_schema_as_a_dictionary(client: genai.Client) -> None:
    schema = {
        "type": "OBJECT",
        "required": ["name", "age"],
        "properties": {"name": {"type": "STRING"}, "age": {"type": "INTEGER", "minimum": 18, "maximum": 30}},
    }
    answer = ask(client, "Describe a student", response_schema=schema)
    assert isinstance(answer.parsed, dict)
    assert 18 <= answer.parsed["age"] <= 30


def test_a_json_schema(client: genai.Client) -> None:
    answer = ask(client, "What is the capital of Italy?", response_json_schema=Country.model_json_schema())
    assert Country.model_validate_json(answer.text).capital == "Rome"


def test_the_order_of_properties(client: genai.Client) -> None:
    schema = types.Schema(
        type=types.Type.OBJECT,
        properties={name: types.Schema(type=types.Type.STRING) for name in ("a", "b", "c")},
        required=["a", "b", "c"],
        property_ordering=["c", "a", "b"],
    )
    assert list(json.loads(ask(client, "Three letters", response_schema=schema).text)) == ["c", "a", "b"]


def test_an_enum_as_text_and_as_json(client: genai.Client) -> None:
    prompt = "Is a violin a string instrument?"
    as_text = ask(client, prompt, response_schema=Instrument, response_mime_type="text/x.enum")
    assert (as_text.text, as_text.parsed) == ("String", Instrument.STRING)
    as_json = ask(client, prompt, response_schema=Instrument)
    assert json.loads(as_json.text) == "String"


def test_any_json(client: genai.Client) -> None:
    assert isinstance(json.loads(ask(client, "Describe Oslo as JSON").text), dict)


def test_a_stream_of_json(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type=JSON, response_schema=Country)
    stream = client.models.generate_content_stream(
        model=MODELS[1], contents="What is the capital of Spain?", config=config
    )
    text = "".join(chunk.text or "" for chunk in stream)
    assert Country.model_validate_json(text).capital == "Madrid"


def test_a_chat_with_a_schema(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type=JSON, response_schema=Step)
    chat = client.chats.create(model=MODELS[0], config=config)
    assert isinstance(chat.send_message("Explain how to boil an egg").parsed, Step)


@pytest.mark.parametrize("provider", ["gemini", "vertex_ai"])
@pytest.mark.parametrize(
    "config",
    [
        {
            "responseMimeType": JSON,
            "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}, "required": ["a"]},
        },
        {
            "response_mime_type": JSON,
            "response_schema": {
                "type": "object",
                "properties": {"a": {"type": "integer", "minimum": "3"}},
                "required": ["a"],
            },
        },
        {
            "responseMimeType": JSON,
            "responseSchema": {
                "type": 6,
                "properties": {"a": {"any_of": [{"type": "INTEGER"}], "nullable": False}},
                "required": ["a"],
                "property_ordering": ["a"],
            },
        },
        {
            "responseMimeType": JSON,
            "responseJsonSchema": {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/n"}},
                "required": ["a"],
                "$defs": {"n": {"type": "integer"}},
                "additionalProperties": False,
            },
        },
        {
            "response_mime_type": JSON,
            "response_json_schema": {"type": "object", "properties": {"a": {"const": 3}}, "required": ["a"]},
        },
    ],
)
def test_every_spelling_of_a_schema(sim_base: str, provider: str, config: dict[str, Any]) -> None:
    for name in ("generationConfig", "generation_config"):
        body = {"contents": [{"role": "user", "parts": [{"text": "A number, please"}]}], name: config}
        text = text_of([generate(sim_base, provider, MODELS[0], body)])
        assert isinstance(json.loads(text)["a"], int)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"response_mime_type": "text/plain", "response_schema": Step},
            "response_mime_type: must be `application/json`",
        ),
        (
            {"response_mime_type": None, "response_schema": Step},
            "response_mime_type: must be `application/json`",
        ),
        ({"response_mime_type": "text/x.enum", "response_schema": Step}, "needs a schema with an enum"),
        ({"response_mime_type": "application/xml"}, "application/xml is not simulated"),
        ({"response_schema": {"type": "ARRAY"}}, r"response_schema.items: missing field"),
        (
            {
                "response_schema": {
                    "type": "OBJECT",
                    "properties": {"a": {"type": "STRING"}},
                    "required": ["b"],
                }
            },
            r"required\[0\]: property is not defined",
        ),
    ],
)
def test_what_no_schema_may_be(client: genai.Client, config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(errors.ClientError, match=sentence) as caught:
        ask(client, "ping", **config)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_a_name_that_google_does_not_know_in_a_schema(sim_base: str) -> None:
    schema = {"type": "OBJECT", "properties": {"n": {"type": "STRING", "const": 1}}}
    config = {"responseMimeType": JSON, "responseSchema": schema}
    body = {"contents": [{"parts": [{"text": "ping"}]}], "generationConfig": config}
    error = post(sim_base, "gemini", f"{MODELS[0]}:generateContent", body).json()["error"]
    place = "generation_config.response_schema.properties[0].value"
    sentence = f"Invalid JSON payload received. Unknown name \"const\" at '{place}': Cannot find field."
    assert error["message"] == sentence
    assert error["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": place, "description": sentence}],
        }
    ]
