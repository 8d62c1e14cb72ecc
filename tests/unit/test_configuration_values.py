"""Checking values: types from LiteLLM's annotations, ranges, durations, addresses; what LiteLLM accepts is valid."""

from __future__ import annotations

import pytest

from gateway_kit.stack.configuration import check_text
from gateway_kit.stack.configuration.litellm_types import Expected, duration_words, litellm_types
from tests.unit.test_configuration_check import ENV, GOOD, assert_finding, only
from tests.unit.test_configuration_names import MORE, settings

TYPES = litellm_types()
# For each type, a valid value and invalid ones.
VALUES = {
    "text": '"a"', "whole": "5", "number": "0.5", "switch": "true", "list": "[]", "mapping": "{}",
}  # fmt: skip


def wrong_value(expected: Expected) -> str:
    """A value that fits none of the types."""
    return "{a: 1}" if "mapping" not in expected.kinds else "2024-10-21"


VALIDATED = {name: expected for name, expected in sorted(TYPES.validated.items()) if name != "model"}
WITHOUT_KEY = GOOD.replace("      api_key: os.environ/OPENAI_API_KEY\n", "")


@pytest.mark.parametrize("kind", VALUES)
def test_each_validated_parameter_accepts_its_types(kind: str) -> None:
    fitting = [
        name
        for name, expected in VALIDATED.items()
        if kind in expected.kinds and expected.kinds != {"text", "number"} and not expected.words
    ]
    text = WITHOUT_KEY + "".join(f"      {name}: {VALUES[kind]}\n" for name in fitting)
    assert [f for f in check_text(text, ENV) if f.code in ("wrong-type", "not-a-number")] == []


def test_each_validated_parameter_rejects_other_types() -> None:
    """LiteLLM drops a deployment with a wrong type, so an error is justified."""
    assert len(VALIDATED) > 100
    lines = [f"      {name}: {wrong_value(expected)}\n" for name, expected in VALIDATED.items()]
    found = [f for f in check_text(WITHOUT_KEY + "".join(lines), ENV) if "leaves this model out" in f.message]
    assert [f.line for f in found] == list(range(5, 5 + len(VALIDATED)))
    assert {f.level for f in found} == {"error"}


@pytest.mark.parametrize("section", ["litellm_settings", "router_settings", "general_settings"])
def test_each_setting_accepts_its_types(section: str) -> None:
    types = getattr(TYPES, section)
    assert len(types) > 40
    for kind in VALUES:
        names = sorted(
            name for name, expected in types.items() if kind in expected.kinds and not expected.words
        )
        text = settings(section, *(f"{name}: {VALUES[kind]}" for name in names))
        found = [f for f in check_text(text, ENV) if f.code in ("wrong-type", "not-a-number")]
        assert [str(f) for f in found] == []


@pytest.mark.parametrize("name", sorted(TYPES.numbers_at_start))
def test_a_value_that_litellm_converts_at_start_must_be_a_number(name: str) -> None:
    finding = only(settings("litellm_settings", f'{name}: "ten"'))
    assert_finding(finding, 7, "error", "not-a-number", "does not start", "ten")
    assert check_text(settings("litellm_settings", f'{name}: "10.5"', "budget_duration: 30d"), ENV) == []


