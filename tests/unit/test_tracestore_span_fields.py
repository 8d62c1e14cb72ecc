"""Fields of a span's row: level, environment, prompt, and the type of an old SDK's span."""

from __future__ import annotations

import pytest

from gateway_kit.stack.servers.tracestore.ingest.span import Scope
from tests.unit.tracestore_rows import row


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        ("WARNING", "WARNING"),
        ("Warn", "WARNING"),
        ("critical", "ERROR"),
        ("fatal", "ERROR"),
        ("TRACE", "DEBUG"),
        ("verbose", "DEBUG"),
        (" notice ", "DEFAULT"),
        ("Success", "DEFAULT"),
    ],
)
def test_levels_of_other_tools_are_understood_in_any_case(sent, level):
    # A level that is sent counts for more than the failure of the span.
    assert row({"langfuse.observation.level": sent}, failed=True).level == level


@pytest.mark.parametrize("sent", ["LOUD", "", 40, None])
def test_an_unknown_level_is_that_of_the_status(sent):
    assert row({"langfuse.observation.level": sent}).level == "DEFAULT"
    assert row({"langfuse.observation.level": sent}, failed=True).level == "ERROR"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("PROD", "prod"),
        ("my env", "default"),
        ("eu-west_1", "eu-west_1"),
        ("langfuse-evals", "evals"),
        ("Langfuse_langfuseevals", "evals"),
        ("langfuse", "default"),
        ("e" * 60, "e" * 40),
        # Cut first: the space comes too late to matter.
        ("e" * 40 + " !", "e" * 40),
        ("umgebung-ä", "default"),
        ("prod\n", "default"),
        (7, "default"),
    ],
)
def test_an_environment_has_the_name_that_langfuse_gives_it(sent, stored):
    assert row({"langfuse.environment": sent}).environment == stored
    assert row({}, scope=Scope(resource={"deployment.environment": sent})).environment == stored


PROMPT = {"langfuse.observation.prompt.name": "greeting", "langfuse.observation.prompt.version": 4}


@pytest.mark.parametrize(
    ("attributes", "link"),
    [
        (PROMPT, ("greeting", 4)),
        ({"langfuse.prompt.name": "old", "langfuse.prompt.version": "2"}, ("old", 2)),
        ({"ai.telemetry.metadata.langfusePrompt": '{"name": "sdk", "version": 9}'}, ("sdk", 9)),
        ({**PROMPT, "langfuse.observation.prompt.version": 2**40}, ("greeting", None)),
        ({}, ("", None)),
    ],
)
def test_a_generation_is_linked_with_its_prompt(attributes, link):
    made = row({"langfuse.observation.type": "generation", **attributes})
    assert (made.prompt_name, made.prompt_version) == link


@pytest.mark.parametrize("kind", ["span", "agent", "tool", "chain", "event", "embedding", "retriever"])
def test_no_other_type_is_linked_with_a_prompt(kind):
    made = row({"langfuse.observation.type": kind, **PROMPT})
    assert (made.type, made.prompt_name, made.prompt_version) == (kind.upper(), "", None)


@pytest.mark.parametrize(
    ("version", "language", "expected"),
    [("3.2.4", "python", "GENERATION"), ("3.4.0", "python", "SPAN"), ("3.2.4", "js", "SPAN")],
)
def test_a_span_of_an_old_python_sdk_with_usage_is_a_generation(version, language, expected):
    scope = Scope("langfuse-sdk", version, resource={"telemetry.sdk.language": language})
    attributes = {"langfuse.observation.type": "span", "langfuse.observation.usage_details": '{"input": 1}'}
    assert row(attributes, scope=scope).type == expected
    assert row({"langfuse.observation.type": "span"}, scope=scope).type == "SPAN"
