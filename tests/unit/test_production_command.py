"""`gateway-kit config check --production` and `--json`, and the table of `gateway.stack`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway_kit.cli import main
from gateway_kit.gateway.stack import FINDINGS, StackClient
from tests.production_cases import CONFIG, VARIABLES, write
from tests.unit.exported import stack_with

# What the ordinary check asks for besides.
KEYS = {"OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x", "GATEWAY_HOME": "", "LANGFUSE_HOST": "http://x"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    variables = {**write(tmp_path), **KEYS, "GATEWAY_HOME": str(tmp_path / "home")}
    del variables["LITELLM_MASTER_KEY"], variables["LITELLM_SALT_KEY"]

    def check(*arguments: str, **more: str) -> Result:
        for name, value in {**variables, **more}.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, ["config", "check", *arguments], catch_exceptions=False)

    return check


SECRETS = {name: VARIABLES[name] for name in ("LITELLM_MASTER_KEY", "LITELLM_SALT_KEY")}


def test_findings_have_line_reason_mend_and_source(run, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("proxy_batch_write_at: 60", "proxy_batch_write_at: 10"))
    done = run(str(path), "--production", "--replicas", "2", **SECRETS)
    assert done.exit_code == 0, done.output
    line = CONFIG[: CONFIG.index("proxy_batch")].count("\n") + 1
    assert done.output.splitlines() == [
        f"{path}:{line}: warning: each worker writes what was spent every 10 s: the rows of keys and teams become the "
        "database's busiest. [batch-writes]",
        "    fix: Write `proxy_batch_write_at: 60` under `general_settings:`.",
        "    source: https://docs.litellm.ai/docs/proxy/prod#batch-spend-writes",
        f"{path}: 0 errors, 1 warning",
    ]
    assert f"{path}: fine" in run(str(path), **SECRETS).output


def test_an_error_is_the_exit_code(run, tmp_path: Path) -> None:
    path = str(tmp_path / "config.yaml")
    assert run(path, "--production", **SECRETS).output == f"{path}: fine\n"
    without = {**SECRETS, "LITELLM_SALT_KEY": ""}
    done = run(path, "--production", **without)
    assert done.exit_code == 1
    assert "[salt-key]" in done.output
    assert run(path, "--production", "--ignore", "salt-key", **without).exit_code == 0
    assert run(path, **without).exit_code == 0


def test_json_for_ci(run, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("openai/gpt-5", "opnai/gpt-5"))
    done = run(str(path), "--production", "--workers", "20", "--json", **SECRETS)
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["file"], told["errors"], told["warnings"], told["advice"]) == (str(path), 2, 0, 0)
    ordinary, pool = told["findings"]
    assert ordinary["source"] is None
    assert ordinary["steps"] == []
    assert (pool["code"], pool["level"]) == ("pool", "error")
    assert pool["steps"] == [{"write": ["general_settings", "database_connection_pool_limit"], "value": 4}]
    assert pool["source"].startswith("https://")
    without = json.loads(run(str(path), "--json", **SECRETS).output)
    assert without["findings"] == [ordinary]


@pytest.mark.parametrize(
    "arguments", [("--replicas", "2"), ("--ignore", "pool"), ("--database-connections", "9")]
)
def test_options_of_production_need_it(run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(str(tmp_path / "config.yaml"), *arguments)
    assert done.exit_code == 2
    assert "--production" in done.output


def test_an_unknown_rule_is_refused_with_those_that_there_are(run, tmp_path: Path) -> None:
    done = run(str(tmp_path / "config.yaml"), "--production", "--ignore", "saltkey")
    assert done.exit_code == 2
    assert "no rule saltkey" in done.output
    assert "salt-key" in done.output


def test_a_missing_file_is_told_once(run, tmp_path: Path) -> None:
    done = run(str(tmp_path / "none.yaml"), "--production")
    assert done.exit_code == 1
    assert done.output.count("does not exist") == 1


def test_the_configuration_in_force_is_judged_by_what_up_gives_it(tmp_path: Path) -> None:
    """Its variables and numbers are those of the stack; that its providers are simulated is what has to change."""
    stack_with(tmp_path / "home", replicas=2, workers=6)
    done = CliRunner().invoke(
        main, ["config", "check", "--production", "--json"], env={"GATEWAY_HOME": str(tmp_path / "home")}
    )
    told = json.loads(done.output)
    by_code = {finding["code"]: finding for finding in told["findings"]}
    assert done.exit_code == 1
    assert "2 replicas" in by_code["pool"]["message"]
    assert "6 workers" in by_code["pool"]["message"]
    assert "simulator" in by_code["simulated-provider"]["message"]
    assert not {"master-key", "salt-key", "schema-updates", "shared-redis"} & set(by_code)


def test_the_table_has_what_the_command_says(tmp_path: Path) -> None:
    variables = {**write(tmp_path), **KEYS, "GATEWAY_HOME": str(tmp_path / "home")}
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("set_verbose: false", "set_verbose: true"))
    stack = StackClient(variables)
    frame = stack.production_findings(path, replicas=3, workers=4)
    assert list(frame.columns) == FINDINGS.columns
    assert frame.dtypes.astype(str).to_dict() == FINDINGS.dtypes
    assert list(frame["rule"]) == ["verbose", "pool"]
    assert set(frame["level"]) == {"error"}
    assert frame["file"].unique().tolist() == [str(path)]
    assert stack.production_findings(path, ignore=["verbose"]).empty
