"""`up --semantic`: a second gateway as a service of the stack."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import httpx
import pytest

from gateway_kit.caching.cache import SemanticCache
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.stack.supervisor.record import read_record
from tests.conftest import Cli
from tests.stack.semantic.conftest import Own, eventually, is_gone, program_with_a_gateway

pytestmark = pytest.mark.usefixtures("no_shared")

PROMPT = "What is an LLM gateway?"
INDEX = "kit-minilm-l6-v2"  # the template's


@pytest.fixture(scope="module")
def wanted(own: Own) -> Iterator[Own]:
    """The stack with its second gateway up, after the first test, which starts and stops it."""
    own.up("--semantic")
    yield own
    if own.is_up:
        own.up("--no-semantic")


def pids(own: Own) -> dict[str, object]:
    return {name: row["pid"] for name, row in own.rows().items() if row["state"] == "running"}


def second(own: Own) -> Gateway:
    env = own.env()
    return Gateway(Connection(env["SEMANTIC_GATEWAY_URL"], env["GATEWAY_API_KEY"], env["LITELLM_MASTER_KEY"]))


def test_it_is_started_beside_the_others_known_to_every_command_and_stopped_again(own: Own):
    before = pids(own)
    assert own.rows()["semantic"]["state"] == "off"
    assert "SEMANTIC_GATEWAY_URL" not in own.env()
    said = own.up("--semantic")
    assert [line.split()[:2] for line in said.splitlines() if " starting" in line] == [
        ["semantic", "starting"]
    ]
    row = own.rows()["semantic"]
    assert (row["state"], row["version"]) == ("running", own.rows()["gateway"]["version"])
    assert str(row["url"]) in said
    assert own.env()["SEMANTIC_GATEWAY_URL"] == row["url"]
    assert {name: pid for name, pid in pids(own).items() if name != "semantic"} == before
    assert "Application startup complete" in own.cli("logs", "semantic").stdout
    assert own.cli("doctor").returncode == 0

    own.up()  # remembered
    assert own.rows()["semantic"]["pid"] == row["pid"]
    own.up("--no-semantic")
    assert own.rows()["semantic"]["state"] == "off"
    assert "SEMANTIC_GATEWAY_URL" not in own.env()
    assert is_gone(int(str(row["pid"])))
    own.up()  # that too
    assert pids(own) == before


def test_it_answers_similar_questions_from_its_cache_with_the_first_gateways_keys(wanted: Own, unique: str):
    with second(wanted) as gateway, SemanticCache(wanted.redis_url, INDEX) as cache:
        controls = {"extra_body": {"cache": {"namespace": unique}}, "max_tokens": 9}
        answer = gateway.ask("How do I reset my password?", **controls)
        assert not answer.call.cache_hit
        eventually(lambda: unique in set(cache.entries()["namespace"]))
        again = gateway.ask("How can I reset my password?", **controls)
        assert (again.call.cache_hit, again.text) == (True, answer.text)
        assert cache.delete_namespace(unique) == 1


def test_a_restart_keeps_its_address_and_touches_nothing_else(wanted: Own):
    before, url = pids(wanted), wanted.env()["SEMANTIC_GATEWAY_URL"]
    wanted.cli("restart", "semantic")
    after = pids(wanted)
    assert {name for name, pid in after.items() if before[name] != pid} == {"semantic"}
    assert wanted.env()["SEMANTIC_GATEWAY_URL"] == url


@pytest.mark.parametrize(("number", "state"), [(signal.SIGKILL, "dead"), (signal.SIGSTOP, "unhealthy")])
def test_killed_or_hanging_it_is_named_and_up_restarts_it(wanted: Own, number: int, state: str):
    before, url = pids(wanted), wanted.env()["SEMANTIC_GATEWAY_URL"]
    wanted.signal("semantic", number)
    eventually(lambda: wanted.rows()["semantic"]["state"] == state)
    doctor = wanted.cli("doctor", check=False)
    assert doctor.returncode == 1
    assert re.search(rf"error +semantic +{state}.*\n +fix: gateway-kit up", doctor.stdout)
    wanted.up()
    assert wanted.rows()["semantic"]["state"] == "running"
    after = pids(wanted)
    assert {name for name, pid in after.items() if before[name] != pid} == {"semantic"}
    assert wanted.env()["SEMANTIC_GATEWAY_URL"] == url
    with second(wanted) as gateway:
        assert gateway.ask(PROMPT).text


def test_beside_an_external_gateway_none_is_started(own: Own, tmp_path):
    env = own.env()
    guest = Cli(tmp_path / "guest", GATEWAY_URL=env["GATEWAY_URL"], GATEWAY_API_KEY=env["GATEWAY_API_KEY"])
    done = guest("up", "--semantic", check=False)
    assert done.returncode == 1
    assert "GATEWAY_URL names somebody else's gateway" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert " starting" not in done.stdout


def test_down_ends_it_and_what_programs_have(wanted: Own, unique: str):
    own = wanted
    with program_with_a_gateway(own, f"test-{unique}") as (_, url):
        assert httpx.get(f"{url}/health/liveliness", trust_env=False).status_code == 200
        running = pids(own)
        assert {"semantic", "semantic-1"} <= set(running)
        said = own.down()
        assert "semantic-1  stopped" in said
        assert all(is_gone(int(str(pid))) for pid in running.values())
        assert pids(own) == {}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health/liveliness", trust_env=False)
        assert own.rows()["semantic"]["state"] == "off"
        # The next `up`, which takes from the record what it is to start, starts none.
        assert not read_record(own.cli.home).semantic
