"""What the check for production reads: includes, JSON, variables, and the many ways to write a Compose file."""

# ruff: noqa: E501  # a table with one case a line is easier to read than wrapped cases

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.configuration.findings import Finding
from gateway_kit.stack.configuration.production import check_production
from gateway_kit.stack.configuration.production.interpolation import interpolated
from gateway_kit.stack.configuration.production.ordinary import check_ordinary
from gateway_kit.stack.configuration.production.secret_names import is_secret
from gateway_kit.stack.exporting.helm import helm_files
from gateway_kit.stack.exporting.production_config import production_config
from tests.production_cases import COMPOSE, CONFIG, VALUES, VARIABLES, write
from tests.unit.exported import stack_with

FUZZED = settings(max_examples=30)
LEVELS = ("error", "warning", "advice")


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def in_compose(folder: Path, old: str, new: str, **variables: str) -> list[Finding]:
    write(folder)
    assert old in COMPOSE
    path = folder / "compose.yaml"
    path.write_text(COMPOSE.replace(old, new))
    return check_production(path, variables)


def test_a_setting_of_an_included_file_counts_and_a_finding_names_that_file(tmp_path: Path) -> None:
    head, general = CONFIG.split("general_settings:")
    (tmp_path / "general.yaml").write_text(f"# settings\ngeneral_settings:{general}")
    (tmp_path / "config.yaml").write_text(f"include: [general.yaml]\n{head}")
    assert check_production(tmp_path / "config.yaml", VARIABLES) == []
    broken = general.replace("proxy_batch_write_at: 60", "proxy_batch_write_at: 5")
    (tmp_path / "general.yaml").write_text(f"# settings\ngeneral_settings:{broken}")
    (finding,) = check_production(tmp_path / "config.yaml", VARIABLES)
    assert (finding.code, finding.line) == ("batch-writes", 4)
    assert Path(finding.file).name == "general.yaml"


def test_json_is_read_with_its_lines(tmp_path: Path) -> None:
    config = yaml.safe_load(CONFIG)
    config["litellm_settings"]["set_verbose"] = True
    text = json.dumps(config, indent=2)
    (tmp_path / "config.json").write_text(text)
    (finding,) = check_production(tmp_path / "config.json", VARIABLES)
    assert finding.code == "verbose"
    assert '"set_verbose": true' in text.splitlines()[finding.line - 1]


def test_a_value_of_a_variable_is_the_value(tmp_path: Path) -> None:
    text = CONFIG.replace("proxy_batch_write_at: 60", "proxy_batch_write_at: os.environ/BATCH")
    text = text.replace("set_verbose: false", "set_verbose: os.environ/VERBOSE")
    (tmp_path / "config.yaml").write_text(text)

    def check(**more: str) -> list[str]:
        return codes(check_production(tmp_path / "config.yaml", {**VARIABLES, **more}))

    assert check(BATCH="60", VERBOSE="False") == []
    assert check(BATCH="9", VERBOSE="true") == ["verbose", "batch-writes"]
    assert check() == []  # what cannot be seen is no finding; the ordinary check says what is not set


def test_variables_that_the_configuration_sets_count_unless_they_are_read_before_it(tmp_path: Path) -> None:
    declared = "environment_variables:\n  SLACK_WEBHOOK_URL: https://x\n  LITELLM_MODE: PRODUCTION\n"
    (tmp_path / "config.yaml").write_text(CONFIG + declared)
    variables = {k: v for k, v in VARIABLES.items() if k not in ("SLACK_WEBHOOK_URL", "LITELLM_MODE")}
    assert codes(check_production(tmp_path / "config.yaml", variables)) == ["dotenv"]


