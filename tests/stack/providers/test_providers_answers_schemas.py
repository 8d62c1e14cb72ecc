"""Answers in JSON fit their schema, by an independent validator."""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import json
import re
import uuid
from typing import Annotated, Any, Literal

import pydantic
import pytest
from answering import Answering, RefusedError
from any_schema import any_schemas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, SchemaError
from schemas import schemas

SLOW = settings(max_examples=300, derandomize=True, suppress_health_check=list(HealthCheck))


# What JSON Schema does not know, or reads in another way.
OTHER = re.compile('"(?:OBJECT|STRING|nullable|exclusiveMinimum)"')
# Without the time, which the validator wants without its zone, other than the standard.
CHECKED = FormatChecker(sorted(set(FormatChecker.checkers) - {"time"}))


def check(schema: Any, value: Any) -> None:
    Draft202012Validator(schema, format_checker=CHECKED).validate(value)


@SLOW
@given(made=schemas())
def test_a_schema_that_a_value_fits_is_filled(made: tuple[Any, Any], answering: Answering) -> None:
    schema, example = made
    check(schema, example)
    check(schema, answering.fill(schema, "Name three cities for Ada, who is 34."))


PROMPTS = ["", "Hello", "Ada Berg is 34 years old and lives in Oslo. Her email is ada@example.com.", "天気"]
ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
    },
    "required": ["value", "next", "children"],
    "additionalProperties": False,
}
FORMATS = [
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "uri",
    "uri-reference",
    "uuid",
    "ipv4",
    "ipv6",
    "regex",
    "json-pointer",
]
PATTERNS = [
    r"^[a-z]{3}$",
    r"^\d{4}-\d{2}-\d{2}$",
    r"^(\d{3})-[A-Z]+$",
    r"^\p{L}+$",
    r"^[\p{Lu}][\p{Ll}]{2,5}$",
    r"^.*$",
    "^$",
    r"^(a|b|cd)*$",
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    r"^(?=.*\d)(?=.*[a-z]).{8,}$",
    r"^(\w)\1$",
    r"^(?<y>\d{4})$",
    r"^\+?[1-9]\d{1,14}$",
    r"^[\u4e00-\u9fff]{2}$",
    r"^[\w\-\.]+$",
    r"^a\ b\@c$",
    "^(?P<n>x+)$",
    "(?i)^[A-F]{4}$",
    r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$",
    "[0-9]+",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"\bfoo\b",
]
SCHEMAS: dict[str, Any] = {
    "nothing": {},
    "true": True,
    "a list of types": {"type": ["string", "null"], "minLength": 4},
    "limits": {"type": "integer", "minimum": 3, "maximum": 9, "multipleOf": 4},
    "a small range": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-9},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0.02, "maximum": 0.03},
    "large": {"type": "integer", "minimum": 10**15},
    "long": {"type": "string", "minLength": 500},
    "short": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 1}}},
    "recursive": {"$defs": {"Node": NODE}, "$ref": "#/$defs/Node"},
    "recursive from the root": {
        "type": "object",
        "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}},
        "required": ["name"],
    },
    "oneOf that overlaps": {
        "oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]
    },
    "a discriminator": {
        "oneOf": [
            {
                "type": "object",
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
                "required": ["kind", "lives"],
            },
            {"type": "object", "properties": {"kind": {"const": "dog"}}, "required": ["kind"]},
        ],
        "discriminator": {"propertyName": "kind"},
    },
    "allOf": {
        "allOf": [
            ADDRESS,
            {"properties": {"city": {"maxLength": 4}, "ok": {"type": "boolean"}}, "required": ["ok"]},
        ]
    },
    "unevaluated": {
        "allOf": [ADDRESS],
        "properties": {"n": {"type": "integer"}},
        "unevaluatedProperties": False,
    },
    "different items": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 4},
        "minItems": 5,
        "uniqueItems": True,
    },
    "all of an enum": {
        "type": "array",
        "items": {"enum": ["a", "b", "c"]},
        "minItems": 3,
        "uniqueItems": True,
    },
    "different objects": {"type": "array", "items": ADDRESS, "minItems": 12, "uniqueItems": True},
    "a tuple": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    },
    "contains": {"type": "array", "contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}},
    "contains at most": {
        "type": "array",
        "items": {"type": "integer"},
        "contains": {"type": "integer"},
        "maxContains": 1,
    },
    "not two properties": {"properties": {"a": {}, "b": {}, "c": {}}, "not": {"minProperties": 2}},
    "names": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z]{3}$"},
        "minProperties": 3,
        "additionalProperties": {"type": "integer"},
    },
    "names of an enum": {"type": "object", "propertyNames": {"enum": ["x", "y"]}, "minProperties": 2},
    "patterns of names": {
        "type": "object",
        "patternProperties": {"^x_": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 3,
    },
    "dependent": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
    },
    "dependent schemas": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "dependentSchemas": {"a": {"required": ["c"], "properties": {"c": {"type": "string"}}}},
    },
    "not a value": {"enum": ["a", "b"], "not": {"const": "a"}},
    "not a type": {"not": {"type": "string"}},
    "not a property": {"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["b"]}},
    "if": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "if": {"properties": {"a": {"minimum": 0}}},
        "then": {"required": ["b"]},
    },
    "one property at most": {"type": "object", "properties": {"a": {}, "b": {}}, "maxProperties": 1},
    "strange names": {
        "type": "object",
        "properties": {
            "__proto__": {"type": "string"},
            "constructor": {"type": "integer"},
            "$ref": {"type": "string"},
        },
        "required": ["__proto__", "constructor", "$ref"],
    },
    **{
        f"format {name}": {
            "type": "object",
            "properties": {"x": {"type": "string", "format": name}},
            "required": ["x"],
        }
        for name in FORMATS
    },
}


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_each_keyword_is_respected(name: str, prompt: str, answering: Answering) -> None:
    for seed in range(3):
        check(SCHEMAS[name], answering.fill(SCHEMAS[name], prompt, seed=seed))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_matches_its_pattern(pattern: str, answering: Answering) -> None:
    # Python's own engine checks it, which writes some parts in another way.
    spelled = (
        re.sub(r"\(\?<(?=\w)", "(?P<", pattern)
        .replace(r"\p{L}", "[A-Za-z]")
        .replace(r"\p{Lu}", "A-Z")
        .replace(r"\p{Ll}", "a-z")
    )
    expression = re.compile(spelled, re.ASCII)
    for seed in range(5):
        for limits in ({}, {"maxLength": 12}):
            text = answering.fill({"type": "string", "pattern": pattern, **limits}, "Oslo", seed=seed)
            assert expression.search(text), text
            assert len(text) <= limits.get("maxLength", 1000)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Part(pydantic.BaseModel):
    name: Annotated[str, pydantic.Field(min_length=2, max_length=10)]
    price: Annotated[decimal.Decimal, pydantic.Field(ge=0, max_digits=6, decimal_places=2)]
    parts: list[Part] = []


