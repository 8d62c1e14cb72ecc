"""The export for a cluster: keys that the chart has, secrets in one file only, a sound recipe, and a hub that works."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tornado.web import HTTPError

from gateway_kit.cli import main
from gateway_kit.stack.seats.kubernetes import facts
from gateway_kit.stack.seats.kubernetes.hub_part import PodAuthenticator, give_join_code
from gateway_kit.stack.seats.kubernetes.image import FILES, FOLDERS
from gateway_kit.stack.seats.kubernetes.seat_pod import own_the_database
from gateway_kit.stack.seats.kubernetes.values import Wanted, chart_values
from gateway_kit.workshop.membership import join_code, read_join_code
from gateway_kit.workshop.record import Store, Workshop, save
from tests.workshop_made import made_workshop

ROOT = Path(__file__).resolve().parents[2]
STORE = Store("https://langfuse.example.com", "pk-lf-public", "sk-lf-very-secret")

# What the chart's schema (4.4.0) says of the keys that are used; `*` is any name.
KEYS: dict[str, type] = {
    "hub.config.JupyterHub.authenticator_class": str,
    "hub.config.PodAuthenticator.seats_file": str,  # sections of hub.config are passed on to JupyterHub
    "hub.config.PodAuthenticator.allow_all": bool,
    "hub.config.PodAuthenticator.admin_users": list,
    "hub.extraConfig.*": str,
    "hub.extraFiles.*.mountPath": str,
    "hub.extraFiles.*.stringData": str,
    "hub.extraVolumes": list,
    "hub.extraVolumeMounts": list,
    "hub.allowNamedServers": bool,
    "hub.concurrentSpawnLimit": int,
    "hub.db.type": str,
    "hub.db.pvc.storage": str,
    "proxy.https.enabled": bool,
    "proxy.https.type": str,
    "proxy.https.hosts": list,
    "proxy.https.secret.name": str,
    "singleuser.image.name": str,
    "singleuser.image.tag": str,
    "singleuser.image.pullPolicy": str,
    "singleuser.cmd": list,
    "singleuser.uid": int,
    "singleuser.fsGid": int,
    "singleuser.defaultUrl": str,
    "singleuser.startTimeout": int,
    "singleuser.memory.guarantee": str,
    "singleuser.memory.limit": str,
    "singleuser.cpu.guarantee": float,
    "singleuser.cpu.limit": int,
    "singleuser.storage.type": str,
    "singleuser.storage.capacity": str,
    "singleuser.storage.homeMountPath": str,
    "singleuser.lifecycleHooks.preStop.exec.command": list,  # preStop is passed on to Kubernetes
    "singleuser.networkPolicy.enabled": bool,
    "singleuser.networkPolicy.egress": list,
    "singleuser.networkPolicy.egressAllowRules.cloudMetadataServer": bool,
    "singleuser.networkPolicy.egressAllowRules.privateIPs": bool,
    "singleuser.networkPolicy.egressAllowRules.nonPrivateIPs": bool,
    "cull.enabled": bool,
    "cull.timeout": int,
    "cull.every": int,
    "cull.users": bool,
    "prePuller.hook.enabled": bool,
    "prePuller.continuous.enabled": bool,
}
NAMED_BY_US = re.compile(r"(hub\.extraFiles|hub\.extraConfig)\.[^.]+")


def leaves(values: dict[str, Any], above: str = "") -> dict[str, type]:
    found: dict[str, type] = {}
    for key, value in values.items():
        path = f"{above}{key}"
        found |= leaves(value, f"{path}.") if isinstance(value, dict) else {path: type(value)}
    return found


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = made_workshop(3, STORE)
    save(made, tmp_path / "workshop")
    monkeypatch.setenv("GATEWAY_WORKSHOP", str(tmp_path / "workshop"))
    return made


@pytest.fixture
def out(workshop: Workshop, tmp_path: Path) -> Path:
    image = "registry.example.com/seat:2027-01"
    done = run(tmp_path, "--image", image, "--address", "https://workshop.example.com")
    assert done.exit_code == 0, done.output
    return tmp_path / "out"


def run(tmp_path: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ("workshop", "export", str(tmp_path / "out"), *words))


def seats_of(out: Path) -> str:
    text: str = yaml.safe_load((out / "secrets.yaml").read_text())["stringData"]["seats.json"]
    return text


def test_each_key_is_one_of_the_charts_and_of_its_type(out: Path) -> None:
    values = yaml.safe_load((out / "values.yaml").read_text())
    found = {NAMED_BY_US.sub(r"\1.*", path): kind for path, kind in leaves(values).items()}
    assert found == {path: KEYS[path] for path in found if path in KEYS}
    without_tls = leaves(
        chart_values(made_workshop(1, replace(STORE, url="http://10.0.0.5:3000")), Wanted("a", "1"))
    )
    assert set(KEYS) == {NAMED_BY_US.sub(r"\1.*", path) for path in without_tls} | set(found)


def test_codes_and_keys_stand_in_the_secret_alone(out: Path, workshop: Workshop) -> None:
    assert {path.name: path.stat().st_mode & 0o777 for path in out.iterdir()} == {
        "README.md": 0o644, "values.yaml": 0o644, "Dockerfile": 0o644, "Dockerfile.dockerignore": 0o644,
        "secrets.yaml": 0o600,
    }  # fmt: skip
    facilitator = json.loads(seats_of(out))["facilitator_code"]
    secret = [facilitator, workshop.secret, STORE.secret_key, *(seat.code for seat in workshop.seats)]
    secret += [join_code(workshop, seat.name) for seat in workshop.seats]
    open_files = "".join(path.read_text() for path in out.iterdir() if path.name != "secrets.yaml")
    assert [words for words in secret if words in open_files] == []
    kept = (out / "secrets.yaml").read_text()
    assert all(seat.code in kept for seat in workshop.seats)


def test_the_guide_has_the_numbers_of_the_values() -> None:
    guide = (ROOT / "docs" / "facilitator" / "cards-and-export.md").read_text()
    seat = chart_values(made_workshop(1, STORE), Wanted("a", "1"))["singleuser"]
    memory, storage = seat["memory"]["guarantee"], seat["storage"]["capacity"]
    assert (
        f"{int(memory.removesuffix('M')) / 1000:.1f} GB of memory and {storage.removesuffix('Gi')} GB of disk"
        in guide
    )
    assert facts.IDLE_S == 2 * 3600
    assert "nobody has used for two hours" in guide
    assert f"the chart, version {facts.CHART_VERSION}" in guide


def test_a_second_export_keeps_the_facilitators_code_and_prints_none(out: Path, tmp_path: Path) -> None:
    before = seats_of(out)
    done = run(tmp_path)
    assert seats_of(out) == before
    assert json.loads(before)["facilitator_code"] not in done.output


HUB_POD = """
import asyncio, sys
from types import SimpleNamespace
from traitlets.config import Config
from traitlets.utils.importstring import import_item
folder, seat, code = sys.argv[1:]
sys.path.insert(0, folder)
values = __import__("yaml").safe_load(open(folder + "/values.yaml"))["hub"]
config = Config(values["config"])
config.PodAuthenticator.seats_file = folder + "/seats.json"
kind = import_item(config.JupyterHub.authenticator_class)
door = kind(config=config)
c = Config()
exec(values["extraConfig"]["seats"])
spawner = SimpleNamespace(user=SimpleNamespace(name=seat), authenticator=door, environment={"A": "1"})
c.Spawner.pre_spawn_hook(spawner)
handler = SimpleNamespace(request=SimpleNamespace(remote_ip="10.0.0.7"))
print(asyncio.run(door.authenticate(handler, {"username": "Seat 2", "password": code})))
user = SimpleNamespace(admin=seat != "seat-02")
print(c.JupyterHub.default_url(SimpleNamespace(current_user=user, hub=SimpleNamespace(base_url="/hub/"))))
print(spawner.environment["A"], spawner.environment["GATEWAY_JOIN_CODE"])
print(sorted(name for name in sys.modules if name.startswith("gateway_kit") and sys.modules[name].__file__))
"""


def test_the_hubs_files_work_with_nothing_else_of_the_kit(
    out: Path, workshop: Workshop, tmp_path: Path
) -> None:
    """As in the hub's pod: JupyterHub is there, and of gateway_kit what the values mount."""
    pod = tmp_path / "pod"
    values = yaml.safe_load((out / "values.yaml").read_text())
    for mounted in values["hub"]["extraFiles"].values():
        file = pod / mounted["mountPath"].removeprefix("/usr/local/etc/jupyterhub/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(mounted["stringData"])
    (pod / "values.yaml").write_text((out / "values.yaml").read_text())
    (pod / "seats.json").write_text(seats_of(out))
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    # -S: the kit's own installation is not on the path.
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.append({packages!r})\n{HUB_POD}", str(pod), "seat-02",
         workshop.seat("seat-02").code.lower()],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seat, page, given, modules = done.stdout.splitlines()
    assert page == "/hub/spawn"
    assert seat == "seat-02"
    assert given == f"1 {join_code(workshop, 'seat-02')}"
    assert read_join_code(given.split()[1]).seat == "seat-02"
    here = "gateway_kit.stack.seats"
    assert modules == str([f"{here}.kubernetes.hub_part", f"{here}.signing_in", f"{here}.tries"])


