"""Checking a semantic cache: mistakes that LiteLLM accepts silently are reported, and valid settings are not."""

# ruff: noqa: E501  # a table with one case a line is easier to read than wrapped cases

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.stack.configuration import TEMPLATES, check_text
from gateway_kit.stack.configuration.litellm_names import litellm_names
from tests.unit.test_configuration_check import ENV, TRACING, assert_finding, only
from tests.unit.test_configuration_fuzz import FUZZED, assert_findings_are_sound, values

GOOD = """\
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
  - model_name: embed
    litellm_params:
      model: openai/text-embedding-3-small
litellm_settings:
  cache: true
  cache_params:
    type: redis-semantic
    redis_url: os.environ/REDIS_URL
    similarity_threshold: 0.9
    redis_semantic_cache_embedding_model: embed
    redis_semantic_cache_index_name: mine
    ttl: 60
"""

# The sample of the course that this kit grew out of, whose LiteLLM only supported vectors of 1,536 numbers.
COURSE = """\
model_list:
  - model_name: gpt-3.5-turbo
    litellm_params:
      model: openai/gpt-3.5-turbo
      api_key: os.environ/OPENAI_API_KEY
  - model_name: text-embedding-3-small
    litellm_params:
      model: text-embedding-3-small
      api_key: os.environ/OPENAI_API_KEY
litellm_settings:
  cache: True
  cache_params:
    type: "redis-semantic"
    redis_semantic_cache_use_async: True
    similarity_threshold: 0.9                                    # similarity threshold for semantic cache
    redis_semantic_cache_embedding_model: text-embedding-3-small # set this to a model_name set in model_list
    ttl: 60                                                      # Sets cache expiry to 1 minute
    host: "localhost"                                            # Redis server
"""


def without(key: str, text: str = GOOD) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if f"{key}:" not in line)