class Order(pydantic.BaseModel):
    """What the SDKs' helpers send for a model with most of pydantic's types."""

    model_config = pydantic.ConfigDict(extra="forbid")
    id: uuid.UUID
    created: datetime.datetime
    day: datetime.date
    at: datetime.time
    takes: datetime.timedelta
    email: Annotated[str, pydantic.Field(pattern=r"^[\w\.\-]+@[\w\-]+\.[a-z]{2,}$")]
    site: pydantic.AnyHttpUrl
    address: ipaddress.IPv4Address
    colour: Colour
    size: Literal["s", "m", "l"] | None
    rating: Annotated[float, pydantic.Field(gt=0, le=5)]
    count: Annotated[int, pydantic.Field(ge=2, multiple_of=3)]
    pair: tuple[int, str]
    tags: Annotated[set[str], pydantic.Field(min_length=2)]
    prices: dict[str, float]
    part: Part
    other: Part | Literal["none"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_pydantic_reads_what_was_filled_for_its_schema(prompt: str, answering: Answering) -> None:
    for mode in ("validation", "serialization"):
        schema = Order.model_json_schema(mode=mode)
        for seed in range(3):
            value = answering.fill(schema, prompt, seed=seed)
            check(schema, value)
            Order.model_validate(value)


def test_googles_own_dialect(answering: Answering) -> None:
    schema = {
        "type": "OBJECT",
        "properties": {
            "names": {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": "2", "maxItems": "2"},
            "age": {"type": "INTEGER", "format": "int32", "nullable": True},
            "kind": {"type": "STRING", "format": "enum", "enum": ["cat", "dog"]},
            "any": {
                "type": "OBJECT",
                "any_of": [{"type": "OBJECT", "properties": {"x": {"type": "NUMBER"}}, "required": ["x"]}],
            },
        },
        "required": ["kind", "names", "age", "any"],
        "propertyOrdering": ["kind", "age", "names", "any"],
    }
    value = answering.fill(schema, "Tom the dog is 7 years old")
    assert list(value) == ["kind", "age", "names", "any"]
    assert (value["kind"], value["age"], len(value["names"])) == ("dog", 7, 2)
    assert isinstance(value["any"]["x"], int | float)


def test_older_drafts(answering: Answering) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"n": {"type": "number", "minimum": 0, "exclusiveMinimum": True}},
        "type": "object",
        "properties": {
            "pair": {
                "type": "array",
                "items": [{"type": "integer"}, {"$ref": "#/definitions/n"}],
                "additionalItems": False,
                "minItems": 2,
            },
            "a": {"type": "string"},
        },
        "required": ["pair", "a"],
        "dependencies": {"a": ["b"]},
    }
    value = answering.fill(schema)
    assert set(value) == {"pair", "a", "b"}
    assert isinstance(value["pair"][0], int)
    assert value["pair"][1] > 0


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (5, r"must be an object, true or false"),
        ({"type": "strin"}, r'"strin" is no type; the types are object, array,'),
        (
            {"properties": {"a": {"minimum": "3"}}},
            r'at #/properties/a is not valid: "minimum" must be a number',
        ),
        ({"properties": []}, r'"properties" must be an object of schemas'),
        ({"anyOf": {"type": "string"}}, r'"anyOf" must be a list of schemas'),
        ({"required": "a"}, r'"required" must be a list of texts'),
        ({"pattern": "("}, r"the pattern is no regular expression"),
        ({"$ref": "#/$defs/Gone"}, r'no definition for "\$ref": "#/\$defs/Gone"'),
        (False, r"No value fits the schema"),
        ({"type": "integer", "minimum": 5, "maximum": 3}, r"No value fits the schema"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, r"cannot be string and integer at once"),
        (
            {"type": "array", "items": {"enum": [1]}, "minItems": 2, "uniqueItems": True},
            r"not enough different",
        ),
        (
            {
                "$defs": {
                    "A": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}
                },
                "$ref": "#/$defs/A",
            },
            r"leads to itself without end",
        ),
        ({"type": "array", "minItems": 10**9}, r"more than 20,000 values"),
        ({"type": "string", "minLength": 10**9}, r"more than 100,000 characters"),
        ({"type": "string", "pattern": "^(a{1000}){1000}$"}, r"more than 100,000 characters"),
        ({"enum": []}, r"No value fits the schema"),
    ],
)
def test_a_schema_that_is_wrong_or_impossible_is_refused_in_a_sentence(
    schema: Any, why: str, answering: Answering
) -> None:
    with pytest.raises(RefusedError, match=why) as raised:
        answering.fill(schema, "Hello")
    assert str(raised.value).endswith(".")


