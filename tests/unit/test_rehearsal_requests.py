"""From logged calls to the requests of a rehearsal."""

from __future__ import annotations

import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.clean_body import clean_body
from gateway_kit.rehearsal.made_up import _WORDS, MadeUpTexts, made_up_text
from gateway_kit.rehearsal.requests import Requests, plan_of, write_requests


def logged(number: int = 0, **changes: Any) -> LoggedCall:
    fields: dict[str, Any] = {"at": 1e9 + number, "kind": "chat", "model": "gpt-4o", "body": None, **changes}
    return LoggedCall(number=number, line=number + 1, **fields)


def written(
    folder: Path,
    *calls: LoggedCall,
    speed: float | None = 1.0,
    seed: int = 7,
    teams: dict[str, str] | None = None,
) -> tuple[list[dict[str, Any]], Requests]:
    done = write_requests(
        calls, folder, speed=speed, seed=seed, key_of=lambda call: call.key or "default", teams=teams
    )
    lines = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    for line in lines:
        line["body"] = json.loads(line["body"])
    return lines, done


def test_a_logged_call_is_sent_as_it_was(tmp_path: Path) -> None:
    body = {
        "messages": [{"role": "user", "content": "Grüße"}],
        "temperature": 0.2,
        "tools": [{"type": "function"}],
    }
    call = logged(
        body=body, key="shop", user="ada", tags=("search", "eu"), prompt_tokens=12, completion_tokens=5,
        cached_tokens=4, reasoning_tokens=2, latency_s=0.5, cost_usd=0.001, status=200, provider_model="azure/gpt-4o",
    )  # fmt: skip
    (line,), done = written(tmp_path, call, teams={"shop": "growth"})
    assert line["body"] == {
        "model": "gpt-4o", **body, "user": "ada", "metadata": {"tags": ["search", "eu"]},
    }  # fmt: skip
    assert (line["path"], line["key"], line["due_s"]) == ("/v1/chat/completions", "shop", 0.0)
    assert line["headers"] == {"x-rehearsal": "call=0;in=12;out=5;cached=4;reasoning=2"}
    assert line["about"] == {
        "kind": "chat", "model": "gpt-4o", "stream": False, "texts": 1,
        "row": {
            "team": "growth", "user": "ada", "feature": "search", "at": "2001-09-09T01:46:40+00:00",
            "logged_model": "azure/gpt-4o", "logged_status": 200, "logged_prompt_tokens": 12,
            "logged_completion_tokens": 5, "logged_latency_s": 0.5, "logged_cost_usd": 0.001,
        },
    }  # fmt: skip
    assert (done.total, done.made_up, done.keys, done.removed) == (1, 0, {"shop": 1}, {})


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("chat", "/v1/chat/completions", "messages"),
        ("completions", "/v1/completions", "prompt"),
        ("embeddings", "/v1/embeddings", "input"),
        ("responses", "/v1/responses", "input"),
    ],
)
def test_each_kind_goes_to_its_endpoint_with_a_text(tmp_path: Path, kind: Any, path: str, field: str) -> None:
    (line,), done = written(tmp_path, logged(kind=kind, stream=kind != "embeddings", prompt_tokens=20))
    text = line["body"][field][0]["content"] if kind == "chat" else line["body"][field]
    assert line["path"] == path
    assert len(text.split()) == (13 if kind == "chat" else 20)
    assert line["body"].get("stream") == (True if kind != "embeddings" else None)
    asked = line["body"].get("stream_options")
    assert asked == ({"include_usage": True} if kind in ("chat", "completions") else None)
    assert done.made_up == 1


def test_several_texts_are_counted(tmp_path: Path) -> None:
    (line,), _ = written(tmp_path, logged(kind="embeddings", body={"input": ["a", "b", "c"]}))
    assert line["about"]["texts"] == 3
    assert line["headers"] == {"x-rehearsal": "call=0;texts=3"}  # LiteLLM may send them one by one


def test_completions_are_as_long_as_the_logs_and_have_the_plan_in_their_body_too(tmp_path: Path) -> None:
    (line,), _ = written(tmp_path, logged(kind="completions", completion_tokens=70))
    assert line["body"]["max_tokens"] == 70
    assert line["body"]["extra_headers"] == line["headers"] == {"x-rehearsal": "call=0;out=70"}
    (line,), _ = written(tmp_path, logged(kind="completions", body={"prompt": "hi"}, completion_tokens=70))
    assert "max_tokens" not in line["body"]


def test_the_report_is_told_what_differs_from_the_log(tmp_path: Path) -> None:
    texts = {"messages": [{"role": "user", "content": "hi"}]}
    calls = [
        logged(),
        logged(1, body={**texts, "api_key": "sk-real"}),
        logged(2, body={**texts, "api_key": "sk-real"}),
    ]
    _, done = written(tmp_path, *calls)
    made_up, removed = done.notes()
    assert made_up.startswith("The log has no text for 1 of 3 calls")
    assert removed.endswith("api_key (2 calls)")
    assert Requests().notes() == []


def test_times_are_shortened_by_the_speed(tmp_path: Path) -> None:
    calls = [logged(number, at=1e9 + 30 * number) for number in range(3)]
    lines, done = written(tmp_path, *calls, speed=60)
    assert [line["due_s"] for line in lines] == [0.0, 0.5, 1.0]
    assert done.span_s == 60.0
    lines, done = written(tmp_path, *calls, speed=None)
    assert [line["due_s"] for line in lines] == [None, None, None]
    assert done.span_s == 60.0
    lines, done = written(tmp_path, logged(at=None), logged(1, at=None), speed=None)
    assert done.span_s == 0.0


