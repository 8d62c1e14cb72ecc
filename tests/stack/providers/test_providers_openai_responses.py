"""What SDKs do not show of the Responses API: faults, the journal, what a reset clears, Azure's versions, LiteLLM."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from late_litellm import litellm

from gateway_kit.gateway.providers import Providers

Models = dict[str, dict[str, Any]]
CAPITAL = {"model": "gpt-4o-mini", "input": "What is the capital of France?"}


def send(http: httpx.Client, url: str, key: str = "sim-responses", **body: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return http.post(f"{url}/v1/responses", headers=headers, json={**CAPITAL, **body})


def get(http: httpx.Client, url: str, key: str = "sim-responses") -> httpx.Response:
    return http.get(url, headers={"authorization": f"Bearer {key}"})


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_each_event_names_its_type(quick: Providers, http: httpx.Client) -> None:
    lines = send(http, quick.url, stream=True).text.split("\n\n")
    for event in filter(None, lines):
        name, data = event.split("\n")
        assert name == f"event: {json.loads(data.removeprefix('data: '))['type']}"
    assert "[DONE]" not in lines[-2]


def cut_stream(
    http: httpx.Client, providers: Providers, after_chunks: int, **body: Any
) -> list[dict[str, Any]]:
    """The events of a stream until a fault cuts it."""
    got: list[str] = []
    headers = {"authorization": "Bearer sim-responses"}
    content = {**CAPITAL, **body, "stream": True}
    with (
        providers.fault(provider="openai", kind="cut_stream", after_chunks=after_chunks),
        http.stream("POST", f"{providers.url}/v1/responses", headers=headers, json=content) as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        got.extend(answer.iter_lines())
    return events("\n".join(got))


def test_a_stream_that_a_fault_cuts(quick: Providers, http: httpx.Client) -> None:
    seen = cut_stream(http, quick, 3)
    kinds = [event["type"] for event in seen]
    assert kinds.count("response.output_text.delta") == 3
    assert kinds[-1] == "response.output_text.delta"
    (row,) = quick.journal().to_dict("records")
    assert (row["outcome"], row["fault"]) == ("cut", "cut_stream")
    # A response whose stream broke is not there to be continued.
    assert get(http, f"{quick.url}/v1/responses/{seen[0]['response']['id']}").status_code == 404


def test_a_stream_of_the_background_goes_on_after_a_cut(quick: Providers, http: httpx.Client) -> None:
    seen = cut_stream(http, quick, 2, background=True)
    address = f"{quick.url}/v1/responses/{seen[0]['response']['id']}"
    rest = events(get(http, f"{address}?stream=true&starting_after={seen[-1]['sequence_number']}").text)
    numbers = [event["sequence_number"] for event in seen + rest]
    assert numbers == list(range(len(numbers)))
    assert rest[-1]["type"] == "response.completed"
    bare = events(get(http, f"{address}?stream=true&include_obfuscation=false").text)
    assert len(bare) == len(numbers)
    assert not any("obfuscation" in event for event in bare)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("rate_limit", 429, "rate_limit_exceeded"), ("server_error", 500, None)],
)
def test_faults_answer_as_openai_does(
    kind: str, status: int, code: str | None, quick: Providers, http: httpx.Client
) -> None:
    with quick.fault(provider="openai", kind=kind):
        for more in ({}, {"stream": True}, {"background": True}):
            answer = send(http, quick.url, **more)
            assert answer.status_code == status
            assert answer.json()["error"]["code"] == code


def test_the_journal_has_the_calls_and_not_what_clients_ask_besides(
    quick: Providers, http: httpx.Client
) -> None:
    made = send(http, quick.url, metadata={"secret": "s3cret"}, safety_identifier="s3cret").json()
    address = f"{quick.url}/v1/responses/{made['id']}"
    assert get(http, address).json() == made
    assert get(http, f"{address}/input_items").status_code == 200
    headers = {"authorization": "Bearer sim-responses"}
    http.post(f"{quick.url}/v1/responses/input_tokens", headers=headers, json=CAPITAL).raise_for_status()
    http.delete(address, headers=headers).raise_for_status()
    (row,) = http.get(f"{quick.url}/_sim/journal").json()["rows"]
    assert (row["route"], row["request_id"]) == ("/v1/responses", made["id"])
    assert row["prompt_tokens"] == made["usage"]["input_tokens"]
    assert row["completion_tokens"] == made["usage"]["output_tokens"]
    assert "s3cret" not in str(row)


def test_a_stored_response_is_marked_as_simulated_too(quick: Providers, http: httpx.Client) -> None:
    made = send(http, quick.url)
    again = get(http, f"{quick.url}/v1/responses/{made.json()['id']}")
    assert made.headers["x-simulated"] == again.headers["x-simulated"] == "bank"


def test_a_reset_clears_what_is_stored(quick: Providers, http: httpx.Client) -> None:
    made = send(http, quick.url).json()["id"]
    headers = {"authorization": "Bearer sim-responses"}
    kept = http.post(f"{quick.url}/v1/conversations", headers=headers, json={}).json()["id"]
    http.post(f"{quick.url}/_sim/reset").raise_for_status()
    assert get(http, f"{quick.url}/v1/responses/{made}").status_code == 404
    assert get(http, f"{quick.url}/v1/conversations/{kept}").status_code == 404


def test_the_oldest_responses_give_way(quick: Providers, http: httpx.Client) -> None:
    first, second = (send(http, quick.url).json()["id"] for _ in range(2))
    for _ in range(999):
        send(http, quick.url)
    assert get(http, f"{quick.url}/v1/responses/{first}").status_code == 404
    assert get(http, f"{quick.url}/v1/responses/{second}").status_code == 200


def test_long_responses_give_way_sooner(quick: Providers, http: httpx.Client) -> None:
    text = "word " * 100_000
    made = [send(http, quick.url, model="gpt-4.1", input=text).json()["id"] for _ in range(33)]
    found = [get(http, f"{quick.url}/v1/responses/{one}").status_code for one in made]
    assert found[0] == 404
    assert found[-1] == 200


def test_azure_asks_for_a_version(quick: Providers, http: httpx.Client) -> None:
    headers = {"api-key": "sim-azure"}
    without = http.post(f"{quick.url}/openai/responses", headers=headers, json=CAPITAL)
    assert (without.status_code, without.json()["error"]["code"]) == (404, "404")
    versioned = f"{quick.url}/openai/responses?api-version=2025-04-01-preview"
    assert http.post(versioned, headers=headers, json=CAPITAL).status_code == 200
    unknown = http.post(versioned, headers=headers, json={**CAPITAL, "model": "none"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "DeploymentNotFound")


def test_a_query_that_the_operation_does_not_have(quick: Providers, http: httpx.Client) -> None:
    address = f"{quick.url}/v1/responses/{send(http, quick.url).json()['id']}"
    for url, code in (
        (f"{address}?colour=red", "unknown_parameter"),
        (f"{address}/input_items?limit=200", "integer_above_max_value"),
        (f"{address}/input_items?limit=x", "invalid_type"),
        (f"{address}/input_items?order=up", "invalid_value"),
    ):
        answer = get(http, url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize("name", ["gpt-4o-mini", "azure-gpt-4o-mini"])
def test_litellm_keeps_the_usage_of_a_stream(name: str, models: Models, quick: Providers) -> None:
    given = models[name]
    stream = list(litellm.responses(input="What is the capital of France?", stream=True, **given))
    whole = litellm.responses(input="What is the capital of France?", **given)
    assert stream[-1].type == "response.completed"
    streamed = stream[-1].response.usage
    assert (streamed.input_tokens, streamed.output_tokens) == (
        whole.usage.input_tokens,
        whole.usage.output_tokens,
    )
    assert whole.usage.output_tokens > 0
