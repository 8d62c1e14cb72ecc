"""Who answers for a model, as `gateway-kit status` says it."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration.models import ModelRow, provider_of
from gateway_kit.stack.status import answers_from


@pytest.mark.parametrize(
    ("model", "simulated", "expected"),
    [
        ("openai/gpt-4o-mini", True, "simulated"),
        ("openai/gpt-4o-mini", False, "real"),
        ("langfuse/gpt-4o-mini", False, "its prompt's model"),
    ],
)
def test_a_model_that_adds_a_prompt_is_answered_by_the_prompts_model(model, simulated, expected):
    assert answers_from(ModelRow("a", model, provider_of(model), simulated)) == expected
