"""Masked traffic: nothing of the original, and all that a rehearsal needs."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.traffic import read_traffic
from gateway_kit.rehearsal.traffic.masking.calls import write_masked
from gateway_kit.rehearsal.traffic.masking.texts import TextMask

# Whatever of these is found in a masked file is a leak.
SECRETS = [
    "Zwetschgenmus", "Ann Kowalski", "Kowalski", "ann.k@acme-corp.example", "acme", "DE89", "370400440532", "4711-B",
    "INV-2024", "sk-live-51H", "Иванович", "王小明", "get_salary", "employee_id", "Grade7", "chatbot", "payroll-team",
    "ann", "feature:salaries", "salaries", "https://intranet", "intranet", "iVBORw0KGgo", "user-0815", "0815", "98765",
    "cust_77", "82400", "NOK", "call_9f3a", "confidential-id", "1234, 5678", "4321",
]  # fmt: skip

ADDRESS = "ann.k@acme-corp.example"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_salary",
        "description": "Salary of Ann Kowalski's team, by employee_id",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "employee_id": {"type": "string", "pattern": "^cust_77", "description": "like 4711-B"},
                "grade": {"$ref": "#/$defs/Grade7"},
                "currency": {"enum": ["NOK", "EUR"], "default": "NOK"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            },
            "required": ["employee_id"],
            "additionalProperties": False,
            "$defs": {"Grade7": {"type": "integer", "default": 98765}},
        },
    },
}
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "You know the salaries of acme. Zwetschgenmus!"},
        {
            "role": "user",
            "name": "Kowalski",
            "content": [
                {"type": "text", "text": f"I am Ann Kowalski, {ADDRESS}, IBAN DE89 370400440532, INV-2024."},
                {"type": "image_url", "image_url": {"url": "https://intranet.acme.example/ann.png", "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo" + "Ab1/" * 90}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_9f3a", "type": "function",
                 "function": {"name": "get_salary", "arguments": '{"employee_id": "4711-B", "limit": 98765}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_9f3a", "content": '{"salary": 82400, "currency": "NOK"}'},
        {"role": "user", "content": "Спасибо, Иванович. 谢谢王小明。sk-live-51H"},
    ],
    "tools": [TOOL],
    "tool_choice": {"type": "function", "function": {"name": "get_salary"}},
    "response_format": {
        "type": "json_schema", "json_schema": {"name": "Grade7", "schema": TOOL["function"]["parameters"]}
    },
    "temperature": 0.25, "max_tokens": 300, "seed": 7, "stop": ["\n"], "reasoning_effort": "low", "user": "ann",
    "metadata": {"employee": "confidential-id", "tags": ["feature:salaries"], "user_id": "user-0815"},
    "stream_options": {"include_usage": True},
}  # fmt: skip


@pytest.fixture
def masked(tmp_path: Path):
    """Writes calls to a log, masks it, and gives the masked file's text and its calls."""

    def mask(*records: dict[str, Any], secret: bytes | None = None) -> tuple[str, list[LoggedCall]]:
        log, out = tmp_path / "log.jsonl", tmp_path / "shared.jsonl"
        log.write_text("".join(json.dumps(record) + "\n" for record in records))
        with read_traffic(log, bad_lines="fail") as traffic:
            written = traffic.mask(out) if secret is None else write_masked(traffic.calls(), out, secret)
            assert written == len(records)
        with read_traffic(out, bad_lines="fail") as traffic:
            assert traffic.summary()["format"] == "gateway-kit"
            return out.read_text(), list(traffic.calls())

    return mask


def test_nothing_of_the_original_is_left(masked):
    records = [
        {"time": 1777629600, "body": {"model": "gpt-4o", **CHAT}, "key_alias": "chatbot", "team": "payroll-team",
         "user": "ann", "tags": ["feature:salaries"], "error": "RateLimitError: key of Ann Kowalski, user-0815"},
        {"body": {"model": "e", "input": ["Ann Kowalski", "Zwetschgenmus"]}},
        {"body": {"model": "e", "input": [[1234, 5678], [4321]]}},
        {"body": {"model": "r", "input": [{"role": "user", "content": [{"type": "input_text", "text": "acme"}]}],
                  "instructions": "salaries", "previous_response_id": "confidential-id"}},
    ]  # fmt: skip
    # A fixed secret, as short words may stand for each other by chance.
    text, calls = masked(*records, secret=b"x")
    for secret in SECRETS:
        assert not re.search(rf"(?<![A-Za-z]){re.escape(secret)}(?![A-Za-z])", text, re.IGNORECASE), secret
    assert [call.kind for call in calls] == ["chat", "embeddings", "embeddings", "responses"]


