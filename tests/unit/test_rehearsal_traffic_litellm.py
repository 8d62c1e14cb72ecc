"""Logged traffic: LiteLLM's spend log and its logging payload."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.rehearsal.traffic import read_traffic

ROW = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "spend": 0.00123,
    "total_tokens": 30,
    "prompt_tokens": 20,
    "completion_tokens": 10,
    "startTime": "2026-05-01T10:00:00.100000Z",
    "endTime": "2026-05-01T10:00:02.600000Z",
    "completionStartTime": "2026-05-01T10:00:00.400000Z",
    "model": "gpt-4o",
    "model_id": "dep-1",
    "model_group": "smart",
    "custom_llm_provider": "azure",
    "cache_hit": "False",
    "request_tags": '["feature:search","x"]',
    "team_id": "t-1",
    "end_user": "ann",
    "status": "success",
    "litellm_call_id": "call-1",
    "metadata": {
        "user_api_key_alias": "chatbot",
        "user_api_key_team_alias": "support",
        "usage_object": {
            "prompt_tokens": 20,
            "completion_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 4},
        },
    },
    "messages": "{}",
    "proxy_server_request": '{"model": "smart", "stream": true, "messages": [{"role": "user", "content": "hi"}]}',
}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows as the file's ending says: a JSON array, lines, or PostgreSQL's CSV."""
    if path.suffix == ".csv":
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                writer.writerow({k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()})
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows, indent=2))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("name", ["spend.json", "spend.jsonl", "spend.csv"])
def test_a_row_of_the_spend_log_is_a_call_with_all_that_litellm_knows(tmp_path, name):
    with read_traffic(written(tmp_path / name, [ROW])) as traffic:
        (call,) = traffic.calls()
        assert traffic.summary()["format"] == "litellm-spend"
    assert call.at == pytest.approx(1777629600.1)
    assert (call.kind, call.model, call.stream) == ("chat", "smart", True)
    assert (call.provider_model, call.deployment) == ("azure/gpt-4o", "dep-1")
    assert (call.key, call.team, call.user, call.tags) == (
        "chatbot",
        "support",
        "ann",
        ("feature:search", "x"),
    )
    assert (call.prompt_tokens, call.completion_tokens) == (20, 10)
    assert (call.cached_tokens, call.reasoning_tokens) == (8, 4)
    assert (call.latency_s, call.ttft_s) == (pytest.approx(2.5), pytest.approx(0.3))
    assert (call.cost_usd, call.status, call.cache_hit) == (0.00123, 200, False)
    assert call.body == {"messages": [{"role": "user", "content": "hi"}]}


def test_an_answer_of_the_api_is_read_as_its_list(tmp_path):
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"total": 2, "page": 1, "data": [ROW, ROW | {"litellm_call_id": "call-2"}]}))
    with read_traffic(path) as traffic:
        assert traffic.summary()["calls"] == 2


def test_without_stored_prompts_a_call_has_no_body(tmp_path):
    bare = ROW | {"proxy_server_request": "{}", "messages": {}, "completionStartTime": ROW["endTime"]}
    with read_traffic(written(tmp_path / "spend.json", [bare])) as traffic:
        (call,) = traffic.calls()
    assert call.body is None
    assert not call.stream
    assert call.ttft_s is None


def test_of_several_attempts_of_a_call_the_last_one_counts_in_either_order(tmp_path):
    failed = ROW | {
        "request_id": "f",
        "status": "failure",
        "spend": 0,
        "metadata": {"error_information": {"error_code": "429", "error_class": "RateLimitError"}},
    }
    other = ROW | {"litellm_call_id": "call-2", "model": "other", "metadata": json.dumps(failed["metadata"])}
    other |= {"status": "failure", "startTime": "2026-05-01T10:00:01Z"}
    for rows in ([failed, other, ROW], [ROW, other, failed]):
        with read_traffic(written(tmp_path / "spend.json", rows)) as traffic:
            first, second = sorted(traffic.calls(), key=lambda call: call.at or 0)
            assert traffic.summary()["left_out"] == {"earlier attempt": 1}
        assert (first.status, first.error) == (200, None)
        assert (second.status, second.error) == (429, "RateLimitError")


def test_other_endpoints_are_counted_and_left_out(tmp_path):
    image = ROW | {"call_type": "aimage_generation"}
    with read_traffic(written(tmp_path / "spend.json", [ROW, image])) as traffic:
        assert traffic.summary()["problems"] == {"other endpoint": 1}


def test_no_secret_is_kept(tmp_path):
    row = ROW | {"api_key": "sk-verysecretkey", "metadata": {}}
    with read_traffic(written(tmp_path / "spend.json", [row])) as traffic:
        (call,) = traffic.calls()
    assert call.key == hashlib.sha256(b"sk-verysecretkey").hexdigest()


def test_the_logging_payload_is_a_call_too(tmp_path):
    payload = {
        "id": "x", "litellm_call_id": "c", "call_type": "aresponses", "stream": True, "response_cost": 0.5,
        "status": "success", "custom_llm_provider": "openai", "prompt_tokens": 3, "completion_tokens": 4,
        "startTime": 1777629600.5, "endTime": 1777629601.5, "completionStartTime": 1777629600.75,
        "model": "gpt-4o", "model_id": "d", "model_group": "smart", "cache_hit": None, "request_tags": ["a"],
        "end_user": "ann", "messages": "hi", "model_parameters": {"temperature": 0.1, "stream": True},
        "metadata": {"user_api_key_alias": None, "user_api_key_hash": "abc", "user_api_key_team_alias": "t"},
        "hidden_params": {},
    }  # fmt: skip
    hidden = payload | {
        "litellm_call_id": "d",
        "messages": [{"role": "user", "content": "redacted-by-litellm"}],
    }
    with read_traffic(written(tmp_path / "p.jsonl", [payload, hidden])) as traffic:
        call, without_text = traffic.calls()
        assert traffic.summary()["format"] == "litellm-payload"
    assert (call.kind, call.at, call.latency_s, call.ttft_s) == ("responses", 1777629600.5, 1.0, 0.25)
    assert (call.key, call.team, call.user, call.tags) == ("abc", "t", "ann", ("a",))
    assert (call.model, call.provider_model, call.cost_usd) == ("smart", "gpt-4o", 0.5)
    assert call.body == {"input": "hi", "temperature": 0.1}
    assert without_text.body is None
