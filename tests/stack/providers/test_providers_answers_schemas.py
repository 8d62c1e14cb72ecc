"""Answers in JSON fit their schema, by an independent validator."""

from __future__ import annotations

from typing import Any

from answering import Answering
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, FormatChecker
from schemas import schemas

SLOW = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def check(schema: Any, value: Any) -> None:
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


@SLOW
@given(made=schemas())
def test_a_schema_that_a_value_fits_is_filled(made: tuple[Any, Any], answering: Answering) -> None:
    schema, example = made
    check(schema, example)
    check(schema, answering.fill(schema, "Name three cities for Ada, who is 34."))