def test_in_the_cluster_wrong_codes_and_a_workshop_that_is_over_are_refused(
    out: Path, tmp_path: Path
) -> None:
    kept = json.loads(seats_of(out))
    (tmp_path / "seats.json").write_text(json.dumps(kept))
    door = PodAuthenticator(seats_file=str(tmp_path / "seats.json"))

    def sign_in(seat: str, code: str) -> str:
        handler = SimpleNamespace(request=SimpleNamespace(remote_ip="10.0.0.7"))
        return asyncio.run(door.authenticate(handler, {"username": seat, "password": code}))

    assert sign_in("facilitator", kept["facilitator_code"]) == "facilitator"
    with pytest.raises(HTTPError, match="do not belong together"):
        sign_in("seat-01", kept["seats"]["seat-02"]["code"])
    kept["until"] = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    (tmp_path / "seats.json").write_text(json.dumps(kept))
    with pytest.raises(HTTPError, match="has ended"):
        sign_in("seat-01", kept["seats"]["seat-01"]["code"])
    spawner = SimpleNamespace(user=SimpleNamespace(name="facilitator"), authenticator=door, environment={})
    with pytest.raises(HTTPError, match="has no seat"):
        give_join_code(spawner)


def test_the_recipe_passes_a_linter_and_names_what_there_is(out: Path) -> None:
    recipe = (out / "Dockerfile").read_text()
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, out / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (base,) = re.findall(r"^FROM (\S+)$", recipe, re.MULTILINE)
    assert re.fullmatch(r"python:3\.1[123]\.\d+-\S+", base)
    assert re.findall(r"^USER (\S+)$", recipe, re.MULTILINE) == ["1000"]
    assert "requirements-workshop.lock" in recipe
    for name in (*FILES, *FOLDERS):
        assert list(ROOT.glob(name)), name
    ignored = (out / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert "**/.gateway" in ignored


@pytest.mark.parametrize(
    ("url", "public", "block"),
    [
        ("https://langfuse.example.com", True, None),
        ("http://10.20.0.5:3000", False, ("10.20.0.5/32", 3000)),
        ("https://[2001:db8::5]", False, ("2001:db8::5/128", 443)),
        ("http://127.0.0.1:3001", False, None),
    ],
)
def test_a_seat_reaches_the_store_of_results_and_nothing_else(
    url: str, public: bool, block: tuple[str, int] | None
) -> None:
    policy = chart_values(made_workshop(1, replace(STORE, url=url)), Wanted("a", "1"))["singleuser"][
        "networkPolicy"
    ]
    assert policy["egressAllowRules"]["nonPrivateIPs"] is public
    assert policy["egressAllowRules"]["privateIPs"] is False
    egress = policy.get("egress", [])
    found = [(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in egress]
    assert found == ([block] if block else [])


def test_the_page_says_what_is_missing(workshop: Workshop, tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 0
    page = (tmp_path / "out" / "README.md").read_text()
    assert "**No TLS yet.**" in page
    assert "Not tried: building the image" in page
    assert "{" not in page.replace("{username}", "")
    save(made_workshop(3), tmp_path / "workshop")  # its store is this machine's own
    assert run(tmp_path, "--address", "https://w.example.com").exit_code == 0
    page = (tmp_path / "out" / "README.md").read_text()
    assert "create secret tls" in page
    assert "**Results stay in the seats.**" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--image", "seat:latest"), "a tag that moves"),
        (("--image", "seat"), "must name an image and its tag"),
        (("--image", "Registry/seat:1"), "must name an image and its tag"),
        (("--storage", "2 GB"), "must be a size as Kubernetes writes it"),
        (("--address", "workshop"), "is no address for a browser"),
    ],
)
def test_what_a_cluster_would_refuse_is_refused_here(
    workshop: Workshop, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = run(tmp_path, *words)
    assert done.exit_code == 1
    assert said in done.output
    assert not (tmp_path / "out" / "values.yaml").exists()


def test_a_volume_that_was_opened_to_its_group_does_not_keep_the_database_from_starting(
    tmp_path: Path,
) -> None:
    (tmp_path / "postgres").mkdir(mode=0o770)
    (tmp_path / "postgres").chmod(0o2770)
    own_the_database(tmp_path)
    assert (tmp_path / "postgres").stat().st_mode & 0o777 == 0o700