def fill_object(answering: Answering, prompt: str, **properties: Any) -> Any:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    answer = answering.answer(prompt, format={"kind": "json_schema", "schema": schema})
    value = json.loads(answer["text"])
    check(schema, value)
    return value


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def test_a_known_answer_is_in_the_json(answering: Answering) -> None:
    assert fill_object(answering, "What is the capital of France?", city=TEXT) == {"city": "Paris"}
    both = fill_object(answering, "What is the capital of Japan?", capital=TEXT, country=TEXT)
    assert both == {"capital": "Tokyo", "country": "Japan"}
    assert fill_object(answering, "What is 17 * 23?", result=WHOLE, a=WHOLE, b=WHOLE) == {
        "result": 391,
        "a": 17,
        "b": 23,
    }
    assert fill_object(answering, "What is 17 * 23?", final_answer=TEXT) == {"final_answer": "391"}
    whole = {"type": "array", "items": WHOLE}
    assert fill_object(answering, "Count from 1 to 5", numbers=whole) == {"numbers": [1, 2, 3, 4, 5]}
    said = fill_object(answering, "What is a token?", definition=TEXT)
    assert "token" in said["definition"]
    review = "Classify the sentiment of this review as positive or negative: 'I love this product!'"
    feeling = {"enum": ["negative", "neutral", "positive"]}
    assert fill_object(answering, review, sentiment=feeling) == {"sentiment": "positive"}


def test_what_the_prompt_says_is_in_the_json(answering: Answering) -> None:
    names = {"type": "array", "items": TEXT}
    event = fill_object(
        answering,
        "Alice and Bob are going to a science fair on Friday.",
        name=TEXT,
        date=TEXT,
        participants=names,
    )
    assert (event["date"], event["participants"]) == ("Friday", ["Alice", "Bob"])
    person = fill_object(
        answering,
        "John Smith (john@example.com) is 34 years old.",
        name=TEXT,
        age=WHOLE,
        email={**TEXT, "format": "email"},
    )
    assert person == {"name": "John Smith", "age": 34, "email": "john@example.com"}
    people = fill_object(
        answering,
        "Ada lives in Oslo and Ben lives in Rome.",
        people={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": TEXT, "city": TEXT},
                "required": ["name", "city"],
            },
        },
    )
    assert {"name": "Ada", "city": "Oslo"} in people["people"]
    assert {"name": "Ben", "city": "Rome"} in people["people"]
    assert len(fill_object(answering, "List five colours", colours=names)["colours"]) == 5


