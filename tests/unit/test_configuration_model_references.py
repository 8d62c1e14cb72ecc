"""Checking the names of models in fallbacks, aliases, and settings that choose a model for every call."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text
from tests.unit.test_configuration_check import ENV, GOOD, assert_finding, only

TWO = GOOD + GOOD.removeprefix("model_list:\n").replace("chat", "other").replace("4o-mini", "4o")


def test_an_alias_of_several_models_is_rejected_and_is_no_model() -> None:
    text = GOOD + "router_settings:\n  model_group_alias: {best: [chat, chat]}\n"
    assert_finding(only(text), 7, "error", "shape", "`best`", "`model_name: best`")
    found = check_text(text + "  fallbacks: [{chat: [best]}]\n", ENV)
    assert [f.code for f in found] == ["shape", "unknown-model"]


def test_aliases_belong_to_the_router() -> None:
    text = GOOD + "litellm_settings:\n  model_group_alias: {best: chat}\n"
    assert_finding(only(text), 7, "warning", "wrong-section", "no effect", "`router_settings:`")
    assert_finding(
        only(GOOD + "model_group_alias: {best: chat}\n"), 6, "error", "indentation", "`router_settings:`"
    )
    assert check_text(GOOD + "router_settings: {model_group_alias: {best: chat}}\n", ENV) == []


def test_a_model_for_every_call_is_a_warning_and_must_be_one_of_the_file() -> None:
    text = TWO + "general_settings: {completion_model: %s}\n"
    assert_finding(only(text % "other"), 10, "warning", "forced-model", "every chat call to `other`")
    assert_finding(only(text % "gpt-5"), 10, "error", "unknown-model", "`completion_model`", "`gpt-5`")
    assert check_text(GOOD + "general_settings: {completion_model: chat}\n", ENV) == []
    for name in ("image_generation_model", "moderation_model"):
        assert_finding(
            only(TWO + f"general_settings: {{{name}: x}}\n"), 10, "error", "unknown-model", f"`{name}`"
        )
        assert check_text(TWO + f"general_settings: {{{name}: other}}\n", ENV) == []


@pytest.mark.parametrize(
    "item",
    [
        "{model: chat, context_window: 200000}", "{model_name: chat, fallback_models: [chat]}",
        "{model_name: chat, fallbacks: [chat]}",
    ],
)  # fmt: skip
def test_a_fallback_in_another_form_is_one_mistake(item: str) -> None:
    text = GOOD + f"litellm_settings:\n  fallbacks: [{item}]\n"
    assert_finding(only(text), 7, "error", "shape", "takes for a model's name", "`- MODEL: [OTHER_MODEL]`")


def test_a_model_may_have_the_name_of_such_a_key() -> None:
    text = (
        GOOD.replace("model_name: chat", "model_name: model")
        + "litellm_settings: {fallbacks: [{model: [model]}]}\n"
    )
    assert check_text(text, ENV) == []
