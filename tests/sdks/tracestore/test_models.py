"""Prices of one's own, and connections to providers, in the SDK's own way."""

from __future__ import annotations

import pytest
from langfuse.api.core.api_error import ApiError


def test_a_price_of_ones_own_counts_at_once(langfuse, unique):
    model = langfuse.api.models.create(
        model_name=unique("m"),
        match_pattern=f"^{unique('m')}$",
        unit="TOKENS",
        input_price=1e-6,
        output_price=2e-6,
    )
    with langfuse.start_as_current_observation(
        name="call", as_type="generation", model=unique("m"), usage_details={"input": 1000, "output": 100}
    ) as call:
        pass
    langfuse.flush()
    (found,) = langfuse.api.observations.get_many(trace_id=call.trace_id, fields="core,model,usage").data
    assert found.total_cost == pytest.approx(0.0012)
    assert langfuse.api.models.get(model.id).model_name == unique("m")
    langfuse.api.models.delete(model.id)
    with pytest.raises(ApiError) as missing:
        langfuse.api.models.get(model.id)
    assert missing.value.status_code == 404


def test_a_connection_shows_the_end_of_its_key(langfuse, unique):
    put = langfuse.api.llm_connections.upsert
    made = put(provider=unique("p"), adapter="openai", secret_key="sk-demo-1234")
    assert made.display_secret_key == "...1234"
    assert put(provider=unique("p"), adapter="anthropic", secret_key="sk-demo-5678").id == made.id
    assert made.id in {one.id for one in langfuse.api.llm_connections.list(limit=100).data}
