"""The first call of OpenAI's SDK."""

from __future__ import annotations

from openai import OpenAI


def test_a_chat_completion(sim_base: str) -> None:
    with OpenAI(base_url=f"{sim_base}/v1", api_key="sim-sdk", _strict_response_validation=True) as client:
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "ping"}]
        )
    assert answer.choices[0].message.content == "pong"
