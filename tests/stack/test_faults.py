"""Killed and hanging services, two commands at once, broken and changed configurations, shared services.

One stack only for this file: its tests run in the order of the file, and each leaves the stack healthy for the next.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import pytest

from gateway_kit.litellm_api.connection import resolve_connection
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.configuration import TEMPLATES
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import CLI, OWN, Cli


def states(cli: Cli) -> dict[str, str]:
    return {row["service"]: row["state"] for row in cli.rows() if row["service"] in OWN}


def pids(cli: Cli) -> dict[str, int]:
    return {row["service"]: row["pid"] for row in cli.rows() if row["service"] in OWN}


def answers(cli: Cli, key: str, model: str = "gpt-4o-mini") -> int:
    env = cli.variables()
    body = {"model": model, "messages": [{"role": "user", "content": f"hello {uuid.uuid4()}"}]}
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{env['GATEWAY_URL']}/v1/chat/completions"
    return httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False).status_code


def new_key(cli: Cli) -> str:
    env = cli.variables()
    headers = {"Authorization": f"Bearer {env['LITELLM_MASTER_KEY']}"}
    made = httpx.post(
        f"{env['GATEWAY_URL']}/key/generate", json={}, headers=headers, timeout=60, trust_env=False
    )
    assert made.status_code == 200, made.text
    return str(made.json()["key"])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 120
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A stack only for this file, in a folder with a space in its name, started by two commands at once."""
    command = Cli(tmp_path_factory.mktemp("faults") / "state folder")
    offset = free_offset()
    try:
        both = [
            subprocess.Popen(
                [str(CLI), "up", "--port-offset", str(offset)], env=command.env,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for _ in range(2)
        ]  # fmt: skip
        outputs = [process.communicate(timeout=600)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], outputs
        # One of them started everything; the other found it running.
        assert sorted(text.count(" starting\n") for text in outputs) == [0, 7]
        assert sorted(text.count(" adopted\n") for text in outputs) == [0, 7]
        yield command
    finally:
        command("down")
        assert not [name for name, state in states(command).items() if state != "stopped"]


def test_two_ups_at_once_give_one_stack(own: Cli):
    assert states(own) == dict.fromkeys(OWN, "running")
    for name, pid in pids(own).items():
        assert os.getsid(pid) == pid, name


def test_keys_survive_a_killed_postgresql(own: Cli):
    key, before = new_key(own), pids(own)
    kill(before["postgres"])
    assert states(own)["postgres"] == "dead"
    own("up")
    assert states(own) == dict.fromkeys(OWN, "running")
    assert answers(own, key) == 200
    assert answers(own, own.variables()["GATEWAY_API_KEY"]) == 200
    assert {name for name, pid in pids(own).items() if pid != before[name]} <= {"postgres", "gateway"}


def test_every_other_service_restarts_and_keeps_its_data(own: Cli):
    import redis

    victims = ("redis", "tracing", "providers", "chat-model", "embeddings")
    with redis.Redis.from_url(own.variables()["REDIS_URL"]) as client:
        client.set("kept", "yes")
    time.sleep(1.5)  # Redis writes its file of commands once a second
    before = pids(own)
    for name in victims:
        kill(before[name])
    assert {name for name, state in states(own).items() if state == "dead"} == set(victims)
    own("up")
    assert states(own) == dict.fromkeys(OWN, "running")
    assert {name for name, pid in pids(own).items() if pid != before[name]} == set(victims)
    with redis.Redis.from_url(own.variables()["REDIS_URL"]) as client:
        assert client.get("kept") == b"yes"
    assert answers(own, own.variables()["GATEWAY_API_KEY"]) == 200


def test_a_hanging_service_is_unhealthy_and_restarted(own: Cli):
    before = pids(own)
    os.kill(before["embeddings"], signal.SIGSTOP)
    assert states(own)["embeddings"] == "unhealthy"
    own("up")
    assert states(own)["embeddings"] == "running"
    assert {name for name, pid in pids(own).items() if pid != before[name]} == {"embeddings"}


def test_a_service_that_starts_alone_leaves_a_busy_gateway_be(own: Cli):
    """As when a story brings Redis back under load: `up` would end the gateway with all calls in it."""
    stack, before = Stack(own.env), pids(own)
    stack.stop("redis")
    os.kill(before["gateway"], signal.SIGSTOP)
    try:
        stack.start_service("redis")
    finally:
        os.kill(before["gateway"], signal.SIGCONT)
    after = pids(own)
    assert {name for name, pid in after.items() if pid != before[name]} == {"redis"}
    stack.start_service("redis")
    assert pids(own) == after
    assert states(own) == dict.fromkeys(OWN, "running")


BROKEN = "model_list:\n  - model_name: mine\n    litellm_params:\n      model: opnai/gpt-4o-mini\n"


def test_a_broken_configuration_is_rejected_and_the_gateway_stays_up(own: Cli, tmp_path: Path):
    before, path = pids(own), tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    for words in (("--config", str(path)), ("--config", str(tmp_path / "none.yaml"))):
        done = own("up", *words, check=False)
        assert done.returncode == 1
        assert words[1] in done.stderr
        assert "Nothing was started or stopped" in done.stderr
    assert "line 4" in own("up", "--config", str(path), check=False).stderr
    assert pids(own) == before
    assert answers(own, own.variables()["GATEWAY_API_KEY"]) == 200
    own("up")  # nor is the broken file remembered
    assert pids(own) == before


MINE = """\
  - model_name: my-own-name
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: os.environ/SIMULATOR
      api_key: simulated
"""


def test_a_custom_configuration_and_workers_restart_only_the_gateway(own: Cli, tmp_path: Path):
    path = tmp_path / "good.yaml"
    template = (TEMPLATES / "offline.yaml").read_text()
    path.write_text(template.replace("model_list:\n", f"model_list:\n{MINE}", 1))
    before = pids(own)
    own.env["SIMULATOR"] = f"{own.variables()['PROVIDERS_URL']}/v1"
    own("up", "--config", str(path), "--workers", "2")
    after = pids(own)
    assert {name for name in after if before[name] != after[name]} == {"gateway"}
    assert "${" not in own("config", "show").stdout  # the addresses are filled in, as in the template itself
    row = own.row("gateway")
    assert "my-own-name" in [model["model_name"] for model in row["models"]]
    gateway = psutil.Process(after["gateway"])
    workers = gateway.children()
    assert len(workers) == 2
    # Each is a copy of the gateway's process, which has imported LiteLLM once for both.
    assert [worker.cmdline() for worker in workers] == [gateway.cmdline()] * 2
    own("up")  # without options a running stack keeps the ones it has
    assert pids(own) == after


def test_a_killed_gateway_restarts_although_its_workers_hold_the_port(own: Cli):
    before, key = pids(own), new_key(own)
    orphans = psutil.Process(before["gateway"]).children(recursive=True)
    kill(before["gateway"])
    assert states(own)["gateway"] == "dead"
    exported = own.json("env")  # as in a shell that has evaluated `gateway-kit env`
    done = own("up", "--workers", "1", **exported)
    assert "external" not in done.stdout
    after = pids(own)
    assert states(own) == dict.fromkeys(OWN, "running")
    assert {name for name in after if before[name] != after[name]} == {"gateway"}
    assert not [p for p in orphans if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert psutil.Process(after["gateway"]).children(recursive=True)
    assert answers(own, key, "my-own-name") == 200


def test_with_a_broken_record_up_restarts_everything(own: Cli):
    before, offset = pids(own), int(own.row("redis")["url"].split(":")[2].split("/")[0]) - BASE_PORTS["redis"]
    record = own.home / "state.json"
    record.write_text("{")
    for command in ("status", "up"):
        broken = own(command, check=False)
        assert broken.returncode == 1
        assert "gateway-kit down" in broken.stderr
        assert "Traceback" not in broken.stderr
    record.unlink()
    assert set(states(own).values()) == {"stopped"}
    own("up", "--port-offset", str(offset))
    assert states(own) == dict.fromkeys(OWN, "running")
    assert not [
        pid for pid in before.values() if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
    ]


def test_while_one_command_works_status_still_answers(own: Cli):
    restart = subprocess.Popen([str(CLI), "restart", "embeddings"], env=own.env, stdout=subprocess.PIPE)
    seen = set()
    while restart.poll() is None:
        rows = own.json("status")
        seen.add(next(row["state"] for row in rows if row["service"] == "embeddings"))
    restart.communicate()
    assert restart.returncode == 0
    # Stopped for the moment between the end of the old process and the start of the new one.
    assert seen <= {"running", "unhealthy", "dead", "stopped"}
    assert states(own)["embeddings"] == "running"


def test_jupyterlab_is_part_of_the_stack_and_stops_with_it(own: Cli):
    with open(own.home / "lab.out", "w") as output:
        env = own.env | {"CODESPACE_NAME": "fluffy-waffle"}
        lab = subprocess.Popen([str(CLI), "lab", "--no-browser"], env=env, stdout=output, stderr=output)
    try:
        end = time.monotonic() + 60
        while own.row("lab")["state"] != "running" or not listening(lab.pid):
            assert lab.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        assert listening(lab.pid) == {"127.0.0.1"}
        token = (own.home / "lab-token").read_text().strip()
        assert token not in " ".join(psutil.Process(lab.pid).cmdline())
        own("up")  # the lab is a separate command: `up` neither stops it nor drops it from the record
        assert own.row("lab")["pid"] == lab.pid
        url = f"http://127.0.0.1:{own.row('lab')['url'].split(':')[2].split('/')[0]}/api/contents"
        assert httpx.get(url, timeout=120).status_code == 403
        entitled = {"Authorization": f"token {token}"}
        assert httpx.get(url, headers=entitled, timeout=120).status_code == 200
        # As through a Codespace's port forwarding: under that address, and with calls from no other origin.
        forwarded = f"fluffy-waffle-{urlsplit(url).port}.app.github.dev"
        assert f"https://{forwarded}/lab/" in (own.home / "lab.out").read_text()
        entitled |= {"Host": forwarded, "Origin": f"https://{forwarded}"}
        answer = httpx.get(url, headers=entitled, timeout=120)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == f"https://{forwarded}"
        lab.send_signal(signal.SIGTERM)
        lab.wait(120)
        assert own.row("lab")["state"] == "stopped"
    finally:
        lab.kill()
        lab.wait()


def listening(pid: int) -> set[str]:
    connections = psutil.Process(pid).net_connections("inet")
    return {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN and c.laddr.port > 1024}


def test_another_stacks_services_are_used_and_not_started(own: Cli, tmp_path: Path):
    """A second gateway on the first one's Redis, database and providers, as when scaling out."""
    shared = own.variables()
    salt = dict(line.split("=", 1) for line in (own.home / ".env").read_text().splitlines()[1:])[
        "LITELLM_SALT_KEY"
    ]
    names = ("REDIS_URL", "DATABASE_URL", "PROVIDERS_URL", "EMBEDDINGS_URL", "GATEWAY_API_KEY",
             "LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")  # fmt: skip
    env = {name: shared[name] for name in names}
    silent = "http://127.0.0.1:9/v1"
    second = Cli(tmp_path / "second", LITELLM_SALT_KEY=salt, CHAT_MODEL_URL=silent, **env)
    offset = free_offset()
    try:
        done = second("up", "--port-offset", str(offset), check=False)
        # A model that does not answer is no reason to do without the rest.
        assert done.returncode == 3
        assert (
            f"without chat-model, which does not answer at {silent} (CHAT_MODEL_URL). To find" in done.stderr
        )
        found = second("doctor", check=False).stdout
        assert re.search(r"^ok +embeddings +answers$", found, re.M), found
        assert re.search(
            r"^error +chat-model +does not answer.*\n.*set CHAT_MODEL_URL to one", found, re.M
        ), found
        rows = {row["service"]: row for row in second.rows()}
        for name in ("redis", "postgres", "tracing", "providers", "chat-model", "embeddings"):
            assert rows[name]["state"] == "external"
            assert rows[name]["pid"] is None
            assert f"  {name:<11} external" in done.stdout
        assert rows["gateway"]["state"] == "running"
        assert answers(second, new_key(own)) == 200
    finally:
        second("down")
    assert states(own) == dict.fromkeys(OWN, "running")


def test_a_langfuse_that_refuses_the_keys_is_named_before_anything_starts(own: Cli, tmp_path: Path):
    host = own.variables()["LANGFUSE_HOST"]
    for url, message in ((host, "refuses the keys"), ("http://127.0.0.1:1", "nothing answers")):
        second = Cli(tmp_path / "second", LANGFUSE_HOST=url, LANGFUSE_SECRET_KEY="sk-lf-of-somebody-else")
        done = second("up", "--port-offset", str(free_offset()), check=False)
        assert done.returncode == 1
        assert message in done.stderr
        assert "gateway-kit up --tracing off" in done.stderr
        assert "sk-lf-of-somebody-else" not in done.stderr
        assert " starting" not in done.stdout


def test_tracing_can_be_switched_off_and_on_while_the_stack_runs(own: Cli):
    before = pids(own)
    own("up", "--tracing", "off")
    off = pids(own)
    assert {name for name in off if off[name] != before[name]} == {"gateway", "tracing"}
    assert own.row("tracing")["state"] == "off"
    assert not [name for name in own.json("env") if name.startswith("LANGFUSE")]
    assert "langfuse" not in own("config", "show").stdout
    assert "Traces" not in own("up").stdout  # remembered
    assert pids(own) == off
    assert answers(own, own.variables()["GATEWAY_API_KEY"]) == 200
    own("up", "--tracing", "embedded")
    assert states(own) == dict.fromkeys(OWN, "running")
    assert own.json("env")["LANGFUSE_HOST"] == own.row("tracing")["url"]
    assert "success_callback: [langfuse]" in own("config", "show").stdout


def test_with_an_external_gateway_nothing_is_started(own: Cli, tmp_path: Path):
    shared = own.variables()
    second = Cli(
        tmp_path / "second", GATEWAY_URL=shared["GATEWAY_URL"], GATEWAY_API_KEY=shared["GATEWAY_API_KEY"]
    )
    assert "external" in second("up", "--port-offset", str(free_offset())).stdout
    by_service = {row["service"]: row["state"] for row in second.rows()}
    assert by_service["gateway"] == "external"
    assert not [name for name in OWN[1:] if by_service[name] not in ("stopped", "off")]
    known = set(second.json("env"))  # of somebody else's gateway, and no service that does not run
    assert known == {"GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY"}
    assert second.json("env")["GATEWAY_URL"] == shared["GATEWAY_URL"]
    assert not resolve_connection(environ=second.env).local
    named = second("env", "--json", PROVIDERS_URL=shared["PROVIDERS_URL"]).stdout
    assert json.loads(named)["PROVIDERS_URL"] == shared["PROVIDERS_URL"]
    assert "Nothing was running" in second("down").stdout


def test_unsent_traces_arrive_when_the_gateway_stops(own: Cli):
    """The gateway stops before the exporter next checks its queue. Last in this file, as no gateway runs afterwards."""
    env = own.variables()
    name = f"last-words-{uuid.uuid4()}"
    body = {
        "model": "gpt-4o-mini",
        "user": name,
        "messages": [{"role": "user", "content": "What is an LLM gateway?"}],
    }
    headers = {"Authorization": f"Bearer {env['GATEWAY_API_KEY']}"}
    with httpx.Client(base_url=env["GATEWAY_URL"], headers=headers, timeout=60, trust_env=False) as http:
        for number in range(10):
            http.post("/v1/chat/completions", json=body | {"max_tokens": 20 + number}).raise_for_status()
    Stack(own.env).stop("gateway")
    database = env["DATABASE_URL"].rsplit("/", 1)[0] + "/langfuse"
    query = "select count(*) from observations where user_id = %s"
    end = time.monotonic() + 60
    with psycopg.connect(database, autocommit=True) as connection:
        while (row := connection.execute(query, (name,)).fetchone()) != (10,):
            assert time.monotonic() < end, row
            time.sleep(0.1)