def test_variables_stand_for_settings(tmp_path: Path) -> None:
    text = CONFIG.replace("  proxy_batch_write_at: 60\n", "").replace("  json_logs: true\n", "")
    text = text.replace("  request_timeout: 600\n", "")
    (tmp_path / "config.yaml").write_text(text)
    more = {"PROXY_BATCH_WRITE_AT": "60", "JSON_LOGS": "True", "REQUEST_TIMEOUT": "300"}
    assert check_production(tmp_path / "config.yaml", {**VARIABLES, **more}) == []
    wrong = {**more, "PROXY_BATCH_WRITE_AT": "often", "JSON_LOGS": "0"}
    findings = check_production(tmp_path / "config.yaml", {**VARIABLES, **wrong})
    assert sorted(codes(findings)) == ["batch-writes", "json-logs"]


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert codes(check_production(tmp_path / "none.yaml", {})) == ["unreadable"]
    for text, code in (("- a\n", "shape"), ("", "shape"), ("a: [\n", "yaml")):
        (tmp_path / "config.yaml").write_text(text)
        assert codes(check_production(tmp_path / "config.yaml", {})) == [code]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("./config.yaml:/app/config.yaml:ro", "{type: bind, source: ./config.yaml, target: /app/config.yaml}"),
        ('["--config", "/app/config.yaml", "--port", "4000", "--num_workers", "2"]', "--config=/app/config.yaml --num_workers 2"),
        ("    volumes:\n      - ./config.yaml:/app/config.yaml:ro\n", "    configs: [{source: litellm, target: /app/config.yaml}]\n"),
    ],
)  # fmt: skip
def test_the_configuration_of_a_compose_file_is_found(tmp_path: Path, old: str, new: str) -> None:
    tail = "\nconfigs:\n  litellm:\n    file: ./config.yaml\n"
    write(tmp_path)
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE.replace(old, new) + tail)
    assert [str(finding) for finding in check_production(path, {})] == []
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("set_verbose: false", "set_verbose: true"))
    (finding,) = check_production(path, {})
    assert (finding.code, finding.file) == ("verbose", str(config))
    assert finding.line == CONFIG[: CONFIG.index("set_verbose")].count("\n") + 1


def test_a_configuration_within_the_compose_file_has_its_lines_there(tmp_path: Path) -> None:
    config = CONFIG.replace("set_verbose: false", "set_verbose: true")
    content = "".join(f"      {line}\n" for line in config.splitlines())
    text = COMPOSE.replace(
        "    volumes:\n      - ./config.yaml:/app/config.yaml:ro\n",
        "    configs: [{source: litellm, target: /app/config.yaml}]\n",
    )
    text += f"configs:\n  litellm:\n    content: |\n{content}"
    (tmp_path / "compose.yaml").write_text(text)
    (finding,) = check_production(tmp_path / "compose.yaml", {})
    assert finding.code == "verbose"
    assert "set_verbose: true" in text.splitlines()[finding.line - 1]


def test_a_list_of_variables_is_read_and_mended_as_a_list(tmp_path: Path) -> None:
    environment = COMPOSE.split("    environment:\n")[1].split("    volumes:")[0]
    names = {
        k.strip(): v.strip().strip('"') for k, v in (line.split(": ", 1) for line in environment.splitlines())
    }
    listed = "".join(f'      - "{name}={value}"\n' for name, value in names.items() if name != "LITELLM_MODE")
    (finding,) = in_compose(tmp_path, environment, listed)
    assert finding.code == "dotenv"
    assert "Add `- LITELLM_MODE=PRODUCTION` under `services: gateway: environment:`" in finding.fix
    secret = listed.replace("${REDIS_PASSWORD:?}", "hunter2hunter2") + '      - "LITELLM_MODE=PRODUCTION"\n'
    (finding,) = in_compose(tmp_path, environment, secret)
    assert finding.code == "secret-in-file"
    assert "hunter2" not in str(finding)


