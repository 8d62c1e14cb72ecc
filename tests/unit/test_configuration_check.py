"""Checking a configuration: each mistake is reported with its line and a fix, and valid settings are not."""

# ruff: noqa: E501  # a table with one case a line is easier to read than wrapped cases

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.stack.configuration import TEMPLATES, Finding, check_config, check_text
from gateway_kit.stack.configuration.litellm_names import litellm_names

ENV = {
    "OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x", "AZURE_API_KEY": "x", "AZURE_API_BASE": "x",
    "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "VERTEX_PROJECT": "x",
    "GOOGLE_APPLICATION_CREDENTIALS": "x", "OLLAMA_API_BASE": "x",
}  # fmt: skip

# What `gateway-kit up` gives the Langfuse callback of the templates.
TRACING = {"LANGFUSE_HOST": "x", "LANGFUSE_PUBLIC_KEY": "x", "LANGFUSE_SECRET_KEY": "x"}

GOOD = """\
model_list:
  - model_name: chat
    litellm_params:
      model: openai/gpt-4o-mini
      api_key: os.environ/OPENAI_API_KEY
"""


def only(text: str, env: dict[str, str] | None = None) -> Finding:
    findings = check_text(text, ENV if env is None else env)
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


def assert_finding(finding: Finding, line: int, level: str, code: str, *words: str) -> None:
    assert (finding.line, finding.level, finding.code) == (line, level, code), str(finding)
    for word in words:
        assert word in f"{finding.message} {finding.fix}", str(finding)
    assert "\n" not in str(finding)
    assert finding.message.endswith(".")
    assert finding.fix


def test_a_valid_file_and_both_templates_have_no_findings() -> None:
    assert check_text(GOOD, ENV) == []
    assert check_config(TEMPLATES / "offline.yaml", TRACING) == []
    assert check_config(TEMPLATES / "cloud.yaml", {**ENV, **TRACING}) == []
    assert check_config(TEMPLATES / "simulated.yaml", TRACING) == []


def test_the_cloud_template_without_keys_names_every_missing_variable() -> None:
    findings = check_config(TEMPLATES / "cloud.yaml", TRACING)
    assert {finding.code for finding in findings} == {"missing-variable"}
    lines = (TEMPLATES / "cloud.yaml").read_text().splitlines()
    for finding in findings:
        name = finding.message.split()[2]
        assert name in ENV
        assert f"os.environ/{name}" in lines[finding.line - 1]
    assert len(findings) == len(ENV)


