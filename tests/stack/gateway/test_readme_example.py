"""README's example runs as it stands there, on the local stack, and the parts that README names are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway_kit import connect

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()
VARIABLES = (
    "GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY", "PROVIDERS_URL", "REDIS_URL", "DATABASE_URL",
    "LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY",
)  # fmt: skip


@pytest.fixture(autouse=True)
def only_the_state_folder_is_known(stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])


def test_the_example_records_its_calls_and_makes_its_key() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    with names["gateway"] as gateway:
        try:
            calls = gateway.calls.frame()
            assert calls["model"].tolist() == ["claude-haiku-4-5", "gpt-4o-mini"]
            assert calls["error"].isna().all()
            assert gateway.keys.info("search-team")["max_budget_usd"] == 5
        finally:
            gateway.keys.clean_up("search-team")


def test_the_parts_are_there(stack_env: dict[str, str]) -> None:
    (sentence,) = re.findall(r"^`gateway` also has (.*?);", README, re.MULTILINE)
    parts = re.findall(r"`(\w+)`", sentence)
    assert len(parts) == 7
    with connect() as gateway:
        for part in parts:
            assert getattr(gateway, part) is getattr(gateway, part)
        assert gateway.stack.status().loc["gateway", "url"] == stack_env["GATEWAY_URL"]
        assert gateway.stack.credentials().loc["Admin UI", "where"] == f"{gateway.url}/ui"
        assert gateway.providers.url == stack_env["PROVIDERS_URL"]
