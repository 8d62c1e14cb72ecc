"""Checking references to variables: spellings LiteLLM does not read, where they may stand, and what is no secret."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text
from tests.unit.test_configuration_check import ENV, GOOD, assert_finding, only

KIT = {**ENV, "LITELLM_MASTER_KEY": "sk-password"}


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("${MINE}", "MINE"), ("${MINE:-}", "MINE"), ("${MINE:-sk-other}", "MINE"), ("${MINE:?is needed}", "MINE"),
        ("${MINE-x}", "MINE"), ("$MINE", "MINE"), ("os.environ.MINE", "MINE"), ("os/environ/MINE", "MINE"),
        ("environ/MINE", "MINE"), ("env/MINE", "MINE"), ("{{ MINE }}", "MINE"),
    ],
)  # fmt: skip
def test_other_spellings_of_a_reference_are_plain_text_to_litellm(spelling: str, name: str) -> None:
    text = GOOD.replace("os.environ/OPENAI_API_KEY", f'"{spelling}"')
    assert_finding(only(text), 5, "error", "bad-reference", "plain text", f"Write os.environ/{name}.")


@pytest.mark.parametrize("value", ["azure/os.environ/DEPLOYMENT", "https://os.environ/HOST/v1"])
def test_a_reference_within_a_value_is_plain_text_to_litellm(value: str) -> None:
    text = GOOD + f"      base_model: {value}\n"
    assert_finding(only(text), 6, "error", "bad-reference", f"`{value}`", "the whole value into a variable")
    assert check_text(GOOD + "    model_info: {note: see os.environ/X in the manual}\n", ENV) == []


@pytest.mark.parametrize("value", ["${HOST:-db}.local", "redis://${HOST:?missing}:6379"])
def test_a_placeholder_with_a_default_is_filled_in_by_nothing(value: str) -> None:
    text = GOOD + f'litellm_settings: {{cache: true, cache_params: {{type: redis, host: "{value}"}}}}\n'
    assert_finding(only(text), 6, "error", "placeholder", "nothing fills in")


def test_a_variable_that_is_set_to_itself_is_not_set() -> None:
    text = GOOD + "environment_variables: {%s: os.environ/%s}\n"
    assert_finding(only(text % ("MINE", "MINE")), 6, "error", "missing-variable", "export MINE=")
    assert check_text(text % ("OPENAI_API_KEY", "OPENAI_API_KEY"), ENV) == []
    used = (
        GOOD.replace("OPENAI_API_KEY", "MINE") + "environment_variables: {MINE: os.environ/OPENAI_API_KEY}\n"
    )
    assert check_text(used, ENV) == []


def test_a_missing_variable_names_the_setting_that_has_it() -> None:
    def missing(lines: str) -> str:
        finding = only(GOOD + lines, KIT)
        assert finding.code == "missing-variable"
        return f"{finding.message} {finding.fix}"

    assert "`general_settings.proxy_base" not in missing("mcp_servers: {a: {url: os.environ/MINE}}\n")
    assert "what needs it in `mcp_servers`" in missing("mcp_servers: {a: {url: os.environ/MINE}}\n")
    endpoint = "{path: /a, target: 'https://a.example', headers: {Authorization: os.environ/MINE}}"
    told = missing(f"general_settings: {{pass_through_endpoints: [{endpoint}]}}\n")
    assert "`general_settings.pass_through_endpoints`" in told
    assert "general_settings.Authorization" not in told
    told = missing("general_settings: {database_url: os.environ/MINE}\n")
    assert "or delete `general_settings.database_url`." in told


@pytest.mark.parametrize(
    "value",
    [
        "sk-no-auth-required",
        "sk-not-needed",
        "sk-bridge-noauth",
        "local-capture-placeholder",
        "<your-access-key>",
    ],
)
def test_a_placeholder_for_a_key_is_no_secret(value: str) -> None:
    assert check_text(GOOD.replace("os.environ/OPENAI_API_KEY", value), ENV) == []


def test_a_key_is_a_secret() -> None:
    text = GOOD.replace("os.environ/OPENAI_API_KEY", "sk-proj-3vQ9zL0aT7")
    assert_finding(only(text), 5, "warning", "literal-secret", "a secret written in the file")


def test_a_server_of_mcp_fills_in_the_variables_that_it_names() -> None:
    server = "mcp_servers: {a: {url: 'https://a.example', static_headers: {A: 'Bearer ${TOKEN}'}%s}}\n"
    assert_finding(only(GOOD + server % ""), 6, "error", "placeholder", "nothing fills in ${TOKEN}")
    assert check_text(GOOD + server % ", env_vars: [{name: TOKEN}]", ENV) == []


def test_a_misspelt_reference_to_the_master_key_is_one_mistake() -> None:
    text = GOOD + "general_settings: {master_key: '${LITELLM_MASTER_KEY}'}\n"
    assert_finding(only(text, KIT), 6, "error", "bad-reference", "os.environ/LITELLM_MASTER_KEY")
