"""Each rule of the check for production: found once broken, at its line, gone once mended; and no false alarm."""

# ruff: noqa: E501  # a table with one case a line is easier to read than wrapped cases

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway_kit.stack.configuration.litellm_source import _files_with
from gateway_kit.stack.configuration.production import RULES, ProductionFinding, check_production
from tests.production_cases import COMPOSE, CONFIG, FILES, VALUES, VARIABLES, Case, check, mended, write

ROOT = Path(__file__).resolve().parents[2]
SLACK = "  alerting: [slack]\n"
MASTER = "master_key: os.environ/LITELLM_MASTER_KEY"
HOST = "    host: os.environ/REDIS_HOST\n    port: os.environ/REDIS_PORT\n    password: os.environ/REDIS_PASSWORD\n"
CACHE = CONFIG[CONFIG.index("  cache: true") : CONFIG.index("  upperbound_key")]

CASES = [
    Case("master-key", "master_key: sk-", MASTER, "master_key: sk-a-long-literal-master-key", words=("repository",)),
    Case("master-key", "general_settings:", f"  {MASTER}\n", "", variables={"LITELLM_MASTER_KEY": None}),
    Case("master-key", "os.environ/OTHER", MASTER, "master_key: os.environ/OTHER", words=("OTHER",)),
    Case("master-key", "LITELLM_MASTER_KEY", variables={"LITELLM_MASTER_KEY": None}, words=("does not get",)),
    Case("master-key", "sk-a-long", MASTER.replace("LITELLM", "PROXY"), "master_key: sk-a-long-literal", file="values.yaml"),
    Case("salt-key", "model_list:", variables={"LITELLM_SALT_KEY": None}, words=("encrypts",)),
    Case("salt-key", "model_list:", variables={"LITELLM_SALT_KEY": VARIABLES["LITELLM_MASTER_KEY"]}, words=("is the master key",)),
    Case("salt-key", "model_list:", variables={"LITELLM_SALT_KEY": "sk-1234"}, words=("example",)),
    Case("salt-key", "environment:", "      LITELLM_SALT_KEY: ${LITELLM_SALT_KEY:?}\n", "", file="compose.yaml"),
    Case("salt-key", "envVars:", "  - name: LITELLM_SALT_KEY\n    valueFrom:\n      secretKeyRef: {name: litellm, key: salt}\n", "", file="values.yaml"),
    Case("secret-in-file", "hunter", "REDIS_PASSWORD: ${REDIS_PASSWORD:?}", "REDIS_PASSWORD: hunter2hunter2", file="compose.yaml"),
    Case("secret-in-file", "hunter", "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}\n  redis", "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-hunter2}\n  redis", file="compose.yaml"),
    Case("secret-in-file", "hunter", "  REDIS_HOST: redis", "  REDIS_HOST: redis\n  OPENAI_API_KEY: hunter2hunter2", file="values.yaml"),
    Case("secret-in-file", "hunter", "  - name: REDIS_PASSWORD\n    valueFrom:\n      secretKeyRef: {name: redis, key: password}", "  - name: REDIS_PASSWORD\n    value: hunter2", file="values.yaml"),
    Case("secret-in-file", "masterkey: hunter", "masterkeySecretName: litellm-masterkey", "masterkey: hunter2hunter2", file="values.yaml"),
    Case("secret-in-file", "api_key: sk-abc", "api_key: os.environ/OPENAI_API_KEY", "api_key: sk-abcdefghijklmnop", words=("OPENAI_API_KEY",)),
    Case("secret-in-file", "password: 0123", "    password: os.environ/REDIS_PASSWORD", "    password: 0123456789abcdefghijklmn", words=("CACHE_PARAMS_PASSWORD",)),
    Case("secret-in-file", "KEY: sk-lf", "general_settings:\n", "environment_variables:\n  LANGFUSE_SECRET_KEY: sk-lf-0123456789\ngeneral_settings:\n", words=("LANGFUSE_SECRET_KEY",)),
    Case("secret-in-file", "api_key: sk-abc", "api_key: os.environ/OPENAI_API_KEY", "api_key: sk-abcdefghijklmnop", file="values.yaml"),
    Case("secret-in-file", "api_key: sk-abc", "api_key: os.environ/OPENAI_API_KEY", "api_key: sk-abcdefghijklmnop", of="compose.yaml"),
    Case("mock-requests", "dangerously", SLACK, f"{SLACK}  dangerously_allow_mock_testing_request_params: true\n"),
    Case("simulated-provider", "PROVIDERS_URL", "      max_tokens: 4096\n", "      api_base: os.environ/PROVIDERS_URL\n      max_tokens: 4096\n", words=("small",)),
    Case("simulated-provider", "${PROVIDERS_URL}", "      max_tokens: 4096\n", "      api_base: ${PROVIDERS_URL}/v1\n      max_tokens: 4096\n"),
    Case("pool", "database_connection_pool_limit", run={"replicas": 5, "workers": 2}, words=("5 replicas", "2 workers", "10 connections are 100 connections", "97")),
    Case("pool", "general_settings:", "  database_connection_pool_limit: 10\n", "", run={"replicas": 11}, words=("110",), also=("transaction-buffer",)),
    Case("pool", "database_connection_pool_limit", run={"replicas": 3, "workers": 2}, variables={"DATABASE_URL_READ_REPLICA": "x"}, words=("2 databases", "120")),
    Case("pool", "database_connection_pool_limit", run={"replicas": 2, "workers": 4, "database_connections": 50}, words=("47",)),
    Case("pool", "database_connection_pool_limit", "replicas: 3", "replicas: 9", file="compose.yaml", words=("180",)),
    Case("pool", "database_connection_pool_limit", "autoscaling:\n  enabled: false", "autoscaling:\n  enabled: true", file="values.yaml", words=("1,000",), also=("transaction-buffer",)),
    Case("pool", "database_connection_pool_limit", "replicaCount: 3", "replicaCount: 6\ndb: {connectionPool: {enabled: true}}", file="values.yaml", words=("6 replicas", "20 connections are 120")),
    Case("pool-at-restart", "database_connection_pool_limit", run={"replicas": 9}, words=("10 replicas", "restart")),
    Case("schema-updates", "model_list:", variables={"DISABLE_SCHEMA_UPDATE": None}, run={"replicas": 2}),
    Case("schema-updates", "environment:", 'DISABLE_SCHEMA_UPDATE: "true"', 'DISABLE_SCHEMA_UPDATE: "false"', file="compose.yaml"),
    Case("migration-job", "environment:", COMPOSE[COMPOSE.index("  migrate:") : COMPOSE.index("  postgres:\n")], "", file="compose.yaml"),
    Case("schema-updates", "envVars:", "migrationJob:\n  enabled: true", "migrationJob:\n  enabled: false", file="values.yaml"),
    Case("migration-job", "envVars:", "migrationJob:\n  enabled: true\n", "migrationJob:\n  enabled: false\n", file="values.yaml", before=("  LITELLM_MODE: PRODUCTION\n", '  LITELLM_MODE: PRODUCTION\n  DISABLE_SCHEMA_UPDATE: "true"\n'), words=("columns",)),
    Case("database-unavailable", "allow_requests", "unavailable: false", "unavailable: true"),
    Case("batch-writes", "proxy_batch_write_at", "proxy_batch_write_at: 60", "proxy_batch_write_at: 5", words=("every 5 s",)),
    Case("batch-writes", "general_settings:", "  proxy_batch_write_at: 60\n", "", words=("every 10 s",)),
    Case("transaction-buffer", "general_settings:", "database_connection_pool_limit: 10", "database_connection_pool_limit: 5", run={"replicas": 10}, words=("10 replicas",)),
    Case("spend-log-retention", "general_settings:", "  maximum_spend_logs_retention_period: 90d\n", ""),
    Case("prompts-in-database", "store_prompts", "spend_logs: false", "spend_logs: true"),
    Case("error-logs", "general_settings:", "  disable_error_logs: true\n", ""),
    Case("shared-redis", "general_settings:", CACHE, "", run={"replicas": 2}, variables={"REDIS_HOST": None}, words=("2 processes",)),
    Case("shared-redis", "general_settings:", "  cache: true", "  cache: false", run={"workers": 3}, variables={"REDIS_HOST": None}, words=("3 processes",)),
    Case("shared-redis", "general_settings:", "    type: redis\n", "    type: local\n", run={"workers": 3}, variables={"REDIS_HOST": None}),
    Case("shared-redis", "general_settings:", "    type: redis\n", "    type: redis-semantic\n", run={"workers": 3}, variables={"REDIS_HOST": None}),
    Case("redis-named", "general_settings:", CACHE, "", run={"replicas": 2}, words=("2 s",)),
    Case("redis-named", "general_settings:", "  cache: true", "  cache: false", file="values.yaml"),
    Case("redis-url", "redis_url", "router_settings:\n", "router_settings:\n  redis_url: os.environ/REDIS_URL\n"),
    Case("redis-url", "    url:", HOST, "    url: os.environ/REDIS_URL\n"),
    Case("redis-url", "cache_params:", HOST, "", variables={"REDIS_URL": "redis://x"}),
    Case("redis-url", "url: os", "general_settings:\n", "general_settings:\n  coordination_redis:\n    url: os.environ/REDIS_URL\n"),
    Case("cache-ttl", "cache_params:", "    ttl: 600\n", ""),
    Case("cache-memory", "cache_params:", "    default_in_memory_ttl: 5\n", "", run={"workers": 2}),
    Case("request-timeout", "litellm_settings:", "  request_timeout: 600\n", "", words=("6,000",)),
    Case("request-timeout", "request_timeout", "request_timeout: 600", "request_timeout: 7200", words=("7,200",)),
    Case("request-timeout", "  timeout: 3000", "router_settings:\n", "router_settings:\n  timeout: 3000\n", words=("3,000",)),
    Case("routing-strategy", "usage-based", "simple-shuffle", "usage-based-routing-v2"),
    Case("routing-strategy", "usage-based", "  fallbacks:\n", "  routing_groups:\n    - group_name: x\n      models: [small]\n      routing_strategy: usage-based-routing\n  fallbacks:\n"),
    Case("fallback-to-itself", "small: [small]", "[large]", "[small]"),
    Case("fallback-to-itself", "small: [large, small]", "[large]", "[large, small]"),
    Case("fallback-to-itself", "small: [mini]", "  fallbacks:\n    - small: [large]\n", "  model_group_alias: {mini: small}\n  fallbacks:\n    - small: [mini]\n"),
    Case("cooldown", "small: [large]", "  allowed_fails: 1\n", "", words=("small",)),
    Case("cooldown", "small: [large]", "allowed_fails: 1", "allowed_fails: 3"),
    Case("key-end", "upperbound_key", "    duration: 90d\n", ""),
    Case("key-budget", "upperbound_key", "    max_budget: 3\n", ""),
    Case("reserved-tokens", "model_name: small", "    model_info:\n      max_output_tokens: 4096\n", "", words=("small", "3.3 USD", "is 3 USD")),
    Case("reserved-tokens", "model_name: large", "max_budget: 3", "max_budget: 1", words=("large",), of="config.yaml"),
    Case("reserved-tokens", "model_name: small", "      max_tokens: 4096\n    model_info:\n      max_output_tokens: 4096\n", ""),
    Case("verbose", "set_verbose: true", "set_verbose: false", "set_verbose: true"),
    Case("verbose", "set_verbose: true", "router_settings:\n", "router_settings:\n  set_verbose: true\n"),
    Case("verbose", "model_list:", variables={"LITELLM_LOG": "debug"}),
    Case("verbose", "environment:", "LITELLM_LOG: ERROR", "LITELLM_LOG: DEBUG", file="compose.yaml"),
    Case("log-level", "model_list:", variables={"LITELLM_LOG": None}),
    Case("log-level", "envVars:", "logLevel: ERROR\n", "", file="values.yaml"),
    Case("log-level", "environment:", "      LITELLM_LOG: ERROR\n", "", file="compose.yaml"),
    Case("json-logs", "litellm_settings:", "  json_logs: true\n", ""),
    Case("alerting", "general_settings:", SLACK, ""),
    Case("alerting", "alerting: []", "alerting: [slack]", "alerting: []"),
    Case("alert-address", "alerting: [slack]", variables={"SLACK_WEBHOOK_URL": None}),
    Case("alert-address", "alerting: [slack, webhook]", "[slack]", "[slack, webhook]", words=("WEBHOOK_URL",)),
    Case("tracing", "litellm_settings:", "  success_callback: [langfuse]\n  failure_callback: [langfuse]\n", ""),
    Case("tracing", "litellm_settings:", "  failure_callback: [langfuse]\n", "", words=("failed",)),
    Case("tracing", "success_callback: [prom", "success_callback: [langfuse]", "success_callback: [prometheus]"),
    Case("dotenv", "model_list:", variables={"LITELLM_MODE": None}),
    Case("dotenv", "model_list:", variables={"LITELLM_MODE": "DEV"}),
    Case("dotenv", "environment:", "      LITELLM_MODE: PRODUCTION\n", "", file="compose.yaml"),
    Case("dotenv", "envVars:", "  LITELLM_MODE: PRODUCTION\n", "", file="values.yaml"),
    Case("trusted-proxies", "general_settings:", '  trusted_proxy_ranges: ["10.0.0.0/8"]\n', ""),
    Case("health-app", "model_list:", variables={"SEPARATE_HEALTH_APP": None}),
    Case("image-digest", "image: redis:8", "redis:8.2.3", "redis:8", file="compose.yaml", words=("redis:8",)),
    Case("image-digest", "image: ghcr", f"@sha256:{'b' * 64}", "", file="compose.yaml"),
    Case("image-digest", "tag: v1", f"@sha256:{'b' * 64}", "", file="values.yaml"),
    Case("image-digest", "image:", f"  tag: v1.106.12@sha256:{'b' * 64}\n", "", file="values.yaml"),
    Case("redis-version", "redis:6.2.14", "redis:8.2.3", "redis:6.2.14", file="compose.yaml"),
    Case("redis-version", "tag: 6.2", "logLevel: ERROR\n", "logLevel: ERROR\nredis: {enabled: true, image: {tag: 6.2.14}}\n", file="values.yaml"),
    Case("stop-time", "gateway:", "    stop_grace_period: 90s\n", "", file="compose.yaml", words=("10 s",)),
    Case("stop-time", "stop_grace_period: 5s", "90s", "5s", file="compose.yaml", words=("5 s",)),
    Case("stop-time", "Seconds: 20", "Seconds: 90", "Seconds: 20", file="values.yaml", words=("20 s",)),
    Case("memory", "limits: {memory: 4g}", "memory: 8g", "memory: 4g", file="compose.yaml", words=("here 8",)),
    Case("memory", "memory: 512Mi", "memory: 4Gi", "memory: 512Mi", file="values.yaml"),
    Case("memory-target", "targetMemory", "  enabled: false\nlive", "  enabled: false\n  targetMemoryUtilizationPercentage: 80\nlive", file="values.yaml"),
    Case("simulated-provider", "http://127.0.0.1:4010/v1", "      max_tokens: 4096\n", "      api_base: http://127.0.0.1:4010/v1\n      max_tokens: 4096\n", variables={"PROVIDERS_URL": "http://127.0.0.1:4010"}),
    Case("probe", "urlopen", "/health/readiness", "/health", file="compose.yaml"),
    Case("probe", "path: /health\n", "path: /health/liveliness", "path: /health", file="values.yaml"),
]  # fmt: skip


