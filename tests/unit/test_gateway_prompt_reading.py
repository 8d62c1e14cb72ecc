"""A prompt that the gateway cannot read: the error says why, and no other server is asked."""

from __future__ import annotations

import pytest

from gateway_kit.stack.servers.gateway.prompt_reading import PromptReadingError, _read

PARAMS = {"model": "langfuse/gpt-4o-mini", "prompt_id": "answer"}


def test_without_a_trace_store_no_other_server_is_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LANGFUSE_HOST", raising=False)
    with pytest.raises(PromptReadingError, match="gateway-kit up --tracing embedded") as raised:
        _read("help-desk", {}, PARAMS)
    assert raised.value.status_code == 400


@pytest.mark.parametrize(
    ("request_", "params"), [({}, {}), ({"prompt_id": 7}, {}), ({"langfuse_host": "x"}, PARAMS)]
)
def test_what_litellm_says_or_does_itself_is_left_to_it(request_, params, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LANGFUSE_HOST", raising=False)
    _read("help-desk", request_, params)
