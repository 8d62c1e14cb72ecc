"""LiteLLM's model list and spend log as tables, and the routing groups."""

from __future__ import annotations

import httpx
import pytest

from gateway_kit.errors import GatewayError, KeyRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.models import MODELS, models_frame
from gateway_kit.litellm_api.router import without_models
from gateway_kit.litellm_api.spend import SPEND, spend_frame

SIMULATOR = "http://127.0.0.1:4010"


def entry(
    name: str, model: str, info: dict[str, object] | None = None, **params: object
) -> dict[str, object]:
    return {"model_name": name, "litellm_params": {"model": model, **params}, "model_info": info or {}}


def test_each_deployment_has_a_row() -> None:
    frame = models_frame(
        [
            entry(
                "a",
                "openai/gpt-4o-mini",
                {"id": "1", "input_cost_per_token": 1.5e-07},
                api_base=f"{SIMULATOR}/v1",
            ),
            entry(
                "a",
                "bedrock/converse/x",
                {"id": "2", "db_model": True},
                aws_bedrock_runtime_endpoint=SIMULATOR,
            ),
            entry("b", "openai/gpt-4o-mini", api_base="http://127.0.0.1:8090/v1"),
            entry("c", "anthropic/claude-haiku-4-5"),
        ],
        SIMULATOR,
    )
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == MODELS.dtypes
    assert frame["simulated"].astype(object).where(frame["simulated"].notna(), None).tolist() == [
        True, True, False, None,
    ]  # fmt: skip
    assert frame["provider_model"].tolist() == [
        "gpt-4o-mini",
        "converse/x",
        "gpt-4o-mini",
        "claude-haiku-4-5",
    ]
    assert frame["input_usd_per_million"][0] == 0.15
    assert frame["added"].tolist() == [False, True, False, False]


def test_empty_tables_have_their_columns() -> None:
    assert {n: str(t) for n, t in models_frame([], None).dtypes.items()} == MODELS.dtypes
    assert {n: str(t) for n, t in spend_frame([]).dtypes.items()} == SPEND.dtypes


def test_spend_rows_carry_the_call_records_id() -> None:
    rows = [
        {
            "request_id": "chatcmpl-1_cache_hit17",
            "call_type": "acompletion",
            "startTime": "2026-11-23T17:57:04.450000Z",
            "model": "openai/gpt-4o-mini",
            "spend": 0.0,
            "cache_hit": "True",
            "metadata": {"litellm_call_id": "call-2", "original_model_group": "asked"},
            "model_group": "answered",
            "status": "success",
        },
        {
            "request_id": "call-1",
            "call_type": "aembedding",
            "startTime": "2026-11-23T17:57:03Z",
            "model": "",
            "spend": 1e-07,
            "cache_hit": "None",
            "status": "failure",
        },
    ]
    frame = spend_frame(rows)
    assert frame["request_id"].tolist() == ["call-1", "call-2"]  # oldest first
    assert frame["response_id"].fillna("none").tolist() == ["none", "chatcmpl-1"]
    assert frame["cache_hit"].tolist() == [False, True]
    assert frame["kind"].tolist() == ["embeddings", "chat"]
    assert (frame["model"][1], frame["model_group"][1]) == ("asked", "answered")


def test_models_leave_their_routing_groups() -> None:
    groups = [{"group_name": "g", "models": ["a", "b"]}, {"group_name": "h", "models": ["a"]}]
    assert without_models(groups, ["a"]) == [{"group_name": "g", "models": ["b"]}]


def gateway(handler: object, master_key: str | None = "sk-m") -> Gateway:
    where = Connection("http://gateway.test", "sk-abcd", master_key)
    return Gateway(where, transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def test_administration_needs_the_master_key() -> None:
    with pytest.raises(KeyRefusedError, match="LITELLM_MASTER_KEY"):
        _ = gateway(lambda _: httpx.Response(200), None).spend


def test_models_are_listed_with_any_key() -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"data": []})

    client = gateway(handle, None)
    assert client.models.list().empty
    assert seen == ["Bearer sk-abcd"]
    assert len(client.calls) == 0  # administration is not recorded


def test_waiting_for_spend_ends() -> None:
    client = gateway(lambda _: httpx.Response(200, json=[]))
    with pytest.raises(GatewayError, match="Waited 0 s for the spend log"):
        client.spend.wait_for(["never"], timeout_s=0.0)


def test_on_a_slow_machine_the_sentence_tells_how_long_was_really_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_PATIENCE", "60")
    client = gateway(lambda _: httpx.Response(200, json=[]))
    with pytest.raises(GatewayError, match="Waited 1 s for the spend log"):
        client.spend.wait_for(["never"], timeout_s=0.02)