# Each case: the text, the line of the mistake, level, code, and words that must be in the finding.
MISTAKES: dict[str, tuple[str, int, str, str, tuple[str, ...]]] = {
    "misspelt provider": (GOOD.replace("openai/", "opnai/"), 4, "error", "unknown-provider", ("opnai", "openai/gpt-4o-mini")),
    "provider in capitals": (GOOD.replace("openai/", "OpenAI/"), 4, "error", "unknown-provider", ("openai/gpt-4o-mini",)),
    "everyday word for a provider": (GOOD.replace("openai/gpt-4o-mini", "claude/haiku"), 4, "error", "unknown-provider", ("anthropic/haiku",)),
    "provider nobody knows": (GOOD.replace("openai/", "zzqqxx/"), 4, "error", "unknown-provider", ("zzqqxx", "bedrock")),
    "same deployment twice for a strategy without weights": (GOOD + GOOD.removeprefix("model_list:\n") + "router_settings: {routing_strategy: least-busy}\n", 6, "warning", "duplicate-deployment", ("one id and cools", "Delete one of them; for")),
    "no provider": (GOOD.replace("openai/gpt-4o-mini", "my-own-model"), 4, "error", "no-provider", ("my-own-model", "openai/my-own-model")),
    "provider without a model": (GOOD.replace("openai/gpt-4o-mini", "openai/"), 4, "error", "shape", ("PROVIDER/MODEL",)),
    "custom provider misspelt": (GOOD + "      custom_llm_provider: opnai\n", 4, "error", "unknown-provider", ("`openai`",)),
    "missing variable": (GOOD.replace("OPENAI_API_KEY", "MY_KEY"), 5, "error", "missing-variable", ("MY_KEY", "export MY_KEY=")),
    "reference without a name": (GOOD.replace("OPENAI_API_KEY", ""), 5, "error", "bad-reference", ("is not the name of a variable",)),
    "shell's spelling": (GOOD.replace("os.environ/OPENAI_API_KEY", "${OPENAI_API_KEY}"), 5, "error", "bad-reference", ("os.environ/OPENAI_API_KEY",)),
    "Python's spelling": (GOOD.replace("os.environ/OPENAI_API_KEY", "os.environ['OPENAI_API_KEY']"), 5, "error", "bad-reference", ("os.environ/OPENAI_API_KEY",)),
    "address nobody fills in": (GOOD + '      api_base: "${MY_HOST}/v1"\n', 6, "error", "placeholder", ("${MY_HOST}", "os.environ/NAME")),
    "secret in the file": (GOOD.replace("os.environ/OPENAI_API_KEY", "sk-abcdefgh12345"), 5, "warning", "literal-secret", ("sk-***", "os.environ/NAME")),
    "password in a URL": (GOOD + "router_settings:\n  redis_url: redis://:hunter2@h:6379\n", 7, "warning", "literal-secret", ("***",)),
    "same deployment twice": (GOOD + GOOD.removeprefix("model_list:\n"), 6, "warning", "duplicate-deployment", ("line 2", "`chat`", "weight: 2")),
    "key twice": (GOOD + "      model: openai/gpt-4o-mini\n", 6, "error", "duplicate-key", ("line 4", "`model`")),
    "model_name nested": (GOOD.replace("  - model_name: chat\n    litellm_params:\n", "  - litellm_params:\n      model_name: chat\n"), 3, "error", "indentation", ("model_name", "one level up")),
    "params not indented": (GOOD.replace("      ", "    "), 3, "error", "indentation", ("litellm_params", "indented further")),
    "one param not indented": (GOOD.replace("      api_key", "    api_key"), 5, "error", "indentation", ("api_key", "belongs under it")),
    "params as a list": (GOOD.replace("      model", "      - model").replace("      api_key", "      - api_key"), 3, "error", "shape", ("a list", "'- '")),
    "params as text": (GOOD.replace("model: openai", "model:openai").replace("      api_key: os.environ/OPENAI_API_KEY\n", ""), 3, "error", "shape", ("space after each colon",)),
    "no model_list": ("litellm_settings: {}\n", 1, "warning", "no-models", ("model_list", "config show")),
    "models as a mapping": (GOOD.replace("- model_name", "  model_name").replace("    litellm", "    litellm"), 1, "error", "shape", ("must be a list", "- model_name")),
    "model_list empty": ("model_list:\n", 1, "error", "shape", ("empty",)),
    "model is a text": ("model_list:\n  - gpt-4o-mini\n", 2, "error", "shape", ("litellm_params",)),
    "no model_name": (GOOD.replace("model_name: chat\n    ", ""), 2, "error", "missing-key", ("model_name",)),
    "a word of LiteLLM's code that is no parameter": (GOOD + "      specialized_routers: 1\n", 6, "warning", "unknown-parameter", ("specialized_routers",)),
    "no litellm_params": ("model_list:\n  - model_name: chat\n", 2, "error", "missing-key", ("litellm_params", "`chat`")),
    "no model": (GOOD.replace("      model: openai/gpt-4o-mini\n", ""), 3, "error", "missing-key", ("`model`",)),
    "model is a number": (GOOD.replace("openai/gpt-4o-mini", "4"), 4, "error", "shape", ("must be a text",)),
    "model_name is a number": (GOOD.replace("chat", "35"), 2, "error", "shape", ('"quotes"',)),
    "misspelt parameter": (GOOD.replace("api_key", "api_kye"), 5, "warning", "unknown-parameter", ("api_kye", "`api_key`")),
    "unknown parameter": (GOOD + "      wibble: 1\n", 6, "warning", "unknown-parameter", ("wibble",)),
    "misspelt key of a model": (GOOD + "    model_inf: {}\n", 6, "error", "unknown-key", ("`model_info`",)),
    "misspelt section": (GOOD + "litelm_settings: {}\n", 6, "error", "unknown-section", ("`litellm_settings`",)),
    "unknown section": (GOOD + "wibble: {}\n", 6, "warning", "unknown-section", ("wibble",)),
    "setting at the top level": (GOOD + "drop_params: true\n", 6, "error", "indentation", ("`litellm_settings:`",)),
    "setting in the wrong section": (GOOD + "litellm_settings:\n  routing_strategy: simple-shuffle\n", 7, "warning", "wrong-section", ("`router_settings:`",)),
    "misspelt setting": (GOOD + "litellm_settings:\n  drop_param: true\n", 7, "warning", "unknown-key", ("`drop_params`",)),
    "section as a list": (GOOD + "router_settings:\n  - num_retries: 2\n", 6, "error", "shape", ("router_settings", "a list")),
    "section in a section": (GOOD + "litellm_settings:\n  router_settings: {}\n", 7, "error", "indentation", ("separate section",)),
    "cache type": (GOOD + "litellm_settings:\n  cache: true\n  cache_params: {type: reddis}\n", 8, "error", "cache-type", ("`redis`",)),
    "ttl with a unit": (GOOD + "litellm_settings:\n  cache: true\n  cache_params:\n    type: redis\n    ttl: 60s\n", 10, "error", "not-a-number", ("60s", "ttl: 60")),
    "ttl in quotes": (GOOD + 'litellm_settings:\n  cache: true\n  cache_params: {ttl: "60"}\n', 8, "error", "not-a-number", ("without quotes",)),
    "cache_params without cache": (GOOD + "litellm_settings:\n  cache_params: {type: redis}\n", 7, "warning", "cache-off", ("cache: true",)),
    "fallback to nobody": (GOOD + "router_settings:\n  fallbacks:\n    - chat: [chta]\n", 8, "error", "unknown-model", ("`chta`", "`chat`")),
    "fallback from nobody": (GOOD + "litellm_settings:\n  fallbacks: [{xyz: [chat]}]\n", 7, "error", "unknown-model", ("`xyz`",)),
    "fallbacks as a mapping": (GOOD + "router_settings:\n  fallbacks:\n    chat: [chat]\n", 7, "error", "shape", ("must be a list",)),
    "default fallback to nobody": (GOOD + "litellm_settings:\n  default_fallbacks: [zzz]\n", 7, "error", "unknown-model", ("`zzz`",)),
    "alias of nobody": (GOOD + "router_settings:\n  model_group_alias: {best: chatt}\n", 7, "error", "unknown-model", ("`best`", "`chat`")),
    "requests a minute in words": (GOOD + "      rpm: ten\n", 6, "error", "not-a-number", ("`rpm`", "ten")),
    "timeout with a unit": (GOOD + "router_settings:\n  timeout: 60s\n", 7, "error", "not-a-number", ("60s",)),
    "routing strategy": (GOOD + "router_settings:\n  routing_strategy: simple-shufle\n", 7, "error", "routing-strategy", ("`simple-shuffle`",)),
    "same id twice": (GOOD + "    model_info: {id: one}\n" + GOOD.removeprefix("model_list:\n").replace("4o", "5") + "    model_info: {id: one}\n", 11, "error", "duplicate-id", ("`one`", "line 6")),
    "tab": ("model_list:\n\t- model_name: chat\n", 2, "error", "yaml", ("tab", "spaces")),
    "indentation too deep": (GOOD.replace("    litellm_params", "     litellm_params"), 3, "error", "yaml", ("indentation",)),
    "indentation too shallow": (GOOD.replace("    litellm_params", "   litellm_params"), 3, "error", "yaml", ("indentation",)),
    "open quote": (GOOD.replace("openai/gpt-4o-mini", '"openai/gpt-4o-mini'), 4, "error", "yaml", ("never closed",)),
    "no colon": (GOOD.replace("litellm_params:", "litellm_params"), 3, "error", "yaml", ("key: value",)),
    "a date that is none": (GOOD + "      api_version: 2024-99-99\n", 6, "error", "yaml", ("quotes",)),
    "tag": (GOOD + "x-note: !env NAME\n", 6, "error", "yaml", ("tag",)),
    "empty": ("# nothing\n", 1, "error", "empty", ("config init",)),
    "only text": ("hello\n", 1, "error", "shape", ("hello", "model_list")),
    "a list": ("- model_name: chat\n", 1, "error", "shape", ("a list", "model_list")),
    "two documents": (GOOD + "---\n" + GOOD, 6, "error", "yaml", ("document",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_a_fix(name: str) -> None:
    text, line, level, code, words = MISTAKES[name]
    assert_finding(only(text), line, level, code, *words)


def test_several_mistakes_are_all_reported_in_order() -> None:
    text = GOOD.replace("openai/", "opnai/").replace("OPENAI_API_KEY", "MY_KEY") + "litelm_settings: {}\n"
    found = [(finding.line, finding.code) for finding in check_text(text, {})]
    assert found == [(4, "unknown-provider"), (5, "missing-variable"), (6, "unknown-section")]


def test_valid_settings_have_no_findings() -> None:
    text = """\
include: [other.yaml]
environment_variables: {MY_KEY: x}
x-shared: &shared
  api_key: os.environ/MY_KEY
  rpm: 10
model_list:
  - model_name: two-places
    litellm_params: {<<: *shared, model: openai/gpt-4o-mini}
    model_info: {id: a, anything: goes}
  - model_name: two-places
    litellm_params: {<<: *shared, model: azure/gpt-4o-mini, api_base: os.environ/AZURE_API_BASE, api_version: "2024-10-21"}
  - model_name: bare
    litellm_params: {model: gpt-4o-mini, temperature: 0.2, timeout: os.environ/X_S, rpm: "9", input_cost_per_token: 1e-6, max_tokens: 9, weight: 2, extra_body: {a: 1}}
  - model_name: "openai/*"
    litellm_params: {model: "openai/*"}
  - model_name: own
    litellm_params: {model: some-model, custom_llm_provider: openai, api_base: http://h/v1, api_key: none}
  - model_name: named-by-variable
    litellm_params: {model: os.environ/AZURE_API_BASE}
router_settings:
  model_group_alias: {best: two-places, hidden: {model: bare, hidden: true}}
  fallbacks: [{best: [openai/gpt-5-nano, {model: own}]}, {"*": [own]}]
  redis_host: os.environ/REDIS_HOST
litellm_settings:
  cache: true
  cache_params: {type: redis-semantic, ttl: 60, similarity_threshold: 0.9, redis_url: redis://h:6379}
  success_callback: [langfuse]
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
"""
    assert [str(finding) for finding in check_text(text, {**ENV, **TRACING, "X_S": "60"})] == []


def test_an_empty_variable_gives_one_warning() -> None:
    text = (
        GOOD
        + "  - model_name: b\n    litellm_params: {model: openai/b, api_key: os.environ/OPENAI_API_KEY}\n"
    )
    finding = only(text, {"OPENAI_API_KEY": " "})
    assert_finding(finding, 5, "warning", "empty-variable", "OPENAI_API_KEY")


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijk",
        "AKIAABCDEFGHIJKLMNOP",
        "AIza" + "x" * 35,
        "0123456789abcdef0123456789abcdef",
        "hf_" + "a" * 20,
    ],
)
def test_no_finding_repeats_a_secret(secret: str) -> None:
    places = [
        GOOD.replace("os.environ/OPENAI_API_KEY", secret),
        GOOD + f"general_settings:\n  master_key: {secret}\n",
    ]
    assert_finding(only(places[0]), 5, "warning", "literal-secret")
    assert_finding(only(places[1]), 7, "error", "master-key")
    assert_finding(only(places[1], {**ENV, "LITELLM_MASTER_KEY": secret}), 7, "warning", "literal-secret")
    if len(secret) != 32:  # only its key shows that a bare number of 32 digits is a secret
        places += [f"model_list: {secret}\n", f"{secret}\n", f"{secret}: 1\n", f"model_list:\n  - {secret}\n"]
        places += [
            GOOD.replace("openai/gpt-4o-mini", f"{secret}/x"),
            GOOD.replace("openai/gpt-4o-mini", secret),
        ]
    for text in places:
        for finding in check_text(text, ENV):
            assert secret not in str(finding)
            assert secret[4:] not in str(finding)


@pytest.mark.parametrize("make", ["missing", "folder", "binary", "endless"])
def test_an_unreadable_file_gives_one_finding(tmp_path: Path, make: str) -> None:
    path = tmp_path / "config.yaml"
    if make == "folder":
        path.mkdir()
    elif make == "binary":
        path.write_bytes(b"model_list: \xff\xfe")
    elif make == "endless":
        path.write_text("a: " + "x" * 2_000_001)
    findings = check_config(path, {})
    assert len(findings) == 1
    assert_finding(findings[0], 1, "error", "unreadable", str(path))


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert check_config(path, ENV) == []
    path.write_bytes(GOOD.replace("openai/", "opnai/").replace("\n", "\r\n").encode())
    assert [(f.line, f.code) for f in check_config(path, ENV)] == [(4, "unknown-provider")]


def test_the_names_read_from_litellms_source_are_there() -> None:
    """Fails if a new LiteLLM moves them; otherwise the checks that need them would silently find nothing."""
    names = litellm_names()
    assert {
        "openai",
        "azure",
        "anthropic",
        "bedrock",
        "vertex_ai",
        "gemini",
        "ollama_chat",
    } <= names.providers
    assert {"gpt-4o-mini", "text-embedding-3-small"} <= names.priced_models
    assert {"redis", "redis-semantic", "local"} <= names.cache_types
    assert {"simple-shuffle", "least-busy", "latency-based-routing"} <= names.routing_strategies
    assert {"api_key", "api_base", "vertex_project", "rpm", "temperature"} <= names.litellm_params
    assert {"drop_params", "cache", "cache_params", "success_callback", "telemetry"} <= names.litellm_settings
    assert {"routing_strategy", "fallbacks", "model_group_alias", "cooldown_time"} <= names.router_settings
    assert {"master_key", "store_model_in_db"} <= names.general_settings
