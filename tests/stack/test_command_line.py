"""The command line as scripts, notebooks and CI rely on it, on a running stack."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import redis

from gateway_kit.stack.supervisor.probes import redis_ok
from tests.conftest import CLI, OWN, Cli


def rows(cli: Cli) -> dict[str, dict[str, object]]:
    result = cli.json("status")
    assert isinstance(result, list)
    return {row["service"]: row for row in result}


def pids(cli: Cli) -> dict[str, object]:
    return {name: row["pid"] for name, row in rows(cli).items()}


def test_status_has_a_row_for_each_service_in_order(cli: Cli):
    result = cli.json("status")
    assert [row["service"] for row in result] == [*OWN, "semantic", "lab"]
    for row in result:
        assert {"service", "state", "url", "pid", "uptime_s", "rss_mb", "version", "log"} <= set(row)


def test_a_running_service_has_a_process_uptime_and_memory(cli: Cli):
    by_service = rows(cli)
    for name in OWN:
        row = by_service[name]
        assert row["state"] == "running", row
        assert psutil.Process(row["pid"]).is_running()
        assert 0 < row["uptime_s"] < 3600
        assert 1 < row["rss_mb"] < 1600
        assert row["version"]
        assert Path(str(row["log"])).is_file()
        assert "127.0.0.1" in str(row["url"])
    assert by_service["lab"]["state"] == "stopped"
    assert by_service["lab"]["pid"] is None
    assert Path(str(by_service["gateway"]["log"])).name == "llm-gateway.log"


def test_the_whole_stack_fits_in_the_documented_memory(cli: Cli):
    roots = [psutil.Process(pid) for pid in pids(cli).values() if pid is not None]
    processes = [process for root in roots for process in (root, *root.children(recursive=True))]
    # PSS divides shared pages among their processes; otherwise each PostgreSQL process would count the buffers.
    taken = {f"{process.name()} {process.pid}": process.memory_full_info().pss / 1e6 for process in processes}
    assert sum(taken.values()) < 1400, f"MB: {taken}"


def test_status_shows_which_models_are_simulated(cli: Cli):
    models = {m["model_name"]: m for m in rows(cli)["gateway"]["models"]}
    assert models["gpt-4o-mini"]["simulated"] is True
    assert models["gpt-4o-mini"]["provider"] == "openai"
    assert models["smollm2"]["simulated"] is False
    shown = cli("status").stdout
    assert "gpt-4o-mini" in shown
    assert "simulated" in shown


def test_redis_is_asked_without_its_client_whose_import_would_take_as_long_as_the_rest_of_status(cli: Cli):
    code = (
        "import sys; from gateway_kit.cli import main; main(['status'], standalone_mode=False);"
        "sys.exit('redis' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=cli.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ["redis", "running"] in [line.split()[:2] for line in done.stdout.splitlines()]
    url = cli.variables()["REDIS_URL"]
    password = str(urlsplit(url).password)
    assert redis_ok(url)
    assert redis_ok(url.replace(f":{password}@", f"default:{password}@"))
    assert not redis_ok(url.replace(password, "another"))
    assert not redis_ok(url.replace(f":{password}@", ""))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not redis_ok(f"redis://127.0.0.1:{silent.getsockname()[1]}")


def test_env_has_what_clients_need(cli: Cli):
    env = cli.json("env")
    assert list(env) == [
        "GATEWAY_URL", "LITELLM_MASTER_KEY", "GATEWAY_API_KEY", "LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY",
        "LANGFUSE_SECRET_KEY", "REDIS_URL", "DATABASE_URL", "PROVIDERS_URL", "CHAT_MODEL_URL", "EMBEDDINGS_URL",
    ]  # fmt: skip
    assert env["LITELLM_MASTER_KEY"] == "sk-password"
    for name in ("LITELLM_MASTER_KEY", "GATEWAY_API_KEY"):
        answer = httpx.get(
            f"{env['GATEWAY_URL']}/v1/models", headers={"Authorization": f"Bearer {env[name]}"}, timeout=120
        )
        assert answer.status_code == 200
        assert "gpt-4o-mini" in answer.text
    with redis.Redis.from_url(env["REDIS_URL"]) as client:
        assert b"search" in [module[b"name"] for module in client.module_list()]
    assert httpx.get(f"{env['PROVIDERS_URL']}/health", timeout=120).status_code == 200


def test_env_is_readable_by_a_shell(cli: Cli):
    values = cli.json("env")
    command = f'eval "$({CLI} env)" && printf "%s\\n" "$GATEWAY_API_KEY" "$DATABASE_URL"'
    done = subprocess.run(["sh", "-c", command], env=cli.env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [values["GATEWAY_API_KEY"], values["DATABASE_URL"]]


def test_a_second_up_adopts_every_process_from_any_folder_without_a_terminal(cli: Cli, tmp_path: Path):
    before = pids(cli)
    done = subprocess.run(
        [str(CLI), "up"], env={**cli.env, "TERM": "dumb", "CI": "1"}, cwd=tmp_path,
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    assert pids(cli) == before
    assert {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" adopted")} == set(OWN)
    assert "Admin UI" in done.stdout
    assert "admin / sk-password" in done.stdout
    assert "admin@dep.com / password" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_exported_environment_does_not_make_the_kits_services_external(cli: Cli):
    before = pids(cli)
    exported = cli.json("env")
    done = cli("up", **exported)
    assert "external" not in done.stdout
    assert pids(cli) == before
    states = {row["service"]: row["state"] for row in json.loads(cli("status", "--json", **exported).stdout)}
    assert {states[name] for name in OWN} == {"running"}


def test_another_offset_is_rejected_while_the_stack_runs(cli: Cli):
    done = cli("up", "--port-offset", "7", check=False)
    assert done.returncode == 1
    assert "--port-offset='7'" in done.stderr
    assert "gateway-kit down" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("up", "--workers", "0"), "must be between 1 and 64"),
        (("restart", "lab"), "gateway-kit lab"),
        (("logs", "lab"), "lab has no log yet"),
    ],
)
def test_invalid_arguments_are_rejected_with_a_message(cli: Cli, words: tuple[str, ...], message: str):
    done = cli(*words, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_restart_replaces_only_that_services_process(cli: Cli):
    before = pids(cli)
    cli("restart", "providers")
    after = pids(cli)
    assert {name for name in before if before[name] != after[name]} == {"providers"}
    assert rows(cli)["providers"]["state"] == "running"


def test_logs_print_the_last_lines(cli: Cli):
    assert len(cli("logs", "postgres", "-n", "2").stdout.splitlines()) == 2
    assert "database system is ready" in cli("logs", "postgres").stdout
    assert cli("logs", "redis", "-n", "0").stdout == ""


def test_logs_follow_what_is_added_until_ctrl_c(cli: Cli):
    log = cli.home / "logs" / "redis.log"
    follower = subprocess.Popen(
        [str(CLI), "logs", "redis", "-n", "1", "-f"], env=cli.env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follower.stdout is not None
    try:
        assert follower.stdout.readline()
        time.sleep(0.5)  # `logs -f` polls every 0.3 s
        with open(log, "a") as file:
            file.write("a line from the test\n")
        assert follower.stdout.readline() == "a line from the test\n"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(120) == 0
    finally:
        follower.kill()
        follower.stdout.close()
        follower.wait()


def test_config_show_prints_the_current_configuration_and_no_secret(cli: Cli):
    shown = cli("config", "show").stdout
    assert "model_name: gpt-4o-mini" in shown
    secrets = [v for k, v in cli.json("env").items() if "KEY" in k or (k.endswith("_URL") and "@" in v)]
    assert not [secret for secret in secrets if secret in shown]
    assert ": fine" in cli("config", "check").stdout


@pytest.mark.parametrize("template", ["offline", "cloud"])
def test_config_init_writes_a_template_and_overwrites_only_with_force(
    cli: Cli, tmp_path: Path, template: str
):
    path = tmp_path / "mine.yaml"
    cli("config", "init", str(path), "--template", template)
    assert "model_list:" in path.read_text()
    assert "${" not in path.read_text()
    path.write_text("edited")
    refused = cli("config", "init", str(path), check=False)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert path.read_text() == "edited"
    cli("config", "init", str(path), "--template", template, "--force")
    assert "model_list:" in path.read_text()
    nowhere = cli("config", "init", str(tmp_path / "no" / "folder.yaml"), check=False)
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


@pytest.mark.parametrize("template", ["offline", "semantic", "semantic-cloud"])
def test_a_new_template_has_no_errors(cli: Cli, tmp_path: Path, template: str):
    path = tmp_path / "mine.yaml"
    cli("config", "init", str(path), "--template", template)
    assert "${" not in path.read_text()
    assert cli("config", "check", str(path), OPENAI_API_KEY="x").stdout == f"{path}: fine\n"


def test_config_check_names_line_and_fix(cli: Cli, tmp_path: Path):
    path = tmp_path / "broken.yaml"
    path.write_text("model_list:\n  - model_name: a\n    litellm_params:\n      model: opnai/gpt-4o-mini\n")
    done = cli("config", "check", str(path), check=False)
    assert done.returncode == 1
    assert f"{path}:4: error:" in done.stdout
    assert "fix: " in done.stdout
    assert cli("config", "check", str(tmp_path / "none.yaml"), check=False).returncode == 1


def test_help_names_every_command(cli: Cli):
    shown = cli("--help").stdout
    for command in (
        "up",
        "down",
        "status",
        "env",
        "logs",
        "restart",
        "config",
        "doctor",
        "faults",
        "notebooks",
        "lab",
    ):
        assert f"\n  {command} " in shown


def test_an_unknown_tracing_option_is_rejected(cli: Cli):
    done = cli("up", "--tracing", "elsewhere", check=False)
    assert done.returncode == 2
    assert "embedded" in done.stderr
