"""Checking settings that keep LiteLLM from starting, and settings that promise what another place has."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text
from gateway_kit.stack.configuration.module_references import CODE_SETTINGS
from tests.unit.test_configuration_check import ENV, GOOD, assert_finding, only


@pytest.mark.parametrize("name", CODE_SETTINGS)
def test_a_setting_that_names_a_function_takes_nothing_else(name: str) -> None:
    text = GOOD + f"general_settings: {{{name}: %s}}\n"
    for value in ("true", '"true"', "auth", "[auth.check]", "7"):
        assert_finding(
            only(text % value), 6, "error", "start", f"`{name}`", "MODULE.FUNCTION", "does not start"
        )
    for value in ("auth.check", "s3://bucket/auth.check", "null"):
        assert check_text(text % value, ENV) == []


@pytest.mark.parametrize("url", ["sqlite:///./litellm.db", "mysql://a@b/c", "localhost:5432"])
def test_only_a_postgresql_server_is_a_database(url: str) -> None:
    text = GOOD + f'general_settings: {{database_url: "{url}"}}\n'
    assert_finding(only(text), 6, "warning", "database", "PostgreSQL", "postgresql://")
    for good in ("os.environ/DATABASE_URL", "postgres://h/n", "postgresql://h:5432/n"):
        assert check_text(text.replace(url, good), ENV) == []


def test_a_budget_of_the_whole_gateway_needs_a_period() -> None:
    text = GOOD + "litellm_settings: {max_budget: %s}\n"
    assert_finding(only(text % "10"), 6, "error", "start", "`budget_duration`", "does not start")
    assert check_text(text % "0", ENV) == []
    assert check_text(text % "10, budget_duration: 30d", ENV) == []


def test_a_variable_is_one_value() -> None:
    text = GOOD + "environment_variables: {MINE: %s}\n"
    for value in ("{description: x, required: true}", "[x]", ""):
        assert_finding(only(text % value), 6, "warning", "variable-value", "`MINE`", "`MINE: VALUE`")
    for value in ("x", "7", "true", "os.environ/OPENAI_API_KEY"):
        assert check_text(text % value, ENV) == []


def test_a_model_has_no_switch_for_the_cache() -> None:
    text = GOOD + "      cache: true\nlitellm_settings: {cache: %s}\n"
    assert_finding(only(text % "true"), 6, "error", "cache-switch", "each call fails", "Delete it")
    assert check_text(text % "false", ENV) == []
    assert check_text(GOOD + "      cache: {no-cache: true}\nlitellm_settings: {cache: true}\n", ENV) == []


def test_parameters_of_the_cache_at_the_top_level() -> None:
    text = GOOD + "cache: {type: redis}\n"
    assert_finding(only(text), 6, "error", "indentation", "`cache: true`", "`cache_params:`")


@pytest.mark.parametrize(
    ("section", "name", "words"),
    [
        ("litellm_settings", "redis_host", "`host` under `cache_params:`"),
        ("litellm_settings", "cache_type", "`type` under `cache_params:`"),
        ("litellm_settings", "langfuse_public_key", "the variable LANGFUSE_PUBLIC_KEY"),
        ("general_settings", "ui_username", "the variable UI_USERNAME"),
        ("general_settings", "telemetry", "Delete it."),
        ("general_settings", "max_budget", "with `budget_duration: 30d` beside it"),
    ],
)
def test_an_unread_setting_says_how_to_get_what_it_promises(section: str, name: str, words: str) -> None:
    finding = only(GOOD + f"{section}: {{{name}: x}}\n")
    assert_finding(finding, 6, "warning", "unknown-key", f"`{name}`", words)


def test_a_file_that_holds_a_configuration_says_what_it_is() -> None:
    held = "".join(f"    {line}\n" for line in GOOD.splitlines())
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  config.yaml: |\n{held}"
    assert_finding(only(text), 2, "error", "shape", "ConfigMap", "a file of its own")
    template = "{{- if .Values.on }}\n" + text + "{{- end }}\n"
    assert_finding(only(template), 1, "error", "yaml", "template", "`helm template`")
    jinja = only(GOOD.replace("os.environ/OPENAI_API_KEY", "{{ key }}"))
    assert "helm" not in f"{jinja.message} {jinja.fix}"
