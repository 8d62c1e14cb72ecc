"""Models that put a prompt before the calls of another model: what LiteLLM would make of them unsaid."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text

FILE = """\
model_list:
  - model_name: chat
    litellm_params: {{model: openai/gpt-4o-mini, api_key: sk-a-key-of-mine}}
  - model_name: {name}
    litellm_params: {{model: langfuse/{target}, prompt_id: help-desk}}
"""


def findings(name: str, target: str, more: str = "") -> list[tuple[str, str, str]]:
    found = check_text(FILE.format(name=name, target=target) + more, {})
    return [(finding.level, finding.code, finding.message) for finding in found if finding.line == 5]


def test_a_model_with_a_prompt_before_a_model_of_the_file_is_fine():
    assert findings("help-desk", "chat") == []


def test_it_must_be_the_only_deployment_of_its_name():
    ((level, code, message),) = findings("chat", "chat")
    assert (level, code) == ("error", "prompt-model")
    assert "puts no prompt before its calls" in message


@pytest.mark.parametrize("more", ["", "include: [more.yaml]\n"])
def test_a_model_that_is_not_in_the_file_is_asked_past_the_gateways_models(more):
    found = findings("help-desk", "gpt-4o", more)
    if more:  # it may be in there
        assert found == []
    else:
        ((level, code, message),) = found
        assert (level, code) == ("warning", "prompt-model")
        assert "`gpt-4o`" in message