def test_variables_come_from_an_env_file(tmp_path: Path) -> None:
    environment = COMPOSE.split("    environment:\n")[1].split("    volumes:")[0]
    (tmp_path / "gateway.env").write_text("".join(f"{name}={value}\n" for name, value in VARIABLES.items()))
    new = "    env_file: [gateway.env]\n"
    assert in_compose(tmp_path, f"    environment:\n{environment}", new) == []
    (tmp_path / "gateway.env").unlink()  # it may hold anything, so nothing can be said of variables
    assert in_compose(tmp_path, f"    environment:\n{environment}", new) == []
    optional = "    env_file: {path: gateway.env, required: false}\n"
    assert "salt-key" in codes(in_compose(tmp_path, f"    environment:\n{environment}", optional))


def test_the_variables_of_whoever_starts_the_file_are_filled_in(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "compose.yaml"
    given = {"LITELLM_MASTER_KEY": "sk-" + "m" * 30, "LITELLM_SALT_KEY": "sk-" + "m" * 30}
    assert check_production(path, {}) == []
    assert codes(check_production(path, given)) == ["salt-key"]
    assert codes(in_compose(tmp_path, "LITELLM_LOG: ERROR", "LITELLM_LOG: ${LEVEL:-DEBUG}")) == ["verbose"]
    assert in_compose(tmp_path, "LITELLM_LOG: ERROR", "LITELLM_LOG: ${LEVEL:-DEBUG}", LEVEL="ERROR") == []


def test_a_compose_file_without_a_gateway_or_configuration_says_so(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: nginx\n")
    (finding,) = check_production(tmp_path / "compose.yaml", {})
    assert (finding.code, finding.line) == ("no-gateway", 1)
    (finding,) = in_compose(tmp_path, "./config.yaml:", "./missing.yaml:")
    assert finding.code == "no-configuration"
    assert "missing.yaml" in finding.message
    (finding,) = in_compose(tmp_path, "      - ./config.yaml:/app/config.yaml:ro\n", "      - data:/data\n")
    assert finding.code == "no-configuration"
    assert "/app/config.yaml" in finding.message


@pytest.mark.parametrize(
    "command", ["[]", "[1, null, {a: b}]", '"unclosed \\"quote"', "[--config]", "[--num_workers=]"]
)
def test_any_command_is_read(tmp_path: Path, command: str) -> None:
    old = '["--config", "/app/config.yaml", "--port", "4000", "--num_workers", "2"]'
    assert in_compose(tmp_path, old, command) == []  # one worker, and the one configuration that is mounted


def test_gateways_of_several_services_are_counted_together(tmp_path: Path) -> None:
    second = COMPOSE.split("services:\n")[1].split("  migrate:")[0].replace("  gateway:", "  gateway-2:", 1)
    (finding,) = in_compose(tmp_path, "  migrate:", f"{second}  migrate:")
    assert finding.code == "pool"
    assert "6 replicas" in finding.message
    assert "2 workers" in finding.message


def test_options_outrank_the_file(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "compose.yaml"
    (finding,) = check_production(path, {}, replicas=9, workers=1)
    assert finding.code == "pool-at-restart"
    assert check_production(path, {}, replicas=9, workers=1, database_connections=500) == []


def test_a_secret_of_the_values_may_hold_any_variable(tmp_path: Path) -> None:
    text = VALUES[: VALUES.index("extraEnvVars:")] + VALUES[VALUES.index("migrationJob:") :]
    (tmp_path / "values.yaml").write_text(text)
    without = codes(check_production(tmp_path / "values.yaml", {}))
    assert sorted(without) == ["alert-address", "salt-key"]
    (tmp_path / "values.yaml").write_text(f"environmentSecrets: [litellm-env]\n{text}")
    assert check_production(tmp_path / "values.yaml", {}) == []


def test_values_are_merged_as_helm_does(tmp_path: Path) -> None:
    write(tmp_path)
    first, second = tmp_path / "values.yaml", tmp_path / "more.yaml"

    def check(text: str) -> list[Finding]:
        second.write_text(text)
        return check_production(first, {}, values=[second])

    assert check("image: {pullPolicy: Always}\nresources: {requests: {cpu: 1}}\n") == []
    (finding,) = check("# a comment\nautoscaling:\n  enabled: true\n  maxReplicas: 9\n")
    assert finding.code == "pool-at-restart"
    (finding,) = check("# a comment\nproxy_config:\n  litellm_settings:\n    set_verbose: true\n")
    assert (finding.code, finding.file, finding.line) == ("verbose", str(second), 4)
    (finding,) = check("resources: null\nterminationGracePeriodSeconds: 3\n")
    assert (finding.code, finding.file, finding.line) == ("stop-time", str(second), 2)
    # A list replaces the first one, and with it every variable in it.
    assert sorted(codes(check("extraEnvVars: [{name: A, value: b}]"))) == ["alert-address", "salt-key"]
    assert codes(check("- a\n")) == ["shape"]
    for check_anything in (
        check_production,
        lambda path, env, values: check_ordinary(path, env, env, values=values),
    ):
        (finding,) = check_anything(tmp_path / "compose.yaml", {}, values=[second])
        assert "no values" in finding.message
    assert codes(check_production(first, {}, values=[tmp_path / "none.yaml"])) == ["unreadable"]


@pytest.mark.parametrize("replicas", [1, 4])
def test_what_is_exported_for_helm_has_no_findings(tmp_path: Path, replicas: int) -> None:
    """With the values for production over the others, as the export's README has Helm take them."""
    made = replace(production_config(stack_with(tmp_path / "home")), replicas=replicas)
    for name, text in helm_files(made).items():
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    more = [tmp_path / "out" / "litellm-production.yaml"]
    path = tmp_path / "out" / "litellm-values.yaml"
    assert [str(finding) for finding in check_production(path, {}, values=more)] == []
    assert [str(finding) for finding in check_ordinary(path, {}, {}, values=more)] == []


def test_values_without_a_configuration_say_which_file_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "more.yaml"
    path.write_text("autoscaling: {enabled: true}\nresources: {}\n")
    for findings in (check_production(path, {}), check_ordinary(path, {}, {})):
        assert codes(findings) == ["no-configuration"]
        assert "--values more.yaml" in findings[0].fix


def test_the_environment_says_nothing_of_values_and_compose_files(tmp_path: Path) -> None:
    """They run elsewhere: a variable that is set here does not help there."""
    write(tmp_path)
    path = tmp_path / "values.yaml"
    path.write_text(VALUES.replace("  LITELLM_MODE: PRODUCTION\n", ""))
    assert codes(check_production(path, {"LITELLM_MODE": "PRODUCTION"})) == ["dotenv"]


def test_the_ordinary_check_reads_the_configuration_within(tmp_path: Path) -> None:
    write(tmp_path)
    config = tmp_path / "config.yaml"
    for name in ("compose.yaml", "values.yaml"):
        findings = check_ordinary(tmp_path / name, {}, {})
        assert {finding.code for finding in findings} == {"missing-variable", "callback-variables"}, findings
        assert "OPENAI_API_KEY" in findings[0].message
        assert "export" not in findings[0].fix
    config.write_text(CONFIG.replace("openai/gpt-5", "opnai/gpt-5"))
    findings = check_ordinary(tmp_path / "compose.yaml", {}, {})
    wrong = next(finding for finding in findings if "opnai" in finding.message)
    assert (wrong.level, wrong.line, wrong.file) == ("error", 4, str(config))
    values = VALUES.replace("openai/gpt-5", "opnai/gpt-5")
    (tmp_path / "values.yaml").write_text(values)
    wrong = next(f for f in check_ordinary(tmp_path / "values.yaml", {}, {}) if "opnai" in f.message)
    assert "opnai" in values.splitlines()[wrong.line - 1]


def test_what_a_secret_gives_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(f"environmentSecrets: [providers]\n{VALUES}")
    assert check_ordinary(tmp_path / "values.yaml", {}, {}) == []


def test_production_may_have_a_master_key_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("LITELLM_MASTER_KEY", "PROXY_MASTER_KEY"))
    env = {**VARIABLES, "PROXY_MASTER_KEY": "sk-" + "p" * 30, "OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x"}
    assert "master-key" in codes(check_ordinary(path, env, env))
    assert "master-key" not in codes(check_ordinary(path, env, env, for_kit=False))


def test_secrets_by_name_and_by_look() -> None:
    for name, value in (
        ("REDIS_PASSWORD", "hunter2"), ("OPENAI_API_KEY", "x-y-z"), ("SALT", "abc"), ("URL", "redis://:pw@host"),
        ("ANYTHING", "sk-abcdefghij"), ("nextauth_secret", "secret"),
    ):  # fmt: skip
        assert is_secret(name, value), name
    for name, value in (
        ("REDIS_PASSWORD", "${REDIS_PASSWORD:?}"), ("LANGFUSE_PUBLIC_KEY", "pk-lf-1234567890"), ("TOKEN_COUNT", "x"),
        ("API_KEY", "os.environ/KEY"), ("TLS_KEY", "/run/secrets/tls"), ("PASSWORD", ""), ("KEYBOARD", "qwerty"),
        ("URL", "https://host/path"), ("USE_AUTH", "true"),
    ):  # fmt: skip
        assert not is_secret(name, value), name


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"), ("$$5", "$5"), ("${A}", "1"), ("$A-x", "1-x"), ("${B}", None), ("${B:?set it}", None),
        ("${B:-d}", "d"), ("${B-d}", "d"), ("${E:-d}", "d"), ("${E-d}", ""), ("${A:-d}${B:-e}", "1e"), ("${A:+y}", "y"),
    ],
)  # fmt: skip
def test_interpolation(text: str, result: str | None) -> None:
    assert interpolated(text, {"A": "1", "E": ""}) == result


