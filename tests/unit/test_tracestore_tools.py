"""The tools offered to a model move from the metadata to the input."""

from __future__ import annotations

import json

import pytest

from tests.unit.tracestore_rows import row

TRAMS = {"name": "timetable", "description": "When a tram goes", "parameters": {"type": "object"}}
OPENAI = {"type": "function", "function": TRAMS}
SEARCH = {"type": "web_search"}  # a provider's own, which has no name


@pytest.mark.parametrize(
    ("attributes", "tools"),
    [
        ({"ai.prompt.tools": json.dumps([TRAMS, SEARCH])}, [TRAMS, SEARCH]),
        ({"ai.prompt.tools": [json.dumps(TRAMS)]}, [TRAMS]),
        ({"gen_ai.tool.definitions": json.dumps([OPENAI])}, [OPENAI]),
        ({"model_request_parameters": json.dumps({"function_tools": [TRAMS]})}, [TRAMS]),
        (
            {
                "llm.tools.10.tool.json_schema": json.dumps(TRAMS | {"name": "last"}),
                "llm.tools.2.tool.json_schema": json.dumps(OPENAI),
            },
            [OPENAI, TRAMS | {"name": "last"}],
        ),
        ({"langfuse.observation.metadata.tools": json.dumps([TRAMS])}, [TRAMS]),
        # The same tool twice is one.
        ({"ai.prompt.tools": json.dumps([TRAMS]), "gen_ai.tool.definitions": json.dumps([OPENAI])}, [TRAMS]),
    ],
)
def test_tools_move_from_the_metadata_into_the_input(attributes, tools):
    made = row({**attributes, "input.value": '[{"role": "user"}]'})
    assert json.loads(made.input) == {"messages": [{"role": "user"}], "tools": tools}
    assert json.loads(made.metadata) == {}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, {"tools": [TRAMS]}),
        ("tram?", {"prompt": "tram?", "tools": [TRAMS]}),
        ('{"messages": []}', {"messages": [], "tools": [TRAMS]}),
        (json.dumps({"tools": [SEARCH, OPENAI]}), {"tools": [SEARCH, OPENAI]}),
        ('{"tools": "none"}', {"tools": "none"}),
        ("17", 17),
    ],
)
def test_tools_join_any_input_that_can_hold_them(sent, expected):
    attributes = {"gen_ai.tool.definitions": json.dumps([TRAMS]), "input.value": sent}
    made = row({key: value for key, value in attributes.items() if value is not None})
    assert json.loads(made.input) == expected
    is_kept = "attributes.gen_ai.tool.definitions" in json.loads(made.metadata)
    assert is_kept == (
        "tools" not in expected or expected["tools"] == "none" if isinstance(expected, dict) else True
    )


def test_other_request_parameters_of_pydantic_ai_stay_in_the_metadata():
    sent = {"function_tools": [TRAMS], "output_mode": "text"}
    made = row({"model_request_parameters": json.dumps(sent), "input": "tram?"})
    assert json.loads(made.metadata) == {"attributes.model_request_parameters": {"output_mode": "text"}}


@pytest.mark.parametrize("sent", ["[]", "broken", '["hammer"]', '[{"colour": "red"}]', '{"name": "one"}'])
def test_anything_but_a_list_of_tools_stays_in_the_metadata(sent):
    made = row({"langfuse.observation.metadata.tools": sent, "langfuse.observation.input": "hi"})
    assert made.input == "hi"
    assert "tools" in "".join(json.loads(made.metadata))


def test_the_sdks_own_spans_have_tools_in_metadata_alone():
    made = row({"gen_ai.tool.definitions": json.dumps([TRAMS])}, scope="langfuse-sdk")
    assert made.input is None
