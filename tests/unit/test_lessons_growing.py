"""Exercise 08.2: the lesson's file, mended for three replicas. Right ways pass, wrong ones are told why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gateway_kit.lessons import check
from gateway_kit.lessons.growing_production import production_findings, text_of
from gateway_kit.lessons.growing_stack import start
from gateway_kit.lessons.solutions import solved_code

Config = dict[str, Any]


def proposed() -> Config:
    config: Config = yaml.safe_load(text_of("production.yaml"))
    return config


def solved() -> Config:
    variables: dict[str, Any] = {"config": proposed()}
    exec(solved_code("08.2"), variables)  # as the notebook does
    config: Config = variables["config"]
    return config


def missing(config: Any) -> dict[str, str]:
    result = check("08.2", {"config": config})
    return {criterion.text: criterion.found for criterion in result.criteria if not criterion.met}


def test_the_file_has_mistakes_that_only_several_replicas_feel() -> None:
    findings = production_findings("production.yaml", replicas=3)
    serious = findings[findings["level"] != "advice"]
    assert sorted(serious["rule"]) == [
        "batch-writes", "master-key", "pool", "redis-named", "routing-strategy", "verbose",
    ]  # fmt: skip
    assert serious["fix"].str.len().gt(0).all()
    assert serious["source"].str.startswith("https://").all()
    assert "pool" not in set(production_findings("production.yaml", replicas=1)["rule"])


def coordination(config: Config) -> None:
    """Another right way: no cache of answers, but a Redis to count in."""
    config["litellm_settings"] |= {"cache": False}
    del config["litellm_settings"]["cache_params"]
    config["general_settings"]["coordination_redis"] = {
        "host": "os.environ/REDIS_HOST", "port": "os.environ/REDIS_PORT", "password": "os.environ/REDIS_PASSWORD",
    }  # fmt: skip


def smaller_pool(config: Config) -> None:
    config["general_settings"]["database_connection_pool_limit"] = 10


def less_is_more(config: Config) -> None:
    """What LiteLLM does by itself need not be written."""
    del config["litellm_settings"]["set_verbose"]
    del config["router_settings"]["routing_strategy"]


@pytest.mark.parametrize("change", [lambda _: None, coordination, smaller_pool, less_is_more])
def test_right_ways_pass(change: Callable[[Config], None]) -> None:
    config = solved()
    change(config)
    assert missing(config) == {}


NO_ERROR, NO_WARNING = "the check for production finds no error", "the check for production finds no warning"
STILL = "`assistant` and `assistant-backup` are still there, and the fallback between them"
FITS = "the pools fit into the database, also during a rolling restart"


def as_proposed(config: Config) -> None:
    config.clear()
    config.update(proposed())


def secret_again(config: Config) -> None:
    config["general_settings"]["master_key"] = "sk-growing-for-nobody"


def local_cache(config: Config) -> None:
    config["litellm_settings"]["cache_params"] = {"type": "local", "ttl": 600}


def for_three_only(config: Config) -> None:
    config["general_settings"]["database_connection_pool_limit"] = 97 // 3


def one_connection(config: Config) -> None:
    config["general_settings"]["database_connection_pool_limit"] = 1


def one_model(config: Config) -> None:
    del config["model_list"][1]
    del config["router_settings"]["fallbacks"]


def long_memory(config: Config) -> None:
    del config["litellm_settings"]["cache_params"]["default_in_memory_ttl"]


def nothing_left(config: Config) -> None:
    config.clear()


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (as_proposed, {NO_ERROR: "master-key", NO_WARNING: "redis-named", FITS: "4 replicas with 40 each are 160"}),
        (secret_again, {NO_ERROR: "master-key"}),
        (local_cache, {NO_WARNING: "redis-named"}),
        (for_three_only, {NO_WARNING: "pool-at-restart", FITS: "4 replicas with 32 each are 128 connections"}),
        (one_connection, {FITS: "requests would wait for a connection"}),
        (one_model, {STILL: "models assistant; fallbacks None"}),
        (long_memory, {NO_WARNING: "cache-memory"}),
        (nothing_left, {NO_WARNING: "", STILL: "models none"}),
    ],
)  # fmt: skip
def test_wrong_ways_fail_with_words_that_help(
    change: Callable[[Config], None], wrong: dict[str, str]
) -> None:
    config = solved()
    change(config)
    found = missing(config)
    assert set(found) == set(wrong)
    for criterion, words in wrong.items():
        assert words in found[criterion]


@pytest.mark.parametrize("config", [None, "production.yaml", []])
def test_something_else_than_the_configuration_is_said(config: Any) -> None:
    assert list(missing(config)) == ["`config` is set (dict)"]


@pytest.mark.parametrize("replicas", [1, 5, "2", None])
def test_a_number_of_replicas_that_the_lesson_cannot_use_is_refused_at_once(replicas: Any) -> None:
    with pytest.raises(Exception, match="choose 2, 3 or 4"):
        start(replicas)
