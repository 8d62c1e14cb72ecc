"""Bodies that are valid JSON and yet too much for most programs."""

from __future__ import annotations

import json

import httpx
import pytest

from gateway_kit.gateway.providers import Providers

HEADERS = {
    "authorization": "Bearer k",
    "x-api-key": "k",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
}
MESSAGES = '"messages":[{"role":"user","content":"Hello."}]'
FUNCTION = '{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":DEEP}}}'
BODIES = {
    "/v1/chat/completions": f'{{"model":"gpt-4o-mini",{MESSAGES},"tools":[{FUNCTION}]}}',
    "/v1/responses": '{"model":"gpt-4o-mini","input":"Hello.","tools":[{"type":"function","name":"f",'
    '"parameters":{"type":"object","properties":DEEP}}]}',
    "/v1/messages": f'{{"model":"claude-haiku-4-5","max_tokens":9,{MESSAGES},"tools":[{{"name":"f",'
    '"input_schema":{"type":"object","properties":DEEP}}]}',
    "/api/chat": f'{{"model":"phi3","stream":false,{MESSAGES},"tools":[{FUNCTION}]}}',
}


@pytest.mark.parametrize("path", BODIES)
def test_a_body_that_is_nested_too_deeply_is_refused(path: str, quick: Providers, http: httpx.Client) -> None:
    body = BODIES[path].replace("DEEP", '{"a":' * 20_000 + "1" + "}" * 20_000)
    answer = http.post(f"{quick.url}{path}", content=body, headers=HEADERS)
    assert answer.status_code == 400, answer.text
    assert "nested too deeply" in answer.text


@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_comes_back_whole(stream: bool, quick: Providers, http: httpx.Client) -> None:
    body = {
        "model": "gpt-4o-mini",
        "input": "Repeat this: \ud83d and \U0001f600.",
        "metadata": {"a\ud800": "b\udc00", "c": "\U0001f600"},
        "stream": stream,
    }
    answer = http.post(f"{quick.url}/v1/responses", content=json.dumps(body), headers=HEADERS)
    data = (
        [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")][-1]
        if stream
        else answer.text
    )
    response = json.loads(data)["response"] if stream else json.loads(data)
    assert response["metadata"] == {"a�": "b�", "c": "\U0001f600"}
    answer.text.encode()
    json.dumps(json.loads(data), ensure_ascii=False).encode()