@pytest.mark.parametrize(
    ("text", "level", "code", "words"),
    [
        (MORE % 'temperature: "warm"', "warning", "not-a-number", ("'warm'",)),
        (MORE % 'temperature: "0.2"', "warning", "not-a-number", ("without quotes", "`temperature: 0.2`")),
        (MORE % "temperature: 3", "warning", "range", ("0 to 2",)),
        (MORE % "top_p: -0.1", "warning", "range", ("0 to 1",)),
        (MORE % "rpm: -1", "warning", "range", ("below 0",)),
        (MORE % "rpm: 9.5", "error", "not-a-number", ("a whole number",)),
        (MORE % 'weight: "2"', "warning", "not-a-number", ("without quotes",)),
        (MORE % "api_version: 2024-10-21", "error", "wrong-type", ("a date", '"2024-10-21"')),
        (MORE % "tags: prod", "error", "wrong-type", ("a list",)),
        (
            MORE % "drop_params: [tool_choice]",
            "warning",
            "wrong-type",
            ("additional_drop_params: [tool_choice]",),
        ),
        (MORE % "reasoning_effort: hihg", "warning", "unknown-value", ("`high`",)),
        (MORE % "max_budget: 1\n      budget_duration: tomorrow", "warning", "duration", ("tomorrow", "30d")),
        (GOOD + "    rpm: ten\n", "error", "not-a-number", ("'ten'",)),
        (
            settings("litellm_settings", "budget_reset_time: 12:00"),
            "error",
            "start",
            ('"12:00"', "does not start"),
        ),
        (
            settings("litellm_settings", "timezone: Berlin"),
            "warning",
            "time-zone",
            ("`timezone: Europe/Berlin`", "UTC"),
        ),
        (GOOD + "    model_info: {input_cost_per_token: cheap}\n", "error", "not-a-number", ("cheap",)),
        (settings("litellm_settings", "num_retries: -1"), "warning", "range", ("below 0",)),
        (settings("litellm_settings", 'num_retries: "3"'), "warning", "not-a-number", ("without quotes",)),
        (settings("litellm_settings", 'modify_params: "False"'), "warning", "wrong-type", ("true or false",)),
        (
            settings("litellm_settings", "drop_params: [a]"),
            "warning",
            "wrong-type",
            ("additional_drop_params: [a]",),
        ),
        (settings("litellm_settings", "budget_duration: 30"), "warning", "duration", ("unit", "30d")),
        (settings("litellm_settings", "budget_duration: 1 minute"), "warning", "duration", ("1 minute",)),
        (settings("litellm_settings", "budget_duration: 1h30m"), "warning", "duration", ("only `1h`",)),
        (settings("router_settings", "num_retries: -1"), "warning", "range", ("below 0",)),
        (settings("router_settings", "debug_level: DEBUGG"), "warning", "unknown-value", ("`DEBUG`",)),
        (settings("general_settings", "alerting: slack"), "warning", "wrong-type", ("a list",)),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_reported(
    text: str, level: str, code: str, words: tuple[str, ...]
) -> None:
    line = text.count("\n")
    assert_finding(only(text), line, level, code, *words)


def test_a_timeout_must_be_a_number_although_litellm_declares_text() -> None:
    """LiteLLM declares text only because the value may be a variable."""
    finding = only(MORE % "timeout: 60s")
    assert (finding.line, finding.code) == (6, "not-a-number")
    assert check_text(MORE % "timeout: 60.5", ENV) == []


def test_durations_that_litellm_can_read_are_valid() -> None:
    assert {"hourly", "daily", "weekly", "monthly"} <= duration_words()
    for duration in ("30s", "15m", "1h", "30d", "2w", "1mo", "30days", *duration_words()):
        assert check_text(settings("litellm_settings", f"budget_duration: {duration}"), ENV) == []
    reset = settings("litellm_settings", "timezone: Europe/Berlin", "budget_reset_time: '12:00'")
    assert check_text(reset, ENV) == []
    kept = settings("general_settings", "maximum_spend_logs_retention_period: 30")
    assert check_text(kept, ENV) == []


def test_variables_and_empty_values_are_not_type_checked() -> None:
    text = (
        MORE % "rpm: os.environ/OPENAI_API_KEY\n      timeout:\n      temperature: os.environ/OPENAI_API_KEY"
    )
    assert check_text(text, ENV) == []


OPENAI = "openai/gpt-4o-mini"


@pytest.mark.parametrize(
    ("model", "base", "words"),
    [
        (
            "ollama_chat/llama3",
            "http://localhost:11434/v1",
            ("/api/chat", "`api_base: http://localhost:11434`", "openai/"),
        ),
        ("ollama/llama3", "http://h:11434/v1/", ("/api/generate",)),
        (OPENAI, "http://h/v1/chat/completions", ("/chat/completions", "`api_base: http://h/v1`")),
        (OPENAI, "https://h/v1/embeddings", ("/embeddings",)),
        ("lm_studio/x", "http://h/v1/chat/completions/", ("404",)),
        ("gemini/gemini-3.1-flash-lite", "http://127.0.0.1:4010", ("http://127.0.0.1:4010/v1beta",)),
        (
            "anthropic/claude-haiku-4-5",
            "https://api.anthropic.com/v1",
            ("/v1/messages", "https://api.anthropic.com`"),
        ),
        (OPENAI, "api.openai.com/v1", ("http://",)),
    ],
)
def test_an_unusable_address_gives_a_warning(model: str, base: str, words: tuple[str, ...]) -> None:
    text = (MORE % f"api_base: {base}").replace(OPENAI, model)
    assert_finding(only(text), 6, "warning", "address", *words)
    by_variable = text.replace(base, "os.environ/BASE")
    if "://" in base:
        finding = only(by_variable, {**ENV, "BASE": base})
        assert base not in str(finding)


@pytest.mark.parametrize(
    ("model", "base"),
    [
        (OPENAI, "http://h:8000"), (OPENAI, "https://h/v1"), ("groq/x", "https://h/v1/chat/completions"),
        ("hosted_vllm/x", "https://h/v1/chat/completions"), ("ollama_chat/x", "http://h:11434"),
        ("openai/llama3", "http://localhost:11434/v1"), ("gemini/x", "https://h/v1beta"), ("gemini/x", "https://h/v1/x"),
        ("anthropic/x", "https://h"), ("anthropic/x", "https://h/v1/messages"), (OPENAI, "${PROVIDERS_URL}/v1"),
    ],
)  # fmt: skip
def test_usable_addresses_have_no_findings(model: str, base: str) -> None:
    assert check_text((MORE % f'api_base: "{base}"').replace(OPENAI, model), ENV) == []


def test_azure_needs_an_address_and_an_api_version() -> None:
    bare = GOOD.replace(OPENAI, "azure/gpt-4o")
    based = bare + "      api_base: https://mine.openai.azure.com\n"
    assert_finding(only(based), 4, "warning", "azure", "api_version", "AZURE_API_VERSION")
    versioned = bare + '      api_version: "2024-10-21"\n'
    env = {name: value for name, value in ENV.items() if name != "AZURE_API_BASE"}
    assert_finding(only(versioned, env), 4, "warning", "azure", "api_base", "AZURE_API_BASE")
    assert check_text(versioned, ENV) == []
    assert check_text(based, {**ENV, "AZURE_API_VERSION": "2024-10-21"}) == []
    assert check_text(bare + "      litellm_credential_name: mine\n", env) == []
    twice = based + based.removeprefix("model_list:\n").replace("4o", "5")
    assert only(twice).line == 4