WORDS = sorted(
    {
        key
        for text in (CONFIG, COMPOSE, VALUES)
        for key in text.replace(":", " ").split()
        if key.isidentifier()
    }
)
keys = st.sampled_from(WORDS) | st.text(max_size=4) | st.integers() | st.booleans() | st.none()
anything = st.recursive(
    keys | st.floats() | st.dates() | st.sampled_from(["os.environ/X", "${X}", "", "sk-123456789"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=25,
)
sections = st.fixed_dictionaries({}, optional=dict.fromkeys(WORDS, anything))


def assert_sound(folder: Path, text: str) -> None:
    path = folder / "any.yaml"
    path.write_text(text, encoding="utf-8")
    lines = len(text.splitlines()) + 1
    for finding in check_production(path, {}, replicas=11, workers=2):
        assert finding.level in LEVELS
        assert finding.file or 1 <= finding.line <= lines
        assert finding.message
        assert finding.fix


@FUZZED
@given(document=sections)
def test_any_document_with_known_keys(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    assert_sound(tmp_path_factory.getbasetemp(), yaml.safe_dump(document, allow_unicode=True))


@FUZZED
@given(
    which=st.sampled_from([CONFIG, COMPOSE, VALUES]),
    path=st.lists(st.integers(0, 30), min_size=1, max_size=5),
    value=anything,
)
def test_a_good_file_with_any_value_anywhere(
    tmp_path_factory: pytest.TempPathFactory, which: str, path: list[int], value: object
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "config.yaml").write_text(CONFIG)
    document = yaml.safe_load(which)
    place = document
    for number in path[:-1]:
        inner = list(place.values()) if isinstance(place, dict) else place
        inner = [each for each in inner if isinstance(each, dict | list) and each]
        if not inner:
            break
        place = inner[number % len(inner)]
    if isinstance(place, dict):
        place[list(place)[path[-1] % len(place)]] = value
    else:
        place[path[-1] % len(place)] = value
    assert_sound(folder, yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
