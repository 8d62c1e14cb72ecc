"""Traces in the SDK's own way: sign in, record spans, read them back."""

from __future__ import annotations

import langfuse as package


def test_the_environment_has_the_line_that_it_is_said_to_have(line):
    assert int(package.__version__.split(".")[0]) == line


def test_the_keys_are_accepted(langfuse):
    assert langfuse.auth_check()


def test_a_span_and_a_model_call_are_read_back(langfuse, unique):
    with langfuse.start_as_current_observation(name=unique("question"), input={"q": "open when?"}) as root:
        with (
            package.propagate_attributes(user_id=unique("reader"), tags=["sdk"]),
            langfuse.start_as_current_observation(
                name="call",
                as_type="generation",
                model="gpt-4o-mini",
                usage_details={"input": 1000, "output": 100},
            ) as call,
        ):
            call.update(output="from 9 to 5")
        root.update(output="answered")
    langfuse.flush()
    rows = langfuse.api.observations.get_many(
        trace_id=root.trace_id, fields="core,basic,io,usage,model,trace_context"
    ).data
    inner, outer = sorted(rows, key=lambda row: row.name)
    assert (outer.name, outer.type, outer.output) == (unique("question"), "SPAN", "answered")
    assert (inner.parent_observation_id, inner.type, inner.model) == (outer.id, "GENERATION", "gpt-4o-mini")
    assert (inner.user_id, inner.tags, inner.output) == (unique("reader"), ["sdk"], "from 9 to 5")
    assert inner.usage_details == {"input": 1000, "output": 100, "total": 1100}
    assert inner.total_cost > 0
