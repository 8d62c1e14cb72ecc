"""The gateway's tokenizers are there when something is counted, and cost nothing before."""

from __future__ import annotations

import pytest

from gateway_kit.stack.servers.gateway.tokenizers import load_tokenizers_when_needed


def test_a_call_is_given_a_tokenizer_that_is_loaded_when_it_counts(monkeypatch: pytest.MonkeyPatch):
    import litellm
    import litellm.main
    import litellm.utils

    for module, name in ((litellm.main, "_encoding_cache"), (litellm.utils, "json_data")):
        monkeypatch.setattr(module, name, None)  # restored at the end
    loaded = []
    monkeypatch.setattr(litellm.main, "_load_module_encoding", lambda: loaded.append(1) or litellm.encoding)
    load_tokenizers_when_needed()
    given = litellm.main._get_encoding()
    assert loaded == []
    assert len(given.encode("What is an LLM gateway?")) == 7
    assert given.decode(given.encode("one two")) == "one two"
    assert loaded == [1]
    assert litellm.token_counter(model="claude-2", text="What is an LLM gateway?") > 0
