"""Two seats on one hub: apart from each other, healed when something of theirs is killed, kept when the hub is.

One workshop for this file: its tests run in the order of the file.
"""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from gateway_kit.lessons.solutions import solved_code
from gateway_kit.stack.seats.options import PORT, ServeOptions, hub_folder
from gateway_kit.stack.seats.place import Place, find_place, fork_socket
from gateway_kit.stack.services.fork_server import can_listen
from gateway_kit.workshop.membership import load_membership
from gateway_kit.workshop.record import Workshop, load
from gateway_kit.workshop.store import StoreClient
from gateway_kit.workshop.verified import verified
from tests.conftest import CLI, Cli
from tests.neighbouring_offsets import free_offsets
from tests.stack.seats.visitor import Visitor

SEATS = ("seat-01", "seat-02")


class Served:
    """A workshop that is served, detached from its command, and the people at its seats."""

    def __init__(self, home: Path, offset: int) -> None:
        self.cli = Cli(home)
        self.visitors: list[Visitor] = []
        self.folder = home / "workshop"
        self.options = ServeOptions(port=PORT + offset, port_offset=offset)
        self.words = ("workshop", "serve", "--port", str(self.options.port), "--detach")

    def serve(self, *more: str) -> str:
        return self.cli(*self.words, *more).stdout

    def watch(self) -> subprocess.Popen[str]:
        """The same command, which stays and watches."""
        words = [word for word in self.words if word != "--detach"]
        watching = subprocess.Popen(
            [str(CLI), *words], env=self.cli.env, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert watching.stdout is not None
        assert any(line.startswith("Ctrl-C ends this command alone") for line in watching.stdout)
        return watching

    def hub(self) -> int:
        services = json.loads((hub_folder(self.folder) / "state.json").read_text())["services"]
        return int(services["hub"]["process"]["pid"]) if "hub" in services else 0

    @property
    def record(self) -> Workshop:
        return load(self.folder)

    def place(self, seat: str) -> Place:
        return find_place(self.folder, seat, self.options)

    def pids(self, seat: str) -> dict[str, int]:
        services = json.loads((self.place(seat).home / "state.json").read_text())["services"]
        return {name: entry["process"]["pid"] for name, entry in services.items()}

    def env(self, seat: str) -> dict[str, str]:
        return Cli(self.place(seat).home, **self.options.shared_models).variables()

    def stranger(self) -> Visitor:
        self.visitors.append(Visitor(self.options.address))
        return self.visitors[-1]

    def seat(self, seat: str) -> Visitor:
        visitor = self.stranger()
        assert visitor.sign_in(seat, self.record.seat(seat).code).status_code == 200
        return visitor


def runs(pid: int) -> bool:
    """Whether a process runs; one that nobody has collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 180
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.3)


def answers(variables: dict[str, str], key: str) -> int:
    call = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
    try:
        return httpx.post(
            f"{variables['GATEWAY_URL']}/v1/chat/completions", json=call, timeout=60, trust_env=False,
            headers={"Authorization": f"Bearer {key}"},
        ).status_code  # fmt: skip
    except httpx.TransportError:
        return 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("workshop") / "home", free_offsets(3))
    try:
        said = made.serve(
            "--seats",
            "2",
            "--name",
            "team-a",
            "--shared-user",
            "--port-offset",
            str(made.options.port_offset),
        )
        kept = json.loads((hub_folder(made.folder) / "secrets.json").read_text())
        assert said.count(kept["facilitator_code"]) == 1
        assert all(seat.code in said for seat in made.record.seats)
        yield made
    finally:
        for visitor in made.visitors:
            visitor.close()
        made.cli("workshop", "stop")


@pytest.fixture(scope="module")
def visitors(served: Served) -> dict[str, Visitor]:
    """Somebody at each seat, whose JupyterLab runs."""
    here = {seat: served.seat(seat) for seat in SEATS}
    with ThreadPoolExecutor() as pool:
        lines = list(pool.map(lambda visitor: visitor.start(), here.values()))
    for said in lines:
        started = {line.partition(":")[0] for line in said if ": ready after" in line}
        assert started == {"gateway", "redis", "postgres", "tracing", "providers"}
    return here


def test_a_wrong_code_opens_nothing_and_is_slowed_down(served: Served):
    stranger = served.stranger()
    for expected in (*[403] * 4, 429):
        answer = stranger.sign_in("facilitator", served.record.seats[0].code)
        assert answer.status_code == expected
    assert "Too many wrong codes: wait 2 seconds, then try again." in answer.text
    assert stranger.http.get("/hub/admin", follow_redirects=False).status_code in (302, 403)


def test_each_seat_has_copies_a_gateway_and_secrets_of_its_own(served: Served, visitors: dict[str, Visitor]):
    ask = (
        "import os; from gateway_kit import connect; "
        "print(os.environ['GATEWAY_HOME'], bool(connect().ask('What is an LLM gateway?', 'gpt-4o-mini').text))"
    )
    for seat, visitor in visitors.items():
        names = [entry["name"] for entry in visitor.api("GET", "contents/my_lessons")["content"]]
        assert "00_start_here.ipynb" in names
        assert not visitor.api("GET", "contents/notebooks/00_start_here.ipynb?content=0")["writable"]
        picture = visitor.http.get(f"/user/{seat}/files/images/high-level-overview.png")
        assert picture.content.startswith(b"\x89PNG")
        home = served.place(seat).home
        assert visitor.run(visitor.kernel(), ask).split() == [str(home), "True"]
        (connection,) = served.place(seat).folder.glob(".local/share/jupyter/runtime/kernel-*.json")
        assert "curve_secretkey" in json.loads(connection.read_text())  # nobody else hears what a cell prints
        member = load_membership(home)
        assert member is not None
        assert (member.workshop, member.seat) == ("team-a", seat)
        assert member.secret == served.record.seat_secret(seat)
        # Where the folder's name is short enough, its gateway shares the memory of what all of them import.
        gateway = psutil.Process(served.pids(seat)["gateway"])
        assert (gateway.name() == "gateway") == can_listen(fork_socket(served.folder))
    one, other = (served.env(seat) for seat in SEATS)
    for name in (
        "LITELLM_MASTER_KEY", "GATEWAY_API_KEY", "LANGFUSE_SECRET_KEY", "REDIS_URL", "DATABASE_URL", "PROVIDERS_URL",
    ):  # fmt: skip
        assert one[name] != other[name], name
    assert one["EMBEDDINGS_URL"] == other["EMBEDDINGS_URL"]  # keeps nothing
    assert one["LITELLM_MASTER_KEY"] != "sk-password"
    assert answers(one, one["LITELLM_MASTER_KEY"]) == 200
    assert answers(one, other["LITELLM_MASTER_KEY"]) in (400, 401)
    assert served.place("seat-01").folder.stat().st_mode & 0o777 == 0o700


def test_a_seat_cannot_open_another_seats_jupyterlab_nor_the_facilitators_page(
    served: Served, visitors: dict[str, Visitor]
):
    curious = visitors["seat-01"].http
    for page in ("/user/seat-02/lab", "/user/seat-02/api/contents", "/hub/admin"):
        assert curious.get(page).status_code in (403, 404), page
    assert curious.get("/hub/api/users/seat-02").status_code in (403, 404)


def test_a_second_browser_at_a_seat_finds_the_same_kernels(served: Served, visitors: dict[str, Visitor]):
    second = served.seat("seat-01")
    assert second.http.get("/user/seat-01/lab").status_code == 200
    kernels = {kernel["id"] for kernel in visitors["seat-01"].api("GET", "kernels")}
    assert kernels
    assert {kernel["id"] for kernel in second.api("GET", "kernels")} == kernels


def test_what_is_killed_of_a_seat_comes_back_and_no_other_seat_notices(
    served: Served, visitors: dict[str, Visitor]
):
    before = {seat: served.pids(seat) for seat in SEATS}
    variables = served.env("seat-01")
    kernel = visitors["seat-01"].kernel()
    for name in ("gateway", "postgres"):
        os.kill(before["seat-01"][name], signal.SIGKILL)
    (kernel_process,) = (
        process for process in psutil.Process(before["seat-01"]["lab"]).children(recursive=True)
        if any(kernel in word for word in process.cmdline())
    )  # fmt: skip
    kernel_process.kill()
    eventually(
        lambda: (
            served.pids("seat-01").get("gateway") not in (None, before["seat-01"]["gateway"])
            and answers(variables, variables["GATEWAY_API_KEY"]) == 200
        ),
        "the gateway does not come back",
    )
    assert visitors["seat-01"].run(kernel, "print(1 + 1)") == "2\n"  # JupyterLab started it again
    assert served.pids("seat-01")["redis"] == before["seat-01"]["redis"]
    assert served.pids("seat-02") == before["seat-02"]
    assert all(runs(pid) for pid in before["seat-02"].values())


def test_a_hub_that_is_killed_and_served_again_takes_over_seats_kernels_and_codes(
    served: Served, visitors: dict[str, Visitor]
):
    record, before = served.record, {seat: served.pids(seat) for seat in SEATS}
    kernel = visitors["seat-02"].kernel()
    visitors["seat-02"].run(kernel, "kept = 42")
    os.kill(served.hub(), signal.SIGKILL)
    assert visitors["seat-02"].run(kernel, "print(kept)") == "42\n"  # without a hub
    said = served.serve("--days", "2")
    assert re.search(r"proxy +adopted", said)
    assert "facilitator  as before" in said
    assert served.record == replace(record, until=served.record.until)
    for seat in SEATS:  # they run, and are told
        member = load_membership(served.place(seat).home)
        assert member is not None
        assert member.until == served.record.until.replace(microsecond=0) > record.until
    assert {seat: served.pids(seat) for seat in SEATS} == before
    assert visitors["seat-02"].run(kernel, "print(kept)") == "42\n"
    assert served.seat("seat-01").http.get("/user/seat-01/lab").status_code == 200


def test_a_watched_hub_comes_back_by_itself_and_ctrl_c_ends_the_watching_alone(served: Served):
    with served.watch() as watching:
        try:
            killed = served.hub()
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: served.hub() not in (0, killed), "the hub does not come back")
            health = f"{served.options.address}/hub/health"
            eventually(lambda: httpx.get(health, trust_env=False).status_code == 200, "it is not ready")
            watching.send_signal(signal.SIGINT)
            said, _ = watching.communicate(timeout=60)
        finally:
            watching.kill()
    assert "Still running: the hub, its proxy, the store of results and 2 seats" in said
    assert "gateway-kit workshop stop" in said
    assert runs(served.hub())


def test_a_seat_that_was_ended_comes_back_with_its_files_and_keys(
    served: Served, visitors: dict[str, Visitor]
):
    visitor, variables, place = visitors["seat-02"], served.env("seat-02"), served.place("seat-02")
    made = httpx.post(
        f"{variables['GATEWAY_URL']}/key/generate", json={}, timeout=60, trust_env=False,
        headers={"Authorization": f"Bearer {variables['LITELLM_MASTER_KEY']}"},
    ).json()["key"]  # fmt: skip
    (place.folder / "my_lessons" / "mine.txt").write_text("kept")
    running = served.pids("seat-02")
    secrets = json.loads((hub_folder(served.folder) / "secrets.json").read_text())
    user = f"{served.options.address}/hub/api/users/seat-02"
    culler: dict[str, Any] = {  # as the service that ends idle seats does
        "timeout": 120, "trust_env": False, "headers": {"Authorization": f"token {secrets['culler_token']}"},
    }  # fmt: skip
    assert httpx.delete(f"{user}/server", **culler).status_code in (202, 204)
    # On a busy machine the hub notices a little later than the stack is gone.
    eventually(lambda: httpx.get(user, **culler).json()["servers"] == {}, "the hub has it end for ever")
    eventually(lambda: not (place.home / "state.json").exists(), "its stack goes on")
    assert not any(runs(pid) for pid in running.values())
    assert all(runs(pid) for pid in served.pids("seat-01").values())
    visitor.start()
    assert visitor.http.get("/user/seat-02/files/my_lessons/mine.txt").text == "kept"
    assert served.env("seat-02") == variables
    assert answers(variables, made) == 200


def test_a_taken_port_is_a_sentence_and_nothing_starts(served: Served, tmp_path: Path):
    second = Served(tmp_path / "home", served.options.port_offset)
    hub, seats = str(served.options.port + 1), str(served.options.port_offset)
    for words, said in (
        ((), rf"127\.0\.0\.1 cannot be listened on at port {served.options.port}: node \(pid \d+\) holds it"),
        (
            ("--port", hub, "--port-offset", seats),
            r"needs port \d+, which \S+ \(pid \d+\) holds\. .* move all seats: --port-offset \d+",
        ),
    ):
        refused = second.cli(*second.words, "--seats", "2", "--shared-user", *words, check=False)
        assert refused.returncode == 1
        assert re.search(f"Nothing was started, since .*{said}", refused.stderr), refused.stderr
        assert "Traceback" not in refused.stderr
    assert not (second.folder / "workshop.json").exists()


def test_close_keeps_results_and_files_and_ends_everything(served: Served, visitors: dict[str, Visitor]):
    session = {"path": "my_lessons/01_routing.ipynb", "name": "01_routing.ipynb", "type": "notebook",
               "kernel": {"name": "python3"}}  # fmt: skip
    kernel = visitors["seat-01"].api("POST", "sessions", json=session)["kernel"]["id"]
    solve = f"from gateway_kit import check, connect\ngateway = connect()\n{solved_code('00.1')}\n"
    visitors["seat-01"].run(kernel, f"{solve}print(check('01.1'), check('00.1'))")
    with StoreClient(served.record.store) as store:
        eventually(lambda: len(verified(store.scores(), served.record).results) == 2, "no result arrives")
        states = verified(store.scores(), served.record).states
    assert ("seat-01", "01_routing") in {(state.seat, state.lesson) for state in states}
    # What a kernel leaves that is killed right after its check.
    left = "import os; from gateway_kit import check; check('02.1', {}); os.kill(os.getpid(), 9)"
    subprocess.run(
        [sys.executable, "-c", left], env=served.place("seat-02").environ(), check=False, capture_output=True
    )

    watching = served.watch()
    running = [pid for seat in SEATS for pid in served.pids(seat).values()]
    hub: dict[str, Any] = json.loads((hub_folder(served.folder) / "state.json").read_text())["services"]
    running += [entry["process"]["pid"] for entry in hub.values()]
    assert len(running) > 15
    said = served.cli("workshop", "close", "--yes").stdout
    assert "seat-02: Handed in for seat-02 of team-a: 1 result; " in said
    assert re.search(r"seat-01: .*virtual keys? deleted", said)
    assert not [pid for pid in running if runs(pid)]
    told, _ = watching.communicate(timeout=60)
    assert (watching.returncode, "The workshop was stopped" in told) == (0, True)
    for seat in SEATS:
        assert (served.place(seat).folder / "my_lessons" / "00_start_here.ipynb").is_file()
        assert (served.place(seat).home / "postgres").is_dir()
    rows = list(csv.DictReader((served.folder / "results.csv").read_text().splitlines()))
    assert {(row["seat"], row["exercise"], row["passed"]) for row in rows} == {
        ("seat-01", "01.1", "0"), ("seat-01", "00.1", "1"), ("seat-02", "02.1", "0"),
    }  # fmt: skip
    assert [path.name for path in (served.folder / "certificates").iterdir()] == ["seat-01.html"]

    assert served.cli("workshop", "stop").stdout == "Nothing was running.\n"
    again = served.cli(*served.words, check=False)
    assert (again.returncode, "was closed on" in again.stderr) == (1, True)
