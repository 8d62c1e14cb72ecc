"""Anthropic's SDK and the list of models."""

from __future__ import annotations

import anthropic
import pytest
from anthropic_client import known, strict, strict_async


def test_all_pages(sim_base: str) -> None:
    with strict(sim_base) as client:
        whole = known(client.models.list(limit=1_000))
        names = [model.id for model in whole.data]
        assert [model.id for model in client.models.list(limit=3)] == names
        assert (whole.has_more, whole.first_id, whole.last_id) == (False, names[0], names[-1])
        before = client.models.list(before_id=names[5], limit=2)
        assert [model.id for model in before.data] == names[3:5]
        assert client.models.list(lifecycle=["retired"]).data == []
    assert {"claude-haiku-4-5-20251001", "claude-sonnet-5", "claude-opus-4-6"} <= set(names)
    assert not any(name.startswith("gpt") for name in names)


def test_one_model_by_its_short_and_its_dated_name(sim_base: str) -> None:
    with strict(sim_base) as client:
        short, dated = (
            known(client.models.retrieve(name)) for name in ("claude-haiku-4-5", "claude-haiku-4-5-20251001")
        )
        assert short == dated
        assert (short.display_name, short.line, short.max_input_tokens, short.max_tokens) == (
            "Claude Haiku 4.5",
            "haiku",
            200_000,
            64_000,
        )
        assert short.capabilities is not None
        assert short.capabilities.thinking.types.enabled.supported
        assert not short.capabilities.thinking.types.adaptive.supported
        assert known(client.beta.models.retrieve("claude-opus-5")).capabilities.effort.xhigh.supported
        with pytest.raises(anthropic.NotFoundError, match="model: gpt-4o"):
            client.models.retrieve("gpt-4o")
        with pytest.raises(
            anthropic.BadRequestError, match="limit: Input should be less than or equal to 1000"
        ):
            client.models.list(limit=1_001)
        with pytest.raises(anthropic.BadRequestError, match="after_id"):
            client.models.list(after_id="none")


async def test_the_async_list(sim_base: str) -> None:
    async with strict_async(sim_base) as client:
        names = [model.id async for model in client.models.list(limit=4)]
    assert len(names) == len(set(names)) > 4