def _id(case: Case) -> str:
    changed = case.new or case.old or ", ".join(case.variables) or str(case.run)
    return f"{case.code}-{case.checked}-{' '.join(changed.split())[:30]}"


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("run", [{}, {"replicas": 2}, {"replicas": 4, "workers": 1}])
def test_no_false_alarm_for_a_file_that_follows_every_rule(
    tmp_path: Path, file: str, run: dict[str, int]
) -> None:
    variables = write(tmp_path)
    case = Case("", "", file=file, run=run)
    assert [str(finding) for finding in check(tmp_path, case, variables)] == []


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_broken_rule_is_found_at_its_line_and_its_mend_ends_it(tmp_path: Path, case: Case) -> None:
    variables = write(tmp_path, case)
    found = check(tmp_path, case, variables)
    hits = [finding for finding in found if finding.code == case.code]
    assert hits, [str(finding) for finding in found]
    rule = next(rule for rule in RULES if rule.code == case.code)
    for hit in hits:
        assert (hit.level, hit.source) == (rule.level, rule.source)
        assert hit.message.endswith(".")
        assert hit.fix
        assert "\n" not in f"{hit.message}{hit.fix}"
        assert isinstance(hit, ProductionFinding)
        assert "abcdefgh" not in str(hit)  # no secret is repeated
        assert "hunter2" not in str(hit)
    file = Path(hits[0].file) if hits[0].file else tmp_path / case.checked
    assert case.at in f"{file.read_text().splitlines()[hits[0].line - 1]}\n"
    for word in case.words:
        assert any(word in hit.message for hit in hits), hits
    assert {finding.code for finding in found} == {case.code, *case.also}
    assert [str(finding) for finding in mended(tmp_path, case, variables, found)] == []


