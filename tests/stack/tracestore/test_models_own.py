"""Models with prices of one's own: what a call costs with them, from when on, and what they may be."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .store_program import StoreProgram

MODELS = "/api/public/models"


@pytest.fixture
def name() -> str:
    return f"model-{uuid.uuid4().hex[:12]}"


@pytest.fixture(autouse=True)
def no_models_left(store: StoreProgram) -> Iterator[None]:
    """Patterns of one test must not match the models of another."""
    yield
    for (model_id,) in store.rows("select id from own_models"):
        store.http.delete(f"{MODELS}/{model_id}")


def add(store: StoreProgram, name: str, **fields: Any) -> dict[str, Any]:
    body = {"modelName": name, "matchPattern": f"(?i)^{name}$", "unit": "TOKENS", **fields}
    answer = store.http.post(MODELS, json=body)
    assert answer.status_code == 200, answer.text
    model: dict[str, Any] = answer.json()
    return model


def call(store: StoreProgram, model: str, usage: dict[str, int], **attributes: str) -> dict[str, Any]:
    """The observation of a call of the model, as it is read back."""
    trace_id = uuid.uuid4().hex
    given = {
        "langfuse.observation.model.name": model,
        "langfuse.observation.usage_details": json.dumps(usage),
        **attributes,
    }
    span = {
        "traceId": trace_id,
        "spanId": trace_id[:16],
        "name": "call",
        "startTimeUnixNano": "1",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in given.items()],
    }
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert store.http.post("/api/public/otel/v1/traces", json=body).status_code == 200
    params = {"traceId": trace_id, "fields": "core,model,usage"}
    (found,) = store.http.get("/api/public/v2/observations", params=params).json()["data"]
    observation: dict[str, Any] = found
    return observation


def tiers() -> list[dict[str, Any]]:
    big = {"usageDetailPattern": "^input", "operator": "gt", "value": 1000}
    fast = {"source": "model_parameters", "key": "service_tier", "operator": "in", "values": ["fast"]}
    return [
        {"name": "Standard", "isDefault": True, "priority": 0, "conditions": [], "prices": {"input": 1, "output": 2}},
        {"name": "Long", "priority": 2, "conditions": [big], "prices": {"input": 10, "output": 20}},
        {"name": "Fast", "priority": 1, "conditions": [fast], "prices": {"input": 100, "output": 200}},
    ]  # fmt: skip


def test_a_new_price_counts_from_the_next_span_on(store, name):
    usage = {"input": 1000, "output": 100}
    assert call(store, name, usage)["totalCost"] == 0
    model = add(store, name, inputPrice=1e-6, outputPrice=2e-6)
    found = call(store, name.upper(), usage)
    assert found["costDetails"] == {"input": 0.001, "output": 0.0002, "total": 0.0012}
    assert (found["modelId"], found["usagePricingTierName"]) == (model["id"], "Standard")
    assert (found["inputPrice"], found["outputPrice"], found["totalPrice"]) == ("0.000001", "0.000002", None)
    assert store.http.delete(f"{MODELS}/{model['id']}").json() == {"message": "Model successfully deleted"}
    assert call(store, name, usage)["totalCost"] == 0


def test_a_price_of_ones_own_comes_before_that_of_the_price_map(store):
    usage = {"input": 10, "input_cached_tokens": 5}
    before = call(store, "gpt-4o-mini", usage)
    assert set(before["costDetails"]) == {"input", "input_cached_tokens", "total"}
    add(store, "gpt-4o-mini", inputPrice=1)
    assert call(store, "gpt-4o-mini", usage)["costDetails"] == {"input": 10, "total": 10}  # exact kinds only


def test_a_price_of_the_total_is_the_cost(store, name):
    add(store, name, totalPrice=0.5)
    found = call(store, name, {"input": 3, "output": 1, "total": 4})
    assert found["costDetails"] == {"total": 2}
    assert (found["totalCost"], found["totalPrice"], found["inputPrice"]) == (2, "0.5", None)


def test_tiers_hold_by_usage_and_by_attributes(store, name):
    model = add(store, name, pricingTiers=tiers())
    assert [tier["name"] for tier in model["pricingTiers"]] == ["Standard", "Fast", "Long"]
    assert (model["inputPrice"], model["prices"]["output"]) == (1, {"price": 2})
    assert store.http.get(f"{MODELS}/{model['id']}").json() == model
    parameters = {"langfuse.observation.model.parameters": json.dumps({"service_tier": "fast"})}
    for usage, more, tier, cost in (
        ({"input": 1000, "output": 1}, {}, "Standard", 1002),
        ({"input": 600, "input_audio": 500, "output": 1}, {}, "Long", 6020),
        ({"input": 2000, "output": 1}, parameters, "Fast", 200_200),
    ):
        found = call(store, name, usage, **more)
        assert (found["usagePricingTierName"], found["totalCost"]) == (tier, cost)


def test_a_sent_cost_is_kept_whatever_the_price(store, name):
    add(store, name, inputPrice=1)
    found = call(store, name, {"input": 5}, **{"langfuse.observation.cost_details": '{"total": 0.25}'})
    assert found["totalCost"] == 0.25


def test_the_newest_start_date_wins_where_two_patterns_match(store, name):
    add(store, f"{name}-a", matchPattern=f"^{name}", inputPrice=1)
    later = add(store, f"{name}-b", matchPattern=f"^{name}", inputPrice=2, startDate="2026-01-01T00:00:00Z")
    add(store, f"{name}-c", matchPattern=f"^{name}", inputPrice=3, startDate="2025-01-01T00:00:00Z")
    assert call(store, name, {"input": 1})["modelId"] == later["id"]


def test_a_name_is_taken_once_and_the_list_has_all_in_order(store, name):
    add(store, name, totalPrice=1)
    again = {"modelName": name, "matchPattern": "x", "unit": "TOKENS", "totalPrice": 1}
    answer = store.http.post(MODELS, json=again)
    assert answer.json() == {
        "message": f"Model name '{name}' already exists in project", "error": "InvalidRequestError",
    }  # fmt: skip
    names, page = [], 1
    while True:
        body = store.http.get(MODELS, params={"limit": 100, "page": page}).json()
        names += [(model["modelName"], model["isLangfuseManaged"]) for model in body["data"]]
        if page >= body["meta"]["totalPages"]:
            break
        page += 1
    assert len(names) == body["meta"]["totalItems"]
    assert [one for one, _ in names] == sorted(one for one, _ in names)
    assert [one for one, managed in names if not managed] == [name]


@pytest.mark.parametrize("pattern", ["(", "[", "*", "(?P<x>a)", "\\", "a{999999}"])
def test_a_pattern_that_postgresql_does_not_take_is_refused(store, name, pattern):
    body = {"modelName": name, "matchPattern": pattern, "unit": "TOKENS", "totalPrice": 1}
    answer = store.http.post(MODELS, json=body)
    assert (answer.status_code, answer.json()["message"]) == (
        400, "matchPattern is not a valid regex pattern (Postgres)",
    )  # fmt: skip


def test_a_pattern_that_other_engines_hang_on_does_not_hold_up_the_store(store, name):
    add(store, name, matchPattern="^(a+)+$", totalPrice=1)
    assert call(store, "a" * 400 + "!", {"total": 1})["totalCost"] == 0
    assert call(store, "a" * 400, {"total": 1})["totalCost"] == 1


def test_a_usage_pattern_of_any_accepted_form_is_searched_for_without_end(store, name):
    conditions = [
        {"usageDetailPattern": pattern, "operator": "gte", "value": 1}
        for pattern in ("(?<kind>in)put", "(a|aa)+$")
    ]
    named, endless = (
        {**tiers()[0], "name": str(number), "isDefault": False, "priority": number, "conditions": [condition]}
        for number, condition in enumerate(conditions, 1)
    )
    add(store, name, pricingTiers=[tiers()[0], named, endless])
    assert call(store, name, {"input": 1})["usagePricingTierName"] == "1"
    assert call(store, name, {"a" * 199 + "!": 1})["usagePricingTierName"] == "Standard"


def test_a_price_beyond_what_a_column_holds_does_not_lose_the_span(store, name):
    add(store, name, inputPrice=1e300)
    assert call(store, name, {"input": 1})["totalCost"] > 1e10


def test_a_configuration_of_any_depth_has_an_answer(store, name):
    deep = json.loads("[" * 600 + "]" * 600)
    body = {
        "modelName": name,
        "matchPattern": "x",
        "unit": "TOKENS",
        "totalPrice": 1,
        "tokenizerConfig": deep,
    }
    answer = store.http.post(MODELS, json=body)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "A value is nested more than 250 levels deep",
    )


@settings(max_examples=25)
@given(
    pattern=st.text(max_size=12),
    price=st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=3),
    more=st.dictionaries(
        st.sampled_from(["startDate", "tokenizerConfig", "pricingTiers"]), st.text(max_size=5)
    ),
)
def test_no_model_is_answered_with_500(store, pattern, price, more):
    body = {
        "modelName": uuid.uuid4().hex + pattern,
        "matchPattern": pattern,
        "unit": "TOKENS",
        "inputPrice": price,
    }
    answer = store.http.post(
        MODELS, content=json.dumps({**body, **more}), headers={"content-type": "application/json"}
    )
    assert answer.status_code < 500, answer.text
    call(store, "any", {"input": 1})