def test_what_a_rehearsal_needs_is_kept(masked):
    record = {
        "time": 1777629600.5, "latency_ms": 900, "ttft_ms": 200, "status": 429, "cost_usd": 0.25, "key_alias": "bot",
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}},
        "body": {"model": "gpt-4o", "stream": True, **CHAT}, "error": "RateLimitError: no", "provider_model": "azure/x",
    }  # fmt: skip
    _, (call, again) = masked(record, record)
    assert (call.at, call.latency_s, call.ttft_s, call.status, call.cost_usd) == (
        1777629600.5,
        0.9,
        0.2,
        429,
        0.25,
    )
    assert (call.prompt_tokens, call.completion_tokens, call.cached_tokens) == (9, 5, 3)
    assert (call.model, call.provider_model, call.stream) == ("gpt-4o", "azure/x", True)
    assert call.key == again.key
    assert str(call.key).startswith("key-")
    assert str(call.error).startswith("RateLimitError: ")
    assert call.body is not None
    body = call.body
    assert body == again.body
    for name in ("temperature", "max_tokens", "seed", "stop", "reasoning_effort", "stream_options"):
        assert body[name] == CHAT[name]
    assert body["user"] == call.user
    assert body["metadata"]["tags"] != CHAT["metadata"]["tags"]
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "user"]
    assert [part["type"] for part in body["messages"][1]["content"]] == ["text", "image_url", "image_url"]
    assert body["messages"][1]["content"][2]["image_url"]["url"].startswith("data:image/png;base64,")


def test_tools_and_their_schemas_are_replaced_alike_everywhere(masked):
    _, (call,) = masked({"body": {"model": "gpt-4o", **CHAT}})
    assert call.body is not None
    function = call.body["tools"][0]["function"]
    called = call.body["messages"][2]["tool_calls"][0]
    assert function["name"] == called["function"]["name"] == call.body["tool_choice"]["function"]["name"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function["name"])
    assert called["id"] == call.body["messages"][3]["tool_call_id"]
    schema = function["parameters"]
    assert schema == call.body["response_format"]["json_schema"]["schema"]
    (required,) = schema["required"]
    assert next(iter(schema["properties"])) == required
    assert list(json.loads(called["function"]["arguments"])) == [required, list(schema["properties"])[3]]
    (definition,) = schema["$defs"]
    assert schema["properties"][list(schema["properties"])[1]] == {"$ref": f"#/$defs/{definition}"}
    limit = schema["properties"][list(schema["properties"])[3]]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 100}
    assert schema["additionalProperties"] is False


def test_another_masking_draws_other_words(masked):
    first, _ = masked({"body": {"model": "m", "messages": [{"role": "user", "content": "Kowalski"}]}})
    second, _ = masked({"body": {"model": "m", "messages": [{"role": "user", "content": "Kowalski"}]}})
    assert first != second


def test_a_masked_file_may_be_packed_and_is_never_the_log(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text('{"model": "m", "messages": [{"role": "user", "content": "Kowalski"}]}\n')
    with read_traffic(log) as traffic:
        traffic.mask(tmp_path / "shared.jsonl.gz")
        with pytest.raises(RehearsalError, match="is the log itself"):
            traffic.mask(log)
        with pytest.raises(RehearsalError, match="could not be written"):
            traffic.mask(tmp_path / "nowhere" / "shared.jsonl")
    assert b"messages" in gzip.decompress((tmp_path / "shared.jsonl.gz").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "shared.jsonl.gz"]


MASK = TextMask(b"a secret")


@given(st.text("aZÄßﬁªİ 1٣२²-_é́аЖΣς漢好カひ한กעعДž👍\n\x00", max_size=60))
@settings(max_examples=200)
def test_a_text_keeps_its_length_and_is_valid(text):
    masked = MASK.text(text)
    assert len(masked) == len(text)
    assert MASK.text(text) == masked


@given(st.text("abcdefgh ijÄ0123", max_size=12), st.text("abcdefgh ijÄ0123", max_size=12))
@settings(max_examples=300)
def test_short_texts_stay_apart_and_equal_beginnings_equal(one, other):
    assert (MASK.text(one) == MASK.text(other)) == (one == other)
    both = f"{one} and {other}"
    assert MASK.text(both) == f"{MASK.text(one)} {MASK.text('and')} {MASK.text(other)}"


@pytest.mark.parametrize(
    "text", ["Kowalski", "Köln", "Иванович", "Ελλάδα", "王小明", "東京タワー", "서울", "مرحبا", "4711"]
)
def test_every_word_is_another_one_of_its_script(text):
    masked = MASK.text(text)
    assert not set(zip(text, masked, strict=True)) & {(letter, letter) for letter in text} or text.isascii()
    assert masked != text
    assert masked.isalnum()
    assert text.isascii() <= masked.isascii()
    if not text.isascii() and text != "Köln":
        assert not masked.isascii()


@given(st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
def test_a_number_stays_a_number_of_its_kind(value):
    masked = MASK.number(value)
    assert type(masked) is type(value)
    assert len(repr(masked)) <= len(repr(value)) + 1


@pytest.mark.parametrize("letter", ["x", "7", "я", "字"])
def test_a_word_of_a_million_letters_is_masked_in_seconds(letter: str):
    """One pass over it: with a digest of all that came before each letter it would take hours."""
    masked = TextMask(b"secret").text(letter * 1_000_000)
    assert len(masked) == 1_000_000
    assert letter * 20 not in masked