def test_each_rule_has_a_case() -> None:
    assert {case.code for case in CASES} == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)


def test_a_small_reservation_beside_a_large_budget_is_no_finding(tmp_path: Path) -> None:
    """For gpt-3.5-turbo LiteLLM's price list has at most 4,096 tokens, for gpt-4o-mini a low price."""
    case = next(case for case in CASES if case.code == "reserved-tokens")
    variables = write(tmp_path, case)
    path = tmp_path / "config.yaml"
    text = path.read_text()
    for model in ("gpt-3.5-turbo", "gpt-4o-mini", "a-model-without-a-price"):
        path.write_text(text.replace("openai/gpt-5", f"openai/{model}"))
        assert check(tmp_path, case, variables) == []
    path.write_text(text.replace("max_budget: 3", "max_budget: 100"))
    assert check(tmp_path, case, variables) == []


def test_a_budget_below_any_reservation_has_to_be_raised(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.code == "reserved-tokens")
    variables = write(tmp_path, case)
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text().replace("max_budget: 3", "max_budget: 0.01"))
    small = check(tmp_path, case, variables)[0]
    assert small.fix == "Raise the smallest budget above 3.3 USD."


def test_a_rule_that_is_ignored_is_not_told(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.code == "verbose")
    variables = write(tmp_path, case)
    assert check_production(tmp_path / "config.yaml", variables, ignore=["verbose"]) == []


