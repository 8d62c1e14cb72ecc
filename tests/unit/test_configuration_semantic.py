"""Rendering the second gateway's configuration: a golden file, custom settings, and invalid ones rejected."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.errors import SettingsError
from gateway_kit.stack.configuration import TEMPLATES, check_config, check_text, models_of_text
from gateway_kit.stack.configuration.semantic import SemanticCacheSettings, render_semantic
from tests.unit.test_configuration_offline import ALL_KEYS, STACK

GOLDEN = Path(__file__).parent / "golden" / "semantic.yaml"


def cache_params(text: str) -> dict[str, Any]:
    params: dict[str, Any] = yaml.safe_load(text)["litellm_settings"]["cache_params"]
    return params


def test_rendered_text_equals_the_golden_file() -> None:
    """After an intended change: UPDATE_GOLDEN=1 python -m pytest tests/unit, then review the diff."""
    text = render_semantic(STACK).text
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_without_settings_the_templates_values_apply() -> None:
    config = render_semantic(STACK)
    values = (config.threshold, config.ttl_s, config.index, config.embedding_model)
    assert values == (0.9, 60, "kit-minilm-l6-v2", "local-embed")
    assert cache_params(config.text) == {
        "type": "redis-semantic",
        "redis_url": "os.environ/REDIS_URL",
        "similarity_threshold": 0.9,
        "redis_semantic_cache_embedding_model": "local-embed",
        "redis_semantic_cache_index_name": "kit-minilm-l6-v2",
        "ttl": 60,
        "semantic_cache_embedding_timeout": 3,
        "supported_call_types": ["acompletion", "completion"],
    }


def test_settings_replace_their_values_and_nothing_else() -> None:
    wanted = SemanticCacheSettings(0.75, 5, "my.index_2-b", "text-embedding-3-small")
    config = render_semantic(STACK, wanted)
    assert (config.threshold, config.ttl_s, config.index, config.embedding_model) == (
        0.75, 5, "my.index_2-b", "text-embedding-3-small",
    )  # fmt: skip
    before, after = render_semantic(STACK).text.splitlines(), config.text.splitlines()
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    assert [line.split("#")[0].split() for line in changed] == [
        ["similarity_threshold:", "0.75"],
        ["redis_semantic_cache_embedding_model:", "text-embedding-3-small"],
        ["redis_semantic_cache_index_name:", "my.index_2-b"],
        ["ttl:", "5"],
    ]
    assert all("#" in line for line in changed)  # the comments stay


def test_one_setting_does_not_change_the_others() -> None:
    config = render_semantic(STACK, SemanticCacheSettings(threshold=1))
    assert (config.threshold, config.ttl_s, config.index) == (1.0, 60, "kit-minilm-l6-v2")


@settings(max_examples=15)
@given(
    st.floats(min_value=0, max_value=1, exclude_min=True) | st.just(1),
    st.integers(1, 10**9),
    st.text("abTF0189._-", min_size=1, max_size=12),
)
def test_every_valid_value_survives_yaml(threshold: float, ttl_s: int, index: str) -> None:
    config = render_semantic(STACK, SemanticCacheSettings(threshold, ttl_s, index))
    params = cache_params(config.text)
    assert params["similarity_threshold"] == threshold == config.threshold
    assert params["ttl"] == ttl_s == config.ttl_s
    assert params["redis_semantic_cache_index_name"] == index == config.index
    assert check_text(config.text, STACK) == []


@pytest.mark.parametrize(
    ("threshold", "index"),
    [
        (1e-05, "0"),
        (np.float64(0.9), "1e5"),
        (1, "true"),
        (0.1 + 0.2, "null"),
        (0.5, "2026-01-01"),
        (0.5, "-"),
    ],
)
def test_values_that_yaml_would_convert_are_quoted(threshold: float, index: str) -> None:
    params = cache_params(render_semantic(STACK, SemanticCacheSettings(threshold, 60, index)).text)
    assert (params["similarity_threshold"], params["redis_semantic_cache_index_name"]) == (threshold, index)
    assert isinstance(params["similarity_threshold"], float)


def test_another_embedding_model_gets_its_own_index() -> None:
    other = SemanticCacheSettings(embedding_model="text-embedding-3-small")
    assert render_semantic(STACK, other).index == "kit-text-embedding-3-small"
    same = SemanticCacheSettings(embedding_model="local-embed")
    assert render_semantic(STACK, same) == render_semantic(STACK)


@pytest.mark.parametrize(
    "threshold", [90, 1.0000001, 0, -0.5, math.nan, math.inf, "0.9", "high", True, [0.9]]
)
def test_an_invalid_threshold_is_rejected(threshold: Any) -> None:
    with pytest.raises(SettingsError, match=r"threshold=.*above 0 and up to 1.*0\.9 is a cautious start"):
        SemanticCacheSettings(threshold=threshold)


@pytest.mark.parametrize("ttl_s", [0, -5, 0.5, 59.9, math.nan, math.inf, "60", "60s", True, 10**12])
def test_an_invalid_ttl_is_rejected(ttl_s: Any) -> None:
    with pytest.raises(SettingsError, match=r"ttl_s=.*whole number of seconds.*ttl_s=60"):
        SemanticCacheSettings(ttl_s=ttl_s)


@pytest.mark.parametrize("index", ["", "a:b", "a*", "a b", "ä", "x" * 101, "a\n", 7, ["a"]])
def test_an_index_name_that_would_break_redis_keys_is_rejected(index: Any) -> None:
    with pytest.raises(SettingsError, match=r"index=.*1 to 100 letters, digits and \. _ -"):
        SemanticCacheSettings(index=index)


@pytest.mark.parametrize("model", ["local-embd", "", "text-embedding-ada-002", "gpt-4o-mini", 7])
def test_an_unknown_embedding_model_is_rejected_with_the_known_ones(model: Any) -> None:
    with pytest.raises(
        SettingsError, match=r"embedding_model=.*which has local-embed, text-embedding-3-small"
    ):
        render_semantic(STACK, SemanticCacheSettings(embedding_model=model))


def test_a_real_key_makes_its_models_real_including_the_embedding_model() -> None:
    text = render_semantic({**STACK, "OPENAI_API_KEY": ALL_KEYS["OPENAI_API_KEY"]}).text
    simulated = {row.model_name: row.simulated for row in models_of_text(text, STACK)}
    assert simulated == {
        "gpt-3.5-turbo": False,
        "gpt-4o-mini": False,
        "claude-haiku-4-5": True,
        "smollm2": False,
        "local-embed": False,
        "text-embedding-3-small": False,
    }
    assert ALL_KEYS["OPENAI_API_KEY"] not in text


def test_without_tracing_there_is_no_callback() -> None:
    assert "langfuse" in render_semantic(STACK).text
    assert "langfuse" not in render_semantic(STACK, tracing=False).text


def test_both_templates_are_valid_and_have_separate_indexes() -> None:
    assert check_config(TEMPLATES / "semantic.yaml", STACK) == []
    assert check_config(TEMPLATES / "semantic-cloud.yaml", {**STACK, **ALL_KEYS}) == []
    names = {
        cache_params((TEMPLATES / f"{name}.yaml").read_text())["redis_semantic_cache_index_name"]
        for name in ("semantic", "semantic-cloud")
    }
    assert len(names) == 2
