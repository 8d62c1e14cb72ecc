"""Garbage in the running gateway."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest

REQUESTS = 40


def collections(stack_env: dict[str, str]) -> tuple[bool, int]:
    """Whether the interpreter collects by itself, and how often anything was collected."""
    answer = httpx.get(
        f"{stack_env['GATEWAY_URL']}/debug/memory/details",
        params={"top_n": 1, "include_process_info": False},
        headers={"Authorization": f"Bearer {stack_env['LITELLM_MASTER_KEY']}"},
        trust_env=False,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["garbage_collector"]
    return told["enabled"], sum(each["total_collections"] for each in told["collection_history"])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the interpreter collects between instructions")
def test_garbage_is_collected_between_requests_and_never_within_one(stack_env: dict[str, str]) -> None:
    by_itself, before = collections(stack_env)
    for number in range(REQUESTS):
        answer = httpx.post(
            f"{stack_env['GATEWAY_URL']}/v1/chat/completions",
            json={"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Question {number}"}]},
            headers={"Authorization": f"Bearer {stack_env['GATEWAY_API_KEY']}"},
            trust_env=False,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
    _, after = collections(stack_env)
    assert not by_itself
    assert after - before >= REQUESTS // 2