def test_the_same_seed_makes_up_the_same_texts(tmp_path: Path) -> None:
    calls = [logged(number, prompt_tokens=30) for number in range(3)]
    first, _ = written(tmp_path, *calls)
    again, _ = written(tmp_path, *calls)
    other, _ = written(tmp_path, *calls, seed=8)
    assert first == again
    assert len({json.dumps(line["body"]) for line in [*first, *other]}) == 6


def test_a_call_that_the_logs_cache_answered_asks_again_what_was_asked() -> None:
    texts = MadeUpTexts(7)
    first = texts.text_of(logged(0, prompt_tokens=30, completion_tokens=5))
    other = texts.text_of(logged(1, prompt_tokens=31, completion_tokens=5))
    hit = texts.text_of(logged(2, prompt_tokens=30, completion_tokens=5, cache_hit=True))
    again = texts.text_of(logged(3, prompt_tokens=30, completion_tokens=5, cache_hit=True))
    stream = texts.text_of(logged(6, prompt_tokens=30, completion_tokens=5, cache_hit=True, stream=True))
    missed = texts.text_of(logged(4, prompt_tokens=30, completion_tokens=5, cache_hit=False))
    assert first == hit == again
    assert len({first, other, missed, stream}) == 4  # what a stream asked is another entry of a cache
    assert texts.text_of(logged(5, prompt_tokens=99, cache_hit=True))  # nothing earlier to ask again


def test_a_made_up_text_has_the_logged_number_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    import tiktoken

    # LiteLLM brings OpenAI's tables along; importing it for this alone would take two seconds.
    tables = Path(find_spec("litellm").origin).parent / "litellm_core_utils" / "tokenizers"  # type: ignore[union-attr,arg-type]
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tables))
    tokens = tiktoken.get_encoding("cl100k_base").encode(made_up_text(7, 3, 400))
    assert 400 <= len(tokens) <= 402
    assert len(set(_WORDS)) == 200


def test_made_up_texts_are_all_different_and_of_few_words_each() -> None:
    short = [made_up_text(7, number, 1) for number in range(50_000)]
    assert len(set(short)) == len(short)
    assert max(len(text.split()) for text in short) == 3
    long = [set(made_up_text(7, number, 300).split()) for number in range(20)]
    assert max(map(len, long)) <= 15  # a semantic cache must not take one for another


def test_without_counts_the_provider_decides_on_the_length() -> None:
    assert plan_of(logged(7)) == "call=7"
    assert plan_of(logged(7, prompt_tokens=3, completion_tokens=0, cache_write_tokens=2)) == (
        "call=7;in=3;out=0;cache_write=2"
    )


def test_what_no_gateway_takes_is_removed_and_counted() -> None:
    removed: Counter[str] = Counter()
    body = {
        "model": "x", "stream": True, "messages": [{"role": "user", "content": "hi"}], "api_key": "sk-real",
        "api_base": "https://elsewhere", "aws_secret_access_key": "s", "mock_response": "m", "litellm_call_id": "1",
        "stream_options": {"include_usage": True}, "seed": None, "temperature": 0,
        "metadata": {"user_api_key_hash": "h", "tags": ["a"], "requester_ip_address": "1.2.3.4", "ticket": "T-1"},
        "tools": [{"type": "mcp", "server_url": "https://tools"}, {"type": "function", "function": {"name": "f"}}],
    }  # fmt: skip
    kept = clean_body("chat", body, stream=False, removed=removed)
    assert kept == {
        "messages": [{"role": "user", "content": "hi"}], "temperature": 0, "metadata": {"tags": ["a"], "ticket": "T-1"},
        "tools": [{"type": "function", "function": {"name": "f"}}],
    }  # fmt: skip
    assert set(removed) == {
        "api_key", "api_base", "aws_secret_access_key", "mock_response", "litellm_call_id",
        "stream_options without a stream", "metadata of the gateway", "tools of type mcp",
    }  # fmt: skip
    assert set(removed.values()) == {1}


def test_pictures_are_not_fetched() -> None:
    removed: Counter[str] = Counter()
    inline = "data:image/png;base64,AA=="
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "https://elsewhere/cat.png", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": inline}},
            ],
        }
    ]
    kept = clean_body("chat", {"messages": messages}, stream=False, removed=removed)
    parts = kept["messages"][0]["content"]
    assert parts[1]["image_url"]["detail"] == "low"
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert parts[2]["image_url"]["url"] == inline
    asked = [{"role": "user", "content": [{"type": "input_image", "image_url": "https://elsewhere/cat.png"}]}]
    kept = clean_body(
        "responses", {"input": asked, "previous_response_id": "resp_1"}, stream=False, removed=removed
    )
    assert kept["input"][0]["content"][0]["image_url"].startswith("data:")
    assert removed == {"addresses of pictures": 2, "previous_response_id": 1}
    assert messages[0]["content"][1]["image_url"]["url"] == "https://elsewhere/cat.png"  # type: ignore[index]


def test_tags_of_responses_go_by_header_since_their_metadata_is_the_providers(tmp_path: Path) -> None:
    call = logged(
        kind="responses", body={"input": "hi", "metadata": {"tags": ["own"], "a": "b"}}, tags=("t",)
    )
    (line,), _ = written(tmp_path, call)
    assert line["headers"]["x-litellm-tags"] == "t,own"
    assert line["body"]["metadata"] == {"a": "b"}
    assert line["about"]["row"]["feature"] == "t"