@pytest.mark.parametrize("name", sorted({name for rule in RULES for name in rule.reads}))
def test_the_installed_litellm_still_reads_what_a_rule_is_about(name: str) -> None:
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    assert any(word.search(text) for text in _files_with(name)), name


def test_the_page_has_each_rule_with_its_level_and_source() -> None:
    page = (ROOT / "docs" / "production.md").read_text()
    sections = dict(re.findall(r"^### `([\w-]+)`(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL))
    assert set(sections) == {rule.code for rule in RULES}
    for rule in RULES:
        assert sections[rule.code].startswith(f", {rule.level}\n"), rule.code
        assert f"<{rule.source}>" in sections[rule.code], rule.code
        assert "```" in sections[rule.code], rule.code
    for level in ("error", "warning", "advice"):
        (row,) = re.findall(rf"^\| {level} \| (`.*) \|$", page, re.MULTILINE)
        assert row == ", ".join(f"`{code}`" for code in sorted(r.code for r in RULES if r.level == level))


def test_values_of_a_chart_within_a_chart_are_found_too(tmp_path: Path) -> None:
    indented = "".join(
        f"  {line}\n" for line in VALUES.replace("logLevel: ERROR", "logLevel: DEBUG").splitlines()
    )
    (tmp_path / "values.yaml").write_text(f"litellm:\n{indented}")
    (finding,) = check_production(tmp_path / "values.yaml", {})
    assert finding.code == "verbose"
    assert "under `litellm: envVars:`" in finding.fix
