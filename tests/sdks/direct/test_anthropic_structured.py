"""Anthropic's SDK and answers in JSON of a schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import anthropic
import pytest
from anthropic import transform_schema
from anthropic_client import MODEL, known, strict, strict_async, user
from pydantic import BaseModel, Field


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    """A part of an order."""

    name: str
    quantity: int = Field(ge=1, le=5)
    colour: Colour


class Order(BaseModel):
    """An order."""

    customer: str
    parts: list[Part] = Field(min_length=1)
    total: float
    note: str | None


class Capital(BaseModel):
    """A country's capital."""

    city: str
    country: str


FRANCE = user("What is the capital of France?")
ORDER = user("Order two red pens for 5.50 dollars, please.")


def test_parse(sim_base: str) -> None:
    with strict(sim_base) as client:
        answer = client.messages.parse(model=MODEL, max_tokens=1_024, messages=FRANCE, output_format=Capital)
        assert answer.parsed_output == Capital(city="Paris", country="France")
        order = client.messages.parse(model=MODEL, max_tokens=1_024, messages=ORDER, output_format=Order)
        assert isinstance(order.parsed_output, Order)
        beta = client.beta.messages.parse(
            model=MODEL, max_tokens=1_024, messages=FRANCE, output_format=Capital
        )
        assert beta.parsed_output == answer.parsed_output


async def test_parse_async(sim_base: str) -> None:
    async with strict_async(sim_base) as client:
        answer = await client.messages.parse(
            model=MODEL, max_tokens=1_024, messages=ORDER, output_format=Order
        )
    assert isinstance(answer.parsed_output, Order)


def test_a_stream_of_json(sim_base: str) -> None:
    with (
        strict(sim_base) as client,
        client.messages.stream(
            model=MODEL, max_tokens=1_024, messages=FRANCE, output_format=Capital
        ) as stream,
    ):
        snapshots = [event.parsed_snapshot() for event in stream if event.type == "text"]
        final = stream.get_final_message()
    assert len(snapshots) > 1
    assert final.parsed_output == Capital(city="Paris", country="France")


def test_a_schema_of_ones_own(sim_base: str) -> None:
    form: Any = {"type": "json_schema", "schema": transform_schema(Order)}
    with strict(sim_base) as client:
        answer = known(
            client.messages.create(
                model=MODEL, max_tokens=1_024, messages=ORDER, output_config={"format": form}
            )
        )
        old = client.beta.messages.create(
            model=MODEL,
            max_tokens=1_024,
            messages=ORDER,
            betas=["structured-outputs-2025-11-13"],
            extra_body={"output_format": form},
        )
        with pytest.raises(anthropic.BadRequestError, match="output_format: Extra inputs"):
            client.messages.create(
                model=MODEL, max_tokens=1_024, messages=ORDER, extra_body={"output_format": form}
            )
    assert Order.model_validate_json(answer.content[0].text)
    assert old.content[0].text == answer.content[0].text


def test_with_thinking_and_with_effort(sim_base: str) -> None:
    with strict(sim_base) as client:
        answer = client.messages.parse(
            model="claude-sonnet-5",
            max_tokens=2_000,
            messages=FRANCE,
            output_format=Capital,
            output_config={"effort": "low"},
        )
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.parsed_output == Capital(city="Paris", country="France")


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({**SCHEMA, "additionalProperties": True}, "'additionalProperties' must be explicitly set to false"),
        (
            {**SCHEMA, "properties": {"n": {"type": "integer", "minimum": 1}}},
            "property 'minimum' is not supported",
        ),
        ({**SCHEMA, "properties": {"n": {"type": "string", "maxLength": 1}}}, "property 'maxLength' is not"),
        (
            {**SCHEMA, "properties": {"n": {"oneOf": [{"type": "null"}]}}},
            "Schema type 'oneOf' is not supported",
        ),
        ({**SCHEMA, "properties": {"n": {"$ref": "#/$defs/N"}}}, "schema references are not supported"),
        (
            {"$defs": {"N": {**SCHEMA, "properties": {"n": {"$ref": "#/$defs/N"}}}}, "$ref": "#/$defs/N"},
            "Circular reference detected in schema definitions: N -> N",
        ),
    ],
)
def test_schemas_that_the_provider_refuses(schema: dict[str, Any], message: str, sim_base: str) -> None:
    form: Any = {"format": {"type": "json_schema", "schema": schema}}
    with strict(sim_base) as client, pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(model=MODEL, max_tokens=500, messages=FRANCE, output_config=form)
    assert message in str(caught.value)
    assert "output_config.format.schema" in str(caught.value)