def but(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


LOCAL = but(
    "openai/text-embedding-3-small",
    "hosted_vllm/all-minilm-l6-v2\n    model_info: {mode: embedding, output_vector_size: 384}",
)
BY_HOST = but("redis_url: os.environ/REDIS_URL", "host: localhost\n    port: 6379")
TWO_SIZES = but(
    "litellm_settings:",
    "  - model_name: embed\n    litellm_params: {model: openai/text-embedding-3-large}\nlitellm_settings:",
)

# Each case: the text, the line of the mistake, level, code, and words that must be in the finding.
MISTAKES: dict[str, tuple[str, int, str, str, tuple[str, ...]]] = {
    "no threshold": (without("similarity_threshold"), 9, "error", "threshold", ("keeps the gateway from starting", "similarity_threshold: 0.9")),
    "threshold empty": (but("threshold: 0.9", "threshold:"), 9, "error", "threshold", ("from starting",)),
    "threshold in percent": (but("threshold: 0.9", "threshold: 90"), 12, "error", "threshold", ("90", "never finds anything")),
    "threshold just above 1": (but("threshold: 0.9", "threshold: 1.01"), 12, "error", "threshold", ("1.01", "never finds anything")),
    "threshold endless": (but("threshold: 0.9", "threshold: .inf"), 12, "error", "threshold", ("never finds anything",)),
    "threshold too large for a float": (but("threshold: 0.9", f"threshold: {'9' * 400}"), 12, "error", "threshold", ("never finds anything",)),
    "threshold no number": (but("threshold: 0.9", "threshold: .nan"), 12, "error", "threshold", ("never finds anything",)),
    "threshold 0": (but("threshold: 0.9", "threshold: 0"), 12, "error", "threshold", ("almost any question", "0.9")),
    "threshold negative": (but("threshold: 0.9", "threshold: -0.2"), 12, "error", "threshold", ("-0.2", "almost any question")),
    "threshold in words": (but("threshold: 0.9", "threshold: high"), 12, "error", "not-a-number", ("high",)),
    "threshold in quotes": (but("threshold: 0.9", 'threshold: "0.9"'), 12, "error", "not-a-number", ("without quotes",)),
    "threshold from a variable": (but("threshold: 0.9", "threshold: os.environ/OPENAI_API_KEY"), 12, "error", "threshold", ("a variable", "does not start")),
    "no ttl": (without("ttl"), 9, "warning", "ttl", ("forever", "ttl: 60")),
    "ttl empty": (but("ttl: 60", "ttl:"), 9, "warning", "ttl", ("forever",)),
    "ttl 0": (but("ttl: 60", "ttl: 0"), 15, "warning", "ttl", ("means forever",)),
    "ttl half a second": (but("ttl: 60", "ttl: 0.5"), 15, "warning", "ttl", ("0.5", "means forever")),
    "ttl negative": (but("ttl: 60", "ttl: -5"), 15, "error", "ttl", ("-5", "keeps no answer")),
    "ttl endless": (but("ttl: 60", "ttl: .inf"), 15, "error", "ttl", ("keeps no answer",)),
    "the other ttl, which counts": (GOOD + "    default_in_redis_ttl: -1\n", 16, "error", "ttl", ("default_in_redis_ttl",)),
    "ttl with a unit": (but("ttl: 60", "ttl: 60s"), 15, "error", "not-a-number", ("60s",)),
    "password empty": (BY_HOST + '    password: ""\n', 17, "warning", "empty-password", ("REDIS_PASSWORD", "redis_url: os.environ/REDIS_URL", "redis://HOST:PORT")),
    "password without a value": (BY_HOST + "    password:\n", 17, "warning", "empty-password", ("REDIS_PASSWORD",)),
    "not an embedding model": (without("embedding_model"), 9, "warning", "embedding-model", ("text-embedding-ada-002", "the log does not say why")),
    "embedding model empty": (but("embedding_model: embed", "embedding_model:"), 9, "warning", "embedding-model", ("text-embedding-ada-002",)),
    "embedding model misspelt": (but("embedding_model: embed", "embedding_model: embd"), 13, "error", "unknown-model", ("`embd`", "`embed`", "the log does not say why")),
    "embedding model of a provider's": (but("embedding_model: embed", "embedding_model: openai/text-embedding-3-small"), 13, "warning", "embedding-model", ("asks its provider itself", "Add it to `model_list`")),
    "embedding model that only matches a pattern": (but("model_name: embed", 'model_name: "text-*"', but("embedding_model: embed", "embedding_model: text-embedding-3-large")), 13, "warning", "embedding-model", ("text-embedding-3-large",)),
    "chat model by its name": (but("embedding_model: embed", "embedding_model: chat"), 13, "error", "embedding-model", ("`chat`", "not an embedding model")),
    "chat model by its mode": (but("litellm_settings:", "    model_info: {mode: chat}\nlitellm_settings:"), 14, "error", "embedding-model", ("not an embedding model",)),
    "default index, other length": (without("index_name", LOCAL), 10, "warning", "index-name", ("1,536", "384", "redis_semantic_cache_index_name: NAME")),
    "default index, shortened vectors": (without("index_name", but("text-embedding-3-small", "text-embedding-3-small\n      dimensions: 512")), 10, "warning", "index-name", ("512",)),
    "default index, long vectors": (without("index_name", but("3-small", "3-large")), 9, "warning", "index-name", ("3,072",)),
    "one index, two lengths": (TWO_SIZES, 7, "error", "vector-size", ("1,536", "3,072", "two names")),
    "no cache switch": (without("  cache"), 8, "warning", "cache-off", ("cache: true",)),
    "cache switch in quotes": (but("cache: true", 'cache: "true"'), 8, "error", "cache-switch", ("without quotes", "refused")),
    "cache switch a number": (but("cache: true", "cache: 1"), 8, "error", "cache-switch", ("'1'",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_a_fix(name: str) -> None:
    text, line, level, code, words = MISTAKES[name]
    assert_finding(only(text), line, level, code, *words)


SOUND = {
    "as it should be": GOOD,
    "the course's sample": COURSE,
    "vectors of another length with an index of their own": LOCAL,
    "the default index with vectors of the default length": without("index_name"),
    "host and port, the password from the environment": BY_HOST,
    "host and port with a password": BY_HOST + "    password: os.environ/REDIS_PASSWORD\n",
    "an empty password beside a URL, which counts": GOOD + '    password: ""\n',
    "threshold 1": but("threshold: 0.9", "threshold: 1"),
    "a variable as ttl": but("ttl: 60", "ttl: os.environ/OPENAI_API_KEY"),
    "the other ttl": but("ttl: 60", "default_in_redis_ttl: 3600"),
    "models of another file": "include: [other.yaml]\n" + but("embedding_model: embed", "embedding_model: theirs"),
    "an embedding model whose vectors nobody knows": without("index_name", but("openai/text-embedding-3-small", "openai/of-my-own")),
    "an embedding model by a variable": but("embedding_model: embed", "embedding_model: os.environ/OPENAI_API_KEY"),
    "LiteLLM's own default, listed": without("embedding_model", but("model_name: embed", "model_name: text-embedding-ada-002")),
    "two providers of one length": but("litellm_settings:", "  - model_name: embed\n    litellm_params: {model: azure/text-embedding-3-small, api_base: os.environ/AZURE_API_BASE, api_version: '2024-10-21'}\nlitellm_settings:"),
    "switched off, whatever the parameters": but("cache: true", "cache: off", without("similarity_threshold")),
    "the exact cache, which needs none of it": but("redis-semantic", "redis", without("similarity_threshold", without("ttl"))),
    "no cache at all": GOOD.split("litellm_settings")[0],
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_valid_settings_have_no_findings(name: str) -> None:
    assert [str(finding) for finding in check_text(SOUND[name], ENV)] == []


def test_every_mistake_of_a_file_is_reported_in_order() -> None:
    text = but(
        "threshold: 0.9",
        "threshold: 90",
        but("ttl: 60", "ttl: 0", but("embedding_model: embed", "embedding_model: chat")),
    )
    assert [(f.line, f.code) for f in check_text(text, ENV)] == [
        (12, "threshold"),
        (13, "embedding-model"),
        (15, "ttl"),
    ]


def test_embedding_models_are_read_from_litellms_price_list() -> None:
    """Fails if a new LiteLLM moves it; otherwise the checks that need it would silently find nothing."""
    names = litellm_names()
    sizes = {name: names.vector_sizes[f"text-embedding-{name}"] for name in ("3-small", "3-large", "ada-002")}
    assert sizes == {"3-small": 1536, "3-large": 3072, "ada-002": 1536}
    assert (names.model_modes["text-embedding-3-small"], names.model_modes["gpt-4o-mini"]) == (
        "embedding",
        "chat",
    )
    assert "no-log" in names.litellm_params


settings_of_a_cache = st.fixed_dictionaries(
    {"type": st.just("redis-semantic")},
    optional={
        "similarity_threshold": values, "ttl": values, "default_in_redis_ttl": values, "password": values,
        "redis_url": values, "redis_semantic_cache_index_name": values,
        "redis_semantic_cache_embedding_model": values | st.just("embed"),
    },
)  # fmt: skip
deployments = st.fixed_dictionaries(
    {"model_name": st.just("embed")},
    optional={
        "litellm_params": values | st.fixed_dictionaries({"model": values, "dimensions": values}),
        "model_info": values | st.fixed_dictionaries({"mode": values, "output_vector_size": values}),
    },
)


@FUZZED
@given(settings_of_a_cache, values | st.booleans(), st.lists(deployments, max_size=3))
def test_any_semantic_cache(params: object, switch: object, models: object) -> None:
    document = {"model_list": models, "litellm_settings": {"cache": switch, "cache_params": params}}
    assert_findings_are_sound(yaml.safe_dump(document, allow_unicode=True))


def test_both_templates_without_a_key_report_only_missing_variables() -> None:
    assert check_text((TEMPLATES / "semantic.yaml").read_text(), TRACING) == []
    cloud = (TEMPLATES / "semantic-cloud.yaml").read_text()
    assert [f.code for f in check_text(cloud, TRACING)] == ["missing-variable"]
