"""Checking names: values that cannot be in a header, master keys, callbacks, and settings that LiteLLM never reads."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from gateway_kit.common.header_names import header_fault
from gateway_kit.stack.configuration import check_text
from gateway_kit.stack.configuration.litellm_callbacks import litellm_callbacks
from gateway_kit.stack.configuration.litellm_names import cache_parameters, litellm_names
from gateway_kit.stack.configuration.litellm_source import _all_files, is_read_setting
from gateway_kit.stack.configuration.litellm_types import litellm_types
from gateway_kit.stack.configuration.unread_names import UNREAD
from tests.unit.test_configuration_check import ENV, GOOD, TRACING, assert_finding, only

AT_ONCE = {"max_parallel_requests", "global_max_parallel_requests"}
KIT = {**ENV, "LITELLM_MASTER_KEY": "sk-password"}
MORE = GOOD + "      %s\n"


def settings(section: str, *lines: str) -> str:
    """The sound file with a section (line 6) and its lines (7 and on)."""
    return GOOD + f"{section}:\n" + "".join(f"  {line}\n" for line in lines)


@pytest.mark.parametrize("name", ["gpt-4o", "openai/*", "Café", "my model", "a.b:c@2024-01-01", "naïve-ÿ"])
def test_names_that_a_header_can_hold(name: str) -> None:
    assert header_fault(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("中文", "U+4E2D"), ("emoji🙂", "U+1F642"), ("dash\u2013dash", "U+2013"), ("a\nb", "U+000A"),
        ("a\tb", "U+0009"),
        ("a\x00", "U+0000"), ("\x7f", "U+007F"), ("a\x85b", "U+0085"), (" a", "blank"), ("a ", "blank"),
    ],
)  # fmt: skip
def test_names_that_a_header_cannot_hold(name: str, words: str) -> None:
    assert words in (header_fault(name) or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD.replace("chat", "中文"), 2),
        (GOOD.replace("chat", '" chat"'), 2),
        (GOOD.replace("chat", '"a\\nb"'), 2),
        (GOOD.replace("gpt-4o-mini", "模型"), 4),
        (MORE % "api_base: http://h/中/v1", 6),
        (GOOD + "    model_info: {id: 中}\n", 6),
        (settings("router_settings", "model_group_alias: {别名: chat}"), 7),
    ],
)
def test_a_name_that_no_header_can_hold_is_rejected_if_it_is_sent_in_one(text: str, line: int) -> None:
    assert_finding(only(text), line, "error", "header-name", "header", "paid", "ASCII")


def test_names_that_are_not_sent_in_headers_are_not_checked() -> None:
    assert check_text(MORE % "tags: [中]" + "    model_info: {access_groups: [组], note: 中}\n", ENV) == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk-1234", "everybody knows"),
        ("", "empty"),
        ('""', "empty"),
        ("null", "empty"),
        ("' '", "empty"),
        ("1234", "must be a text"),
        ("[sk-1]", "must be a text"),
        ("sk-another-key", "not the kit's"),
        ("os.environ/OPENAI_API_KEY", "OPENAI_API_KEY is not LITELLM_MASTER_KEY"),
    ],
)
def test_a_master_key_that_is_weak_or_not_the_kits_is_rejected(key: str, words: str) -> None:
    finding = only(settings("general_settings", f"master_key: {key}"), KIT)
    assert_finding(finding, 7, "error", "master-key", words, "os.environ/LITELLM_MASTER_KEY")
    assert "1234" not in str(finding)


def test_the_kits_master_key_is_valid_under_any_variable_name() -> None:
    assert (
        check_text(settings("general_settings", "master_key: os.environ/LITELLM_MASTER_KEY"), {**ENV}) == []
    )
    mine = settings("general_settings", "master_key: os.environ/MINE")
    assert check_text(mine, {**KIT, "MINE": "sk-password"}) == []
    assert check_text(settings("general_settings", "store_model_in_db: true"), KIT) == []
    assert_finding(only(mine, KIT), 7, "error", "missing-variable", "MINE", "os.environ/LITELLM_MASTER_KEY")
    database = only(settings("general_settings", "database_url: os.environ/MINE"), KIT)
    assert_finding(
        database, 7, "error", "missing-variable", "`general_settings.database_url`", "export MINE="
    )


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("callbacks: [promethues]", "unknown-callback", ("`promethues`", "does not start", "`prometheus`")),
        ("success_callback: [promethues]", "unknown-callback", ("does nothing", "`prometheus`")),
        ("failure_callback: [zzz]", "unknown-callback", ("does nothing", "`zzz.NAME`")),
        ("callbacks: [sentry]", "wrong-list", ("does not start", "`success_callback`")),
        ("success_callback: [presidio]", "wrong-list", ("does nothing", "`callbacks`")),
        ("callbacks: [hide_secrets]", "licence", ("LITELLM_LICENSE",)),
        ("success_callback: [{a: b}]", "shape", ("must be a name", "a mapping")),
        ("callbacks: prometheus", "shape", ("[prometheus]",)),
        ("callbacks: langfuse_otel", "shape", ("[langfuse_otel]",)),
    ],
)
def test_a_callback_unknown_to_litellm_is_rejected(line: str, code: str, words: tuple[str, ...]) -> None:
    assert_finding(only(settings("litellm_settings", line), {**ENV}), 7, "error", code, *words)


def test_every_litellm_callback_is_known() -> None:
    names = sorted(litellm_callbacks().in_callbacks)
    assert len(names) > 50
    text = settings("litellm_settings", f"callbacks: [{', '.join(names)}]")
    assert check_text(text, {**ENV, **TRACING, "LITELLM_LICENSE": "x"}) == []


def test_custom_callbacks_and_those_of_the_other_list_are_known() -> None:
    own = settings(
        "litellm_settings", "callbacks: my.handler", "success_callback: [sentry, s3, mine, other.handler]"
    )
    assert check_text(own + "callback_settings: {mine: {callback_type: generic_api}}\n", ENV) == []


def test_a_missing_tracing_callback_gives_a_warning_if_there_is_a_trace_store() -> None:
    assert_finding(only(GOOD, {**ENV, **TRACING}), 1, "warning", "no-tracing", "success_callback: [langfuse]")
    other = settings("litellm_settings", "success_callback: [prometheus]")
    assert_finding(only(other, {**ENV, **TRACING}), 6, "warning", "no-tracing", "--tracing off")
    assert check_text(settings("litellm_settings", "callbacks: [langfuse_otel]"), {**ENV, **TRACING}) == []
    assert check_text("include: [models.yaml]\n", {**ENV, **TRACING}) == []
    assert check_text(GOOD, ENV) == []


def test_a_missing_variable_outside_the_models_is_said_to_be_needed_there() -> None:
    text = GOOD + "mcp_servers:\n  desk:\n    url: os.environ/DESK_URL\n"
    assert_finding(only(text), 8, "error", "missing-variable", "DESK_URL", "what needs it in `mcp_servers`")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("litellm_settings", "disable_auth"), ("litellm_settings", "default_model"),
        ("litellm_settings", "default_params"), ("litellm_settings", "log_level"),
        ("general_settings", "enable_admin_ui"), ("router_settings", "default_model"),
    ],
)  # fmt: skip
def test_a_setting_that_litellm_never_reads_gives_a_warning(section: str, key: str) -> None:
    finding = only(settings(section, f"{key}: 1"))
    assert_finding(finding, 7, "warning", "unknown-key", f"`{key}`", f"`{section}`", "no effect")


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section, unread in UNREAD.items() for name in unread]
)
def test_a_setting_that_litellm_declares_but_never_reads_gives_a_warning(section: str, name: str) -> None:
    finding = only(settings(section, f"{name}:"))
    assert_finding(finding, 7, "warning", "unknown-key", f"`{name}`", f"`{section}`", "no effect")
    assert finding.fix == (UNREAD[section][name] or "Delete it.")


def test_a_limit_is_not_moved_to_where_litellm_does_not_read_it_either() -> None:
    for section in ("litellm_settings", "router_settings"):
        finding = only(settings(section, "max_parallel_requests: 5"))
        assert_finding(finding, 7, "warning", "unknown-key", "`default_max_parallel_requests`", "no effect")
    assert check_text(settings("router_settings", "default_max_parallel_requests: 5"), ENV) == []
    assert check_text(settings("general_settings", "max_in_flight_requests_per_worker: 5"), ENV) == []


def test_the_unread_settings_are_those_of_the_installed_litellm() -> None:
    sources = [(path.as_posix(), content.decode("utf-8", "replace")) for path, content in _all_files()]
    own = next(content for path, content in sources if path == "__init__.py")
    text = "\n".join(content for _, content in sources if content is not own)
    names = litellm_names()

    imported = set(re.findall(r"\w+", " ".join(re.findall(r"from litellm import (\([^)]*\)|[^\n]*)", text))))
    set_elsewhere = imported | set(re.findall(r'\bkey == "([a-z_]+)"', text))
    unread = {
        name
        for name in names.litellm_settings - set_elsewhere
        if not name.endswith("_models")
        and not is_read_setting(name)
        and not re.search(rf"(?<![\w.\"']){name}\b(?!\s*[:=])", own)
    }
    assert unread - {"telemetry"} == UNREAD["litellm_settings"].keys()

    declared = set(
        re.findall(r'^        "(\w+)": "(?:Integer|Float|Boolean|String|List)\w*",$', text, re.MULTILINE)
    )
    quoted = Counter(re.findall(r"[\"'.](\w+)\b", text))
    unread = {name for name in names.general_settings if quoted[name] <= (name in declared)}
    assert unread == UNREAD["general_settings"].keys() - {"otel"} - AT_ONCE
    for name in {"otel"} | AT_ONCE:  # the words of other things too
        reads = re.findall(rf"general_settings\b[^\n]*[\"']{name}[\"']", text)
        reads += re.findall(rf"general_settings\.get\(\s*[\"']{name}[\"']", text)
        assert len(reads) == (name == "global_max_parallel_requests"), reads
    limiter = next(content for path, content in sources if path.endswith("/parallel_request_limiter_v3.py"))
    assert "global_max_parallel_requests" not in limiter


def test_settings_that_litellm_reads_in_other_ways_are_known() -> None:
    """`timezone` is not defined in the module; the job that resets budgets reads it with getattr."""
    known = settings("litellm_settings", "timezone: Europe/Berlin", "mcp_aliases: {a: b}")
    assert check_text(known, ENV) == []
    assert "timezone" not in litellm_names().litellm_settings
    assert check_text(settings("general_settings", "max_request_size_mb: 5", "alerting_args: {}"), ENV) == []


def test_rpm_and_tpm_are_allowed_next_to_the_parameters() -> None:
    """LiteLLM moves these two into the parameters, and no others."""
    assert check_text(GOOD + "    rpm: 5\n    tpm: 5\n", ENV) == []


@pytest.mark.parametrize("name", ["allowed_ips", "enforced_params"])
def test_a_setting_that_needs_a_litellm_licence_is_rejected(name: str) -> None:
    text = settings("general_settings", f"{name}: [a]")
    assert_finding(only(text), 7, "error", "licence", f"`{name}`", "LITELLM_LICENSE")
    assert check_text(text, {**ENV, "LITELLM_LICENSE": "x"}) == []


def test_a_setting_that_stops_litellm_from_starting_is_rejected() -> None:
    finding = only(settings("router_settings", "health_check_interval: 60"))
    assert_finding(finding, 7, "error", "wrong-section", "does not start", "`general_settings:`")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rpm_limit: 9", "Did you mean `rpm`?"),
        ("max_tpm: 9", "Did you mean `tpm`?"),
        ("supports_function_calling: true", "`model_info`"),
        ("mode: chat", "`model_info`"),
        ("max_input_tokens: 9", "`model_info`"),
        ("api_kye: x", "Did you mean `api_key`?"),
    ],
)
def test_a_misplaced_or_misspelt_parameter_gets_a_suggestion(line: str, words: str) -> None:
    assert_finding(only(MORE % line), 6, "warning", "unknown-parameter", words)


def test_every_litellm_parameter_is_known() -> None:
    names = sorted(litellm_names().litellm_params - {"model", "api_key"})
    assert len(names) > 300
    found = check_text(GOOD + "".join(f"      {name}:\n" for name in names), ENV)
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize(
    "name", ["additional_drop_params", "vertex_ai_project", "keep_alive", "vector_store_ids"]
)
def test_a_parameter_that_only_a_provider_reads_is_known(name: str) -> None:
    assert name not in litellm_names().litellm_params
    assert check_text(MORE % f"{name}: x", ENV) == []


@pytest.mark.parametrize("section", ["litellm_settings", "router_settings", "general_settings"])
def test_every_litellm_setting_is_known(section: str) -> None:
    elsewhere = {
        "master_key",
        "success_callback",
        "failure_callback",
        "callbacks",
        "cache_params",
        "langfuse_default_tags",
    }
    elsewhere |= {"upperbound_key_generate_params"}
    elsewhere |= litellm_types().never_empty
    known = sorted(getattr(litellm_names(), section) - elsewhere - UNREAD.get(section, {}).keys())
    assert known
    found = check_text(settings(section, *(f"{name}:" for name in known)), ENV)
    assert [str(finding) for finding in found if finding.code != "wrong-section"] == []


def test_a_misspelt_cache_parameter_gets_a_suggestion() -> None:
    cache = "cache_params: {type: redis, ttl: 60, %s: x}"
    finding = only(settings("litellm_settings", "cache: true", cache % "namespase"))
    assert_finding(finding, 8, "warning", "unknown-key", "`namespase`", "`namespace`")
    for name in ("mode", "socket_timeout", "ssl", "max_connections", "gcp_service_account", "s3_bucket_name"):
        assert name in litellm_types().cache_params or name in cache_parameters()


@pytest.mark.parametrize("model", ["dall-e-3", "claude-opus-4-20250514", "gpt-4o"])
def test_models_whose_provider_litellm_infers_need_no_prefix(model: str) -> None:
    assert check_text(GOOD.replace("openai/gpt-4o-mini", model), ENV) == []


def test_a_custom_provider_is_known() -> None:
    text = GOOD.replace("openai/", "my-llm/")
    own = "litellm_settings:\n  custom_provider_map: [{provider: my-llm, custom_handler: handler.llm}]\n"
    assert check_text(text + own, ENV) == []
    assert only(text).code == "unknown-provider"
