"""Logged traffic: what gateways and trace stores other than LiteLLM write down."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.gateway.record import CALLS
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.traffic import read_traffic

ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}
ANSWER = {
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "usage": {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2}},
}


@pytest.fixture
def read(tmp_path: Path):
    def calls(*records: dict[str, Any], format: str | None = None) -> list[LoggedCall]:  # noqa: A002
        path = tmp_path / "log"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        with read_traffic(path, bad_lines="fail") as traffic:
            if format is not None:
                assert traffic.summary()["format"] == format
            return list(traffic.calls())

    return calls


def test_portkey_counts_cents_and_milliseconds(read):
    (call,) = read(
        {
            "created_at": "2026-05-01T10:00:00.000Z", "request": {"url": "/v1/chat/completions", "body": ASKED},
            "response": {"status": 200, "body": ANSWER}, "is_success": 1, "ai_org": "azure-openai",
            "ai_model": "gpt-4o", "req_units": 9, "res_units": 5, "total_units": 14, "cost": 0.25,
            "response_status_code": 200, "response_time": 40, "cache_status": "SEMANTIC HIT",
            "metadata": {"_user": "ann"}, "trace_id": "t", "stream_mode": "TRUE",
        },
        format="portkey",
    )  # fmt: skip
    assert (call.model, call.cost_usd, call.latency_s, call.cache_hit) == ("gpt-4o", 0.0025, 0.04, True)
    assert (call.user, call.status, call.prompt_tokens) == ("ann", 200, 9)
    assert call.body == {"messages": ASKED["messages"], "temperature": 0.5}


def test_kongs_log_of_the_ai_proxy(read):
    (call,) = read(
        {
            "started_at": 1777629600123, "latencies": {"request": 2700, "kong": 3, "proxy": 2690},
            "request": {"uri": "/chat", "method": "POST"}, "response": {"status": 200},
            "consumer": {"username": "shop"},
            "ai": {
                "payload": {"request": json.dumps(ASKED)},
                "proxy": {
                    "usage": {"prompt_tokens": 28, "completion_tokens": 20, "total_tokens": 48, "cost": 0.0038},
                    "meta": {"request_model": "gpt-4o", "response_model": "gpt-4o-1", "llm_latency": 2670},
                    "cache": {"cache_status": "Hit"},
                },
            },
        },
        format="kong",
    )  # fmt: skip
    assert (call.at, call.latency_s, call.cost_usd) == (1777629600.123, 2.7, 0.0038)
    assert (call.prompt_tokens, call.completion_tokens, call.cache_hit) == (28, 20, True)
    assert (call.key, call.model, call.provider_model) == ("shop", "gpt-4o", "gpt-4o-1")


def test_helicones_requests(read):
    (call,) = read(
        {
            "request_id": "r", "request_created_at": "2026-05-01T10:00:00Z", "request_body": ASKED,
            "response_created_at": "2026-05-01T10:00:02Z", "response_body": ANSWER,
            "request_path": "https://api.openai.com/v1/chat/completions",
            "response_status": 429, "request_user_id": "ann", "delay_ms": 1500, "prompt_tokens": 9, "cost": 0.01,
            "time_to_first_token": 300, "request_model": "gpt-4o", "provider": "OPENAI",
        }
    )  # fmt: skip
    assert (call.latency_s, call.status, call.user, call.cost_usd) == (1.5, 429, "ann", 0.01)
    assert (call.kind, call.provider_model, call.cached_tokens) == ("chat", "gpt-4o-2024-08-06", 2)


def test_cloudflares_logs_without_texts(read):
    (call,) = read(
        {
            "id": "1", "cached": True, "created_at": "2026-05-01T10:00:00.117Z", "duration": 812, "model": "gpt-4o",
            "path": "chat/completions", "provider": "openai", "success": True, "tokens_in": 12, "tokens_out": 30,
            "cost": 0.002, "status_code": 200, "model_type": "text", "step": 0,
        }
    )  # fmt: skip
    assert (call.latency_s, call.prompt_tokens, call.completion_tokens) == (0.812, 12, 30)
    assert (call.body, call.cache_hit, call.status, call.model) == (None, True, 200, "gpt-4o")


def test_batch_files_and_addresses_of_azure(read):
    batch, azure = read(
        {
            "custom_id": "1",
            "method": "POST",
            "url": "/v1/embeddings",
            "body": {"model": "e", "input": ["a", "b"]},
        },
        {
            "url": "https://x.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=1",
            "body": {"messages": ASKED["messages"]},
        },
    )
    assert (batch.kind, batch.model, batch.body) == ("embeddings", "e", {"input": ["a", "b"]})
    assert (azure.kind, azure.model) == ("chat", "my-gpt")


def test_a_stream_is_known_from_its_logged_pieces(read):
    pieces = [
        {"object": "chat.completion.chunk", "model": "m", "choices": []},
        {"usage": {"prompt_tokens": 4}},
    ]
    text = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
    for response in (pieces, text):
        (call,) = read({"request": ASKED, "response": response})
        assert call.stream
        assert call.prompt_tokens == 4


def test_what_a_body_is_for(read):
    kinds = [
        ({"model": "m", "input": "hi", "instructions": "be brief"}, "responses"),
        ({"model": "m", "input": [{"role": "user", "content": "hi"}]}, "responses"),
        ({"model": "m", "input": "hi"}, "responses"),
        ({"model": "text-embedding-3-small", "input": "hi"}, "embeddings"),
        ({"model": "m", "input": ["a", "b"]}, "embeddings"),
        ({"model": "m", "prompt": "hi"}, "completions"),
        ({"model": "m", "messages": []}, None),
    ]
    for body, kind in kinds:
        if kind is not None:
            assert [call.kind for call in read({"body": body})] == [kind]


def test_tokens_are_counted_as_openai_counts_them(read):
    anthropic, gemini = read(
        {"body": ASKED, "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5}},
        {"body": ASKED, "usage": {"promptTokenCount": 7, "candidatesTokenCount": 3, "thoughtsTokenCount": 4}},
    )
    assert (anthropic.prompt_tokens, anthropic.cached_tokens, anthropic.completion_tokens) == (100, 90, 5)
    assert (gemini.prompt_tokens, gemini.completion_tokens, gemini.reasoning_tokens) == (7, 7, 4)


OBSERVATION = {
    "id": "af8f", "traceId": "ac16", "type": "GENERATION", "name": "litellm-acompletion", "level": "DEFAULT",
    "startTime": "2026-05-01T10:00:00.000Z", "endTime": "2026-05-01T10:00:02.000Z",
    "completionStartTime": "2026-05-01T10:00:00.500Z", "statusMessage": "", "userId": "ann", "tags": ["search"],
    "model": "gpt-4o", "modelParameters": {"temperature": "0.5"}, "latency": 2.0, "timeToFirstToken": 0.5,
    "usageDetails": {"input": 10, "input_cached_tokens": 5, "output": 7, "total": 22},
    "costDetails": {"total": 0.03}, "totalCost": 0.03,
    "metadata": {"user_api_key_alias": "bot", "model_group": "smart", "litellm_call_id": "c1"},
    "input": {"messages": [{"role": "user", "content": "hi"}]}, "output": {"role": "assistant", "content": "hello"},
}  # fmt: skip
SPAN = {"id": "s", "traceId": "ac16", "type": "SPAN", "startTime": "2026-05-01T10:00:00.000Z"}


@pytest.mark.parametrize(
    ("details", "total", "cost"),
    [
        ({"total": 0.03}, None, 0.03),
        ({"input": 0.01, "output": 0.02}, None, 0.03),
        ({"total": 0.03}, 0.04, 0.04),
        ({}, 0, None),
        ({}, None, None),
    ],
)
def test_the_cost_of_an_observation_is_langfuses_total_else_that_of_its_details(read, details, total, cost):
    (call,) = read(OBSERVATION | {"costDetails": details, "totalCost": total})
    assert call.cost_usd == pytest.approx(cost)


@pytest.mark.parametrize("form", ["api", "jsonl", "csv", "snake"])
def test_langfuses_observations_from_its_api_and_its_exports(tmp_path, form):
    path = tmp_path / "observations"
    rows = [OBSERVATION, SPAN]
    if form == "api":
        strings = [
            row | {name: json.dumps(row[name]) for name in ("input", "output") if name in row} for row in rows
        ]
        path.write_text(json.dumps({"data": strings, "meta": {"cursor": "x"}}))
    elif form == "csv":
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, list(OBSERVATION), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            for row in rows:
                writer.writerow({k: v if isinstance(v, str) else json.dumps(v) for k, v in row.items()})
    else:
        if form == "snake":
            names = {
                "traceId": "trace_id", "startTime": "start_time", "endTime": "end_time", "userId": "user_id",
                "model": "provided_model_name", "usageDetails": "usage_details", "totalCost": "total_cost",
            }  # fmt: skip
            rows = [{names.get(name, name): value for name, value in row.items()} for row in rows]
        path.write_text("\n\n".join(json.dumps(row) for row in rows))
    with read_traffic(path) as traffic:
        (call,) = traffic.calls()
        assert traffic.summary()["left_out"] == {"SPAN observation": 1}
        assert traffic.summary()["format"] == "langfuse"
    assert (call.at, call.latency_s, call.ttft_s, call.stream) == (1777629600.0, 2.0, 0.5, True)
    assert (call.model, call.provider_model, call.key, call.user) == ("smart", "gpt-4o", "bot", "ann")
    assert (call.prompt_tokens, call.cached_tokens, call.completion_tokens) == (15, 5, 7)
    assert (call.cost_usd, call.tags) == (0.03, ("search",))
    assert call.body is not None
    assert call.body["messages"] == [{"role": "user", "content": "hi"}]


def test_an_observations_input_may_be_text_one_message_or_withheld(read):
    texts = ("hi", {"role": "user", "content": "hi"}, {"question": "hi"}, [{"role": "user", "content": "hi"}])
    for given in texts:
        (call,) = read(OBSERVATION | {"input": given})
        assert call.body == {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}
    (call,) = read(OBSERVATION | {"input": "redacted-by-litellm"})
    assert call.body is None


def test_litellms_observations_say_which_endpoint_was_called_and_which_deployment_answered(read):
    metadata = {
        "litellm_call_id": "c", "user_api_key_request_route": "/v1/embeddings", "user_api_key_alias": "bot",
        "hidden_params": '{"api_base":"http://127.0.0.1","model_id":"1cc3","addit',  # Langfuse cuts long values
    }  # fmt: skip
    asked = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    parameters = {
        "temperature": "0.5",
        "stream_options": "{'include_usage': True}",
        "system_fingerprint": "fp",
    }
    observation = OBSERVATION | {"model": "ollama/nomic", "metadata": metadata, "input": {"messages": asked}}
    (embedding,) = read(observation | {"modelParameters": parameters})
    assert (embedding.kind, embedding.model, embedding.provider_model) == (
        "embeddings",
        "nomic",
        "ollama/nomic",
    )
    assert embedding.deployment == "1cc3"
    assert embedding.body == {"input": ["a", "b"], "temperature": 0.5}
    (response,) = read(observation | {"metadata": metadata | {"user_api_key_request_route": "/v1/responses"}})
    assert (response.kind, response.body) == ("responses", {"input": asked, "temperature": 0.5})


def test_a_call_that_an_application_and_its_gateway_recorded_is_one_call(tmp_path):
    inner = OBSERVATION | {"id": "b", "parentObservationId": "a"}
    outer = OBSERVATION | {"id": "a", "parentObservationId": "", "metadata": {}}
    other = OBSERVATION | {"id": "c", "parentObservationId": "root", "metadata": {}}
    path = tmp_path / "log"
    for rows in ([inner, outer, other], [other, outer, inner]):
        path.write_text("\n".join(map(json.dumps, rows)))
        with read_traffic(path) as traffic:
            assert traffic.summary()["calls"] == 2
            assert traffic.summary()["left_out"] == {"doubled observation": 1}


TABLES = [
    "prompt,model\nhi,gpt-4o\n",
    "User Question;Timestamp;LLM\nhi;2026-05-01 10:00:00;gpt-4o\n".replace("User Question", "Question"),
    "time\tquery\tmodel name\ttokens in\n1777629600\thi\tgpt-4o\t9\n",
    '"messages"|"model"\n"[{""role"": ""user"", ""content"": ""hi""}]"|gpt-4o\n',
    'request,latency_ms\n"{""model"": ""gpt-4o"", ""messages"": [{""role"": ""user"", ""content"": ""hi""}]}",12\n',
]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_with_prompts_in_whatever_column_and_delimiter(tmp_path, table):
    path = tmp_path / "calls.csv"
    path.write_text(table)
    with read_traffic(path, bad_lines="fail") as traffic:
        (call,) = traffic.calls()
    assert call.body == {"messages": [{"role": "user", "content": "hi"}]}
    assert (call.kind, call.model) == ("chat", "gpt-4o")


def test_a_tables_other_columns(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text(
        "sep_prompt,prompt,system prompt,user,api key,team,model,input tokens,output tokens,latency (ms),max_tokens\n"
        '1,"a ""quoted"",\ntwo-line prompt",be brief,ann,bot,sales,gpt-4o,1200,30,812.5,50\n'
        "2,b,,,,,,,,,\n"
    )
    with read_traffic(path, bad_lines="fail") as traffic:
        first, second = traffic.calls()
    assert first.body == {
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": 'a "quoted",\ntwo-line prompt'},
        ],
        "max_tokens": 50,
    }
    assert (first.user, first.key, first.team) == ("ann", "bot", "sales")
    assert (first.prompt_tokens, first.completion_tokens, first.latency_s) == (1200, 30, 0.8125)
    assert (second.model, second.line) == ("", 4)


def test_prompts_in_objects_are_chats(read):
    (call,) = read({"question": "hi", "time": "2026-05-01T10:00:00Z"}, format="prompts")
    assert call.body == {"messages": [{"role": "user", "content": "hi"}]}


def test_the_kits_own_record_of_calls(tmp_path):
    row = {
        "started": "2026-05-01T10:00:00Z", "kind": "embeddings", "model": "smart", "provider": "azure", "status": 200,
        "provider_model": "gpt-4o", "deployment": "d1", "stream": False, "latency_s": 0.8, "prompt_tokens": 5,
        "completion_tokens": 7, "cost_usd": 0.1, "cache_hit": False, "key": "bot",
    }  # fmt: skip
    CALLS.frame([row]).to_csv(tmp_path / "calls.csv", index=False)
    with read_traffic(tmp_path / "calls.csv", bad_lines="fail") as traffic:
        (call,) = traffic.calls()
    assert (call.at, call.kind, call.model, call.body) == (1777629600.0, "embeddings", "smart", None)
    assert (call.provider_model, call.deployment, call.latency_s) == ("azure/gpt-4o", "d1", 0.8)
    assert (call.prompt_tokens, call.completion_tokens, call.cost_usd, call.key) == (5, 7, 0.1, "bot")


def test_anthropics_messages_are_chats(tmp_path):
    body = {
        "model": "claude-sonnet-4-5", "max_tokens": 100, "system": [{"type": "text", "text": "be brief"}],
        "stop_sequences": ["END"], "metadata": {"user_id": "ann"}, "tool_choice": {"type": "any"}, "stream": True,
        "tools": [{"name": "get_x", "description": "x", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "hi"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            ]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_x", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "42"},
                                         {"type": "text", "text": "go on"}]},
        ],
    }  # fmt: skip
    path = tmp_path / "log"
    path.write_text(json.dumps({"path": "/v1/messages", "body": body}))
    with read_traffic(path, bad_lines="fail") as traffic:
        (call,) = traffic.calls()
        assert "1 call of /v1/messages: made as chat completions." in traffic.summary()["notes"]
    assert (call.kind, call.model, call.stream, call.user) == ("chat", "claude-sonnet-4-5", True, "ann")
    assert call.body is not None
    assert call.body["messages"] == [
        {"role": "system", "content": [{"type": "text", "text": "be brief"}]},
        {"role": "user", "content": [
            {"type": "text", "text": "hi"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "get_x", "arguments": '{"a":1}'}}
        ]},
        {"role": "tool", "tool_call_id": "t1", "content": "42"},
        {"role": "user", "content": [{"type": "text", "text": "go on"}]},
    ]  # fmt: skip
    assert call.body["tools"] == [
        {
            "type": "function",
            "function": {"name": "get_x", "parameters": {"type": "object"}, "description": "x"},
        }
    ]
    assert (call.body["tool_choice"], call.body["stop"], call.body["max_tokens"]) == (
        "required",
        ["END"],
        100,
    )


def test_what_a_log_calls_its_endpoint_drops_no_call(read):
    calls = read({"body": ASKED, "operation": "auto-response"}, {"body": ASKED, "route": "file search"})
    assert [call.kind for call in calls] == ["chat", "chat"]
