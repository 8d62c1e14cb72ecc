"""The journal: one row per request, its filters, its size limit, and no keys in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import run_script, start_simulator
from late_litellm import litellm

from gateway_kit.errors import ProvidersError
from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.simulator import JOURNAL

Models = dict[str, dict[str, Any]]


def ask(parameters: dict[str, Any], prompt: str = "ping", **more: Any) -> Any:
    messages = [{"role": "user", "content": prompt}]
    return litellm.completion(messages=messages, **parameters, **more)


def test_a_row_describes_the_request(models: Models, quick: Providers) -> None:
    before = time.time()
    answer = ask(models["gpt-4o-mini"])
    rows = quick.journal()

    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == JOURNAL.dtypes
    (row,) = rows.itertuples()
    assert (row.provider, row.provider_model, row.deployment, row.route) == (
        "openai", "gpt-4o-mini", "openai", "/v1/chat/completions",
    )  # fmt: skip
    assert (row.stream, row.prompt, row.status, row.outcome, row.source) == (
        False,
        "ping",
        200,
        "answered",
        "bank",
    )
    assert row.response_id == answer.id, "OpenAI's id reaches the caller, so rows can be matched"
    assert before - 0.01 <= row.started.timestamp() <= time.time()
    assert 0 <= row.ttft_s <= row.latency_s


def test_filters(models: Models, quick: Providers) -> None:
    ask(models["gpt-4o-mini"])
    middle = datetime.now(UTC)
    time.sleep(0.01)
    ask(models["claude-haiku-4-5"])
    with quick.fault("bedrock", kind="rate_limit"), pytest.raises(litellm.RateLimitError):
        ask(models["bedrock-nova-micro"])

    assert list(quick.journal(provider="anthropic").provider_model) == ["claude-haiku-4-5"]
    assert list(quick.journal(model="gpt-4o-mini").provider) == ["openai"]
    assert list(quick.journal(deployment="anthropic").provider) == ["anthropic"]
    assert list(quick.journal(status=429).provider) == ["bedrock"]
    assert list(quick.journal(fault="rate_limit").provider) == ["bedrock"]
    assert list(quick.journal(since=middle).provider) == ["anthropic", "bedrock"]
    assert list(quick.journal(since=middle.timestamp(), limit=1).provider) == ["bedrock"]
    assert quick.journal(provider="ollama").empty
    assert quick.clear_journal() == 3
    assert quick.journal().empty


def test_long_prompts_are_shortened_and_keys_are_never_stored(
    models: Models, quick: Providers, simulator: Any, http: httpx.Client
) -> None:
    secret = "sk-very-secret-value-1234567890"
    litellm.embedding(input=["x " * 200], **{**models["text-embedding-3-small"], "api_key": secret})
    ask({**models["claude-haiku-4-5"], "api_key": secret})
    with pytest.raises(litellm.NotFoundError):
        ask({**models["gemini-flash-lite"], "api_key": secret, "model": "gemini/nothing"})
    raw = http.get(f"{quick.url}/_sim/journal").text
    assert secret not in raw
    assert secret not in simulator.log_path.read_text()
    assert quick.journal().prompt.str.len().max() == 200


def test_questions_about_a_model_are_not_recorded(quick: Providers, http: httpx.Client) -> None:
    shown = http.post(f"{quick.url}/api/show", json={"model": "phi3"}).json()
    assert shown["model_info"]["phi3.context_length"] == 4096
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "What is a token?"}]}
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    counted = http.post(f"{quick.url}/v1/messages/count_tokens", json=body, headers=headers).json()
    assert counted == {"input_tokens": 11}
    names = [
        row["id"]
        for row in http.get(f"{quick.url}/v1/models", headers={"authorization": "Bearer k"}).json()["data"]
    ]
    assert "gpt-4o-mini" in names
    assert quick.journal().empty


def test_the_journal_keeps_the_newest_ten_thousand_rows(node: str) -> None:
    script = """
        import { Journal } from "./providers/journal.mjs";
        const journal = new Journal();
        for (let i = 1; i <= 25000; i += 1) journal.add({ ts: i, prompt: "" });
        const rows = journal.select({});
        console.log(rows.length, rows[0].id, rows.at(-1).id, journal.rows.length <= 11000);
    """
    assert run_script(node, script).split() == ["10000", "15001", "25000", "true"]


def test_a_reader_that_asks_for_what_is_new_gets_every_row_of_a_rehearsal_once(node: str) -> None:
    script = """
        import { Journal } from "./providers/journal.mjs";
        const journal = new Journal({ rehearsal: true });
        const read = [];
        let last = 0;
        for (let i = 1; i <= 120000; i += 1) {
            journal.add({ ts: i, call: i % 7, prompt: "" });
            if (i % 30011 !== 0 && i !== 120000) continue;
            for (const row of journal.select({ after_id: last })) read.push(row.id);
            last = read.at(-1);
            if (i < 60000) journal.clear();
        }
        const inOrder = read.every((id, place) => id === place + 1);
        const count = (filters) => journal.select(filters).length;
        console.log(read.length, inOrder, count({ call: 3, after_id: 119990 }), count({ after_id: 120000 }));
    """
    assert run_script(node, script).split() == ["120000", "true", "1", "0"]


def test_bad_control_input_gets_an_error_message(quick: Providers, http: httpx.Client) -> None:
    cases = [
        ("POST", "/_sim/faults", {"kind": "flood"}, "rate_limit, server_error, unknown_model, timeout, slow"),
        ("POST", "/_sim/faults", {"kind": "slow", "provider": "mars"}, "There is no provider"),
        ("POST", "/_sim/faults", {"kind": "slow", "hold_s": 3}, 'has no "hold_s"'),
        ("POST", "/_sim/faults", {"kind": "slow", "count": 0}, "whole number from 1"),
        ("POST", "/_sim/faults", {"kind": "slow", "probability": "often"}, "number from 0 to 1"),
        ("POST", "/_sim/faults", {"kind": "slow", "model": 7}, "must be a text"),
        ("POST", "/_sim/faults", ["slow"], "must be a JSON object"),
        ("PATCH", "/_sim/profiles", {"model": "nothing", "ttft_s": 1}, "No simulated model"),
        ("PATCH", "/_sim/profiles", {"model": "*", "ttft_s": -1}, "number from 0"),
        ("PATCH", "/_sim/profiles", {"model": "*", "colour": 1}, 'has no "colour"'),
        ("PATCH", "/_sim/profiles", {"model": "*"}, "Name what to change"),
        ("PATCH", "/_sim/profiles", {"ttft_s": 1}, 'Name a "model"'),
        ("GET", "/_sim/journal?since=yesterday", None, "must be a number"),
        ("GET", "/_sim/journal?colour=red", None, "has no filter"),
        ("DELETE", "/_sim/faults/one", None, "whole number"),
    ]
    for method, path, body, expected in cases:
        answer = http.request(method, f"{quick.url}{path}", json=body)
        assert answer.status_code == 400, path
        assert expected in answer.json()["error"], answer.text
    assert http.post(f"{quick.url}/_sim/faults", content=b"{bad").status_code == 400
    assert http.get(f"{quick.url}/_sim/nothing").status_code == 404
    with pytest.raises(ProvidersError, match="There is no provider"):
        quick.fault("mars", kind="slow")


def test_long_texts_are_not_kept_behind_what_the_journal_shows(tmp_path: Path) -> None:
    """A slice of a text keeps the whole text: 200 prompts and 200 names of models of 300 kB are more than fit."""
    texts = [f"{number} " + "word " * 60_000 for number in range(200)]
    simulator = start_simulator(tmp_path, "", node_options="--max-old-space-size=80")
    try:
        with (
            Providers(simulator.url) as providers,
            httpx.Client(trust_env=False, headers={"authorization": "Bearer k"}) as http,
        ):
            providers.profile("*", ttft_s=0, tokens_per_s=100_000, keep=True)
            for text in texts:
                for model in ("gpt-4.1", text):
                    wish = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": text}]}
                    http.post(f"{simulator.url}/v1/chat/completions", json=wish)
        assert simulator.process.poll() is None, simulator.log_path.read_text()
    finally:
        simulator.stop()