def test_each_entry_of_a_list_has_its_own(answering: Answering) -> None:
    friend = {"type": "object", "properties": {"name": TEXT, "age": WHOLE}, "required": ["name", "age"]}
    friends = {"type": "array", "items": friend}
    said = "My friends are Ada, who is 22 years old, and Ben, who is 23 years old."
    expected = [{"name": "Ada", "age": 22}, {"name": "Ben", "age": 23}]
    assert fill_object(answering, said, friends=friends) == {"friends": expected}
    numbered = {"type": "object", "properties": {"id": WHOLE, "name": TEXT}, "required": ["id", "name"]}
    users = fill_object(answering, "Give me 3 user profiles", users={"type": "array", "items": numbered})[
        "users"
    ]
    assert [user["id"] for user in users] == [1, 2, 3]
    assert len({user["name"] for user in users}) == 3


def test_titles_prices_and_languages_of_the_prompt(answering: Answering) -> None:
    lamp = fill_object(
        answering, "A listing for the Vintage Lamp at $49.99", name=TEXT, price={"type": "number"}
    )
    assert lamp == {"name": "Vintage Lamp", "price": 49.99}
    words = fill_object(answering, "Translate 'hello' to Spanish", original=TEXT, language=TEXT)
    assert words == {"original": "hello", "language": "Spanish"}
    assert fill_object(answering, "Is 17 a prime number?", number=WHOLE) == {"number": 17}


def test_texts_that_nobody_gave_are_marked_in_the_prompts_language(answering: Answering) -> None:
    assert fill_object(answering, "Why is the sky blue?", explanation=TEXT)["explanation"].startswith(
        "Simulated answer:"
    )
    german = fill_object(answering, "Warum ist der Himmel blau?", explanation=TEXT, zutat=TEXT)
    assert german["explanation"].startswith("Simulierte Antwort:")
    assert german["zutat"].startswith("simuliert")


def test_one_line_or_several_as_the_provider_writes(answering: Answering) -> None:
    schema = {"type": "object", "properties": {"city": TEXT}, "required": ["city"]}
    form = {"kind": "json_schema", "schema": schema}
    prompt = "What is the capital of France?"
    assert answering.answer(prompt, format=form)["text"] == '{"city":"Paris"}'
    gemini = answering.answer(prompt, model="gemini-2.5-pro", format=form)["text"]
    assert gemini == '{\n  "city": "Paris"\n}'


def test_one_value_of_an_enum(answering: Answering) -> None:
    values = ["percussion", "string", "woodwind", "brass"]
    form = {"kind": "enum", "values": values}
    assert answering.answer("What type of instrument is a brass trumpet?", format=form)["text"] == "brass"
    assert answering.answer("What is an oboe?", format=form)["text"] in values


def test_models_seeds_and_choices_fill_differently_and_the_same_call_repeats(answering: Answering) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer", "minimum": 0, "maximum": 10**6}}}
    form = {"kind": "json_schema", "schema": schema}

    def text(**more: Any) -> str:
        said: str = answering.answer("Any number", format=form, **more)["text"]
        return said

    assert text() == text()
    assert len({text(), text(seed=1), text(index=1), text(model="gpt-4o")}) == 4


@settings(SLOW, max_examples=100)
@given(schema=any_schemas(), prompt=st.sampled_from(PROMPTS))
def test_any_schema_is_filled_or_refused_in_a_sentence(
    schema: Any, prompt: str, answering: Answering
) -> None:
    try:
        value = answering.fill(schema, prompt)
    except RefusedError as refused:
        sentence = str(refused)
    else:
        sentence = "."
        check_if_valid(schema, value)
    assert sentence.endswith(".")


def check_if_valid(schema: Any, value: Any) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:  # taken nevertheless, as an empty list of alternatives is
        return
    if not OTHER.search(json.dumps(schema)):
        check(schema, value)


@settings(SLOW, max_examples=100)
@given(parameters=any_schemas(), description=st.sampled_from(["", "Ada's age", None]))
def test_any_tool_is_called_or_refused(parameters: Any, description: Any, answering: Answering) -> None:
    tool = {"name": "f", "description": description, "parameters": parameters}
    for choice in ("auto", "required", {"name": "f"}):
        try:
            answer = answering.answer("The age of Ada is 34", tools=[tool], toolChoice=choice)
        except RefusedError:
            continue
        for call in answer["toolCalls"]:
            assert isinstance(json.loads(call["arguments"]), dict)
