"""What `serve` decides before anything starts, and what it refuses, in one sentence each."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway_kit.errors import KitError
from gateway_kit.settings import BASE_PORTS
from gateway_kit.stack.seats import opening, options, services, users
from gateway_kit.stack.seats.checks import check_ports
from gateway_kit.stack.seats.opening import SHARED, Opened, Request, open_workshop
from gateway_kit.stack.seats.options import STEP, ServeOptions, hub_folder, read_options, write_options
from gateway_kit.stack.seats.place import Place, find_place, make_place
from gateway_kit.stack.seats.running import ended_services, seat_runs
from gateway_kit.stack.seats.services import workshop_services
from gateway_kit.stack.services.credentials import env_file, read_env_file
from gateway_kit.stack.services.fork_server import can_listen
from gateway_kit.workshop.record import Store, load, new_workshop, save
from tests.neighbouring_offsets import free_offsets

OFFSET = 9700  # other services' ports on this machine do not matter here
SHARED_BY_SEATS = ("chat-model", "embeddings", "fork-server")


@pytest.fixture(autouse=True)
def no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "check_ports", lambda *_: None)
    monkeypatch.setattr(services, "can_listen", lambda _: True)  # pytest's folders may have longer names
    monkeypatch.setattr("gateway_kit.stack.supervisor.preflight.available_memory_mb", lambda: 10_000_000)
    monkeypatch.setattr(opening, "why_shared", lambda: "All seats run as root, since this is a test")


def opened(folder: Path, *, seats: int | None = None, name: str | None = None, **more: Any) -> Opened:
    return open_workshop(folder, Request(seats, name, options=more))


def refusal(folder: Path, request: Request) -> str:
    with pytest.raises(KitError) as refused:
        open_workshop(folder, request)
    return str(refused.value)


def test_a_workshop_begins_with_codes_secrets_and_closed_folders(tmp_path: Path):
    folder = tmp_path / "workshop"
    made = opened(folder, seats=2, port_offset=OFFSET)
    assert made.secrets_are_new
    assert made.workshop.address == "http://127.0.0.1:8000"
    assert made.workshop.store.url == f"http://127.0.0.1:{3001 + OFFSET}"
    assert made.workshop.until - made.workshop.created == pytest.approx(
        timedelta(days=1), abs=timedelta(seconds=5)
    )
    assert made.workshop == load(folder)
    for seat in ("seat-01", "seat-02"):
        assert (folder / "seats" / seat).stat().st_mode & 0o777 == 0o700
        assert list((folder / "seats" / seat).iterdir()) == []  # the seat's own program fills it
    kept = read_env_file(env_file(folder / "store"))
    assert kept["LANGFUSE_SECRET_KEY"] == made.workshop.store.secret_key
    assert kept["LANGFUSE_INIT_USER_PASSWORD"] != "password"


def test_served_again_it_goes_on_with_the_same_codes_and_secrets_and_takes_more_seats(tmp_path: Path):
    first = opened(tmp_path, seats=2, port=8100, port_offset=OFFSET)
    again = opened(tmp_path)
    assert not again.secrets_are_new
    assert (again.workshop, again.options, again.secrets) == (first.workshop, first.options, first.secrets)
    assert again.signed_by == first.signed_by
    more = opened(tmp_path, seats=4, port=8200)
    assert more.workshop.seats[:2] == first.workshop.seats
    assert len(more.workshop.seats) == 4
    assert more.workshop.address == "http://127.0.0.1:8200"
    assert len(opened(tmp_path, seats=1).workshop.seats) == 4  # nobody loses a seat


def test_idle_seats_go_on_unless_told_and_zero_takes_that_back(tmp_path: Path):
    assert opened(tmp_path, seats=1, port_offset=OFFSET).options.cull_after_minutes is None
    served = opened(tmp_path, cull_after_minutes=30)
    names = set(workshop_services(tmp_path, served.options, served.secrets, served.keys))
    assert names == {"hub", "proxy", "culler", "postgres", "tracing", *SHARED_BY_SEATS}
    assert opened(tmp_path).options.cull_after_minutes == 30
    served = opened(tmp_path, cull_after_minutes=0)
    assert served.options.cull_after_minutes is None
    assert "culler" not in workshop_services(tmp_path, served.options, served.secrets, served.keys)


def test_a_folder_with_too_long_a_name_for_a_socket_is_served_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    served = opened(tmp_path, seats=1)
    monkeypatch.setattr(services, "can_listen", can_listen)
    deep = tmp_path / ("n" * 100)
    assert "fork-server" not in workshop_services(deep, served.options, served.secrets, served.keys)


def test_one_that_has_begun_with_another_store_keeps_it(tmp_path: Path):
    store = Store("https://langfuse.example.com", "pk", "sk")
    begun = new_workshop("team-a", 2, store=store, until=datetime.now().astimezone() + timedelta(1))
    save(begun, tmp_path)
    for _ in range(2):
        served = opened(tmp_path, port_offset=OFFSET)
        assert served.workshop.store == store
        assert served.workshop.seats == begun.seats
    names = set(workshop_services(tmp_path, served.options, served.secrets, None))
    assert names == {"hub", "proxy", *SHARED_BY_SEATS}


def test_what_is_opened_to_others_and_shared_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert opened(tmp_path / "a", seats=1).notes == ("All seats run as root, since this is a test",)
    assert open_workshop(tmp_path / "b", Request(1, shared_user=True)).notes == (SHARED,)
    assert opened(tmp_path / "a", seats=1).notes == (SHARED,)
    monkeypatch.setattr(opening, "why_shared", str)
    monkeypatch.setattr(opening, "ensure_users", lambda *_: None)
    monkeypatch.setattr(
        opening, "find_place", lambda folder, seat, _: Place(seat, folder / seat, 0, None, {})
    )
    monkeypatch.setattr(options, "own_address", lambda: "192.0.2.7")
    served = opened(tmp_path / "c", seats=1, listen="0.0.0.0")
    assert served.options.own_users
    assert served.workshop.address == "http://192.0.2.7:8000"
    assert served.notes == (
        "Everybody who reaches http://192.0.2.7:8000 gets the page to sign in; nothing else of this machine is opened",
        "Without TLS whoever listens on the network can read codes and results: give --tls-cert and --tls-key, or put "
        "the venue's own proxy in front",
    )
    behind = opened(tmp_path / "c", public_address="https://seats.example.com")
    assert behind.workshop.address == "https://seats.example.com"
    assert len(behind.notes) == 1


def test_what_cannot_be_served_is_refused_with_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "gateway-kit workshop serve --seats 4" in refusal(tmp_path, Request())
    assert "small letters" in refusal(tmp_path, Request(2, "Team A"))
    assert "above 65535" in refusal(tmp_path, Request(999))
    assert "needs both files" in refusal(tmp_path, Request(2, options={"tls_cert": "a.pem"}))
    both = {"tls_cert": str(tmp_path / "no.pem"), "tls_key": str(tmp_path / "no.key")}
    assert "cannot be used for TLS" in refusal(tmp_path, Request(2, options=both))
    assert not (tmp_path / "workshop.json").exists()
    first = opened(tmp_path, seats=2, name="team-a", port_offset=OFFSET)
    assert "has the workshop team-a" in refusal(tmp_path, Request(2, "team-b"))
    monkeypatch.setattr("gateway_kit.stack.seats.checks.running_seats", lambda _: ["seat-01"])
    moved = refusal(tmp_path, Request(options={"port_offset": OFFSET + 97}))
    assert "First run: gateway-kit workshop stop" in moved
    save(replace(first.workshop, closed=first.workshop.until), tmp_path)
    assert "was closed on" in refusal(tmp_path, Request())
    (hub_folder(tmp_path) / "serve.json").write_text('{"colour": 1}')
    assert "serve.json is damaged" in refusal(tmp_path, Request())


def test_a_taken_port_is_named_with_its_owner_and_the_way_out(tmp_path: Path):
    own = free_offsets(2)
    offset = own + STEP
    workshop = new_workshop("a", 1, store=Store("http://s", "p", "s"), until=datetime.now().astimezone())
    chosen = ServeOptions(port=8000 + own, port_offset=own)
    hub_folder(tmp_path).mkdir()
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", BASE_PORTS["redis"] + offset))
        holder.listen()
        with pytest.raises(
            KitError, match=rf"seat-01 needs port {6379 + offset}, which python\S* \(pid \d+\) holds"
        ):
            check_ports(tmp_path, workshop, chosen)
    with pytest.raises(
        KitError, match=r"203\.0\.113\.1 cannot be listened on .* Give an address of this machine"
    ):
        check_ports(tmp_path, workshop, replace(chosen, listen="203.0.113.1"))
    check_ports(tmp_path, workshop, chosen)


def test_options_are_kept_and_secrets_are_not_in_them(tmp_path: Path):
    hub_folder(tmp_path).mkdir()
    assert read_options(tmp_path) is None
    chosen = ServeOptions("0.0.0.0", 443, 2000, "/c.pem", "/k.pem", None, 20, True)
    write_options(tmp_path, chosen)
    assert read_options(tmp_path) == chosen
    assert chosen.bind_url == "https://0.0.0.0:443"
    assert ServeOptions("::1").address == "http://[::1]:8000"
    assert [chosen.seat_offset(f"seat-{n:02d}") for n in (1, 25)] == [2000 + STEP, 2000 + 25 * STEP]
    assert read_options(tmp_path).shared_models == {  # type: ignore[union-attr]
        "CHAT_MODEL_URL": "http://127.0.0.1:10090/v1", "EMBEDDINGS_URL": "http://127.0.0.1:10091/v1",
    }  # fmt: skip


def test_a_seats_programs_get_nothing_of_the_facilitators(tmp_path: Path):
    place = find_place(tmp_path, "seat-01", ServeOptions())
    facilitators = {
        "OPENAI_API_KEY": "sk-real", "GATEWAY_HOME": "/mine", "LITELLM_MASTER_KEY": "sk-mine", "HOME": "/root",
        "PYTHONPATH": "/mine", "LANG": "C.UTF-8", "PATH": "/bin", "USER": "ann",
    }  # fmt: skip
    env = place.environ(facilitators)
    assert env["GATEWAY_HOME"] == str(tmp_path / "seats" / "seat-01" / ".gateway")
    assert env["HOME"] == str(place.folder)
    assert env["LANG"] == "C.UTF-8"
    assert not {"OPENAI_API_KEY", "LITELLM_MASTER_KEY", "PYTHONPATH"} & env.keys()
    assert "user" not in place.process()


def test_a_seat_with_a_user_of_its_own_runs_as_that_user_in_a_folder_that_is_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    owners: list[tuple[str, int]] = []
    followed: list[bool] = []

    def chown(path: Path, uid: int, gid: int, *, follow_symlinks: bool = True) -> None:
        owners.append((path.name, uid))
        followed.append(follow_symlinks)

    monkeypatch.setattr("os.chown", chown)
    place = Place(
        "seat-01", tmp_path / "w" / "seats" / "seat-01", 97, users.SeatUser("gk-seat-01", 901, 902), {}
    )
    make_place(place)
    assert owners == [("seat-01", 901)]
    (place.folder / "my_lessons").mkdir()
    (place.folder / "my_lessons" / "elsewhere").symlink_to("/etc")
    owners.clear()
    followed.clear()
    make_place(place)  # as after a move: all of it still is another user's
    assert [name for name, _ in owners] == ["elsewhere", "my_lessons", "seat-01"]
    assert followed == [False, False, True]
    owners.clear()
    make_place(replace(place, user=replace(place.user, uid=os.getuid())))
    assert not owners, "what is the user's already stays as it is"
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert place.folder.parent.stat().st_mode & 0o777 == 0o711
    started = place.process()
    assert (started["user"], started["group"], started["extra_groups"]) == (901, 902, [])
    assert place.environ({})["USER"] == "gk-seat-01"


def test_who_may_have_users_of_their_own(monkeypatch: pytest.MonkeyPatch):
    assert "serve as root from a clone under /opt" in users.why_shared(uid=1000)
    asked: list[Any] = []

    def run(argv: Any, **more: Any) -> Any:
        asked.append((argv, more))
        code, said = outcome
        return subprocess.CompletedProcess(argv, code, "", said)

    monkeypatch.setattr("subprocess.run", run)
    outcome = (1, "Traceback\nPermissionError: '/closed/kit'")
    assert "(PermissionError: '/closed/kit')" in users.why_shared(uid=0)
    assert asked[0][1]["user"] not in (0, None)
    outcome = (0, "")
    assert users.why_shared(uid=0) == ""
    monkeypatch.setattr(
        "subprocess.run", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Denied", "x"))
    )
    said = users.why_shared(uid=0)
    assert f"({Path(sys.executable).resolve()}: Denied)" in said
    assert "make workshop PYTHON=/usr/bin/python3" in said
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("pwd.getpwnam", lambda name: (_ for _ in ()).throw(KeyError(name)))
    outcome = (4, "useradd: cannot lock /etc/passwd")
    with pytest.raises(
        KitError, match=r"gk-\w+-seat-01 cannot be made: useradd: cannot lock .*--shared-user"
    ):
        users.ensure_users(["seat-01"], Path("/w/seats"))
    assert asked[-1][0][-1] == users.user_name("seat-01", Path("/w/seats"))
    with pytest.raises(KitError, match=r"gk-\w+-seat-02 is gone"):
        users.seat_user("seat-02", Path("/w/seats"))


def test_no_two_workshops_share_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One that stops ends every process of its users."""
    names = {users.user_name("seat-01", tmp_path / name / "seats") for name in ("a", "b")}
    assert len(names) == 2
    assert all(re.fullmatch(r"gk-[0-9a-f]{6}-seat-01", name) for name in names)
    monkeypatch.setattr("pwd.getpwnam", lambda name: SimpleNamespace(pw_name=name, pw_uid=901, pw_gid=902))
    place = find_place(tmp_path / "a", "seat-01", ServeOptions(own_users=True))
    assert place.user == users.SeatUser(users.user_name("seat-01", tmp_path / "a" / "seats"), 901, 902)


def test_codes_that_ended_are_said_and_new_time_is_given(tmp_path: Path):
    past = datetime.now().astimezone() - timedelta(hours=1)
    request = Request(1, until=past, shared_user=True, options={"port_offset": OFFSET})
    assert open_workshop(tmp_path, request).notes[-1].startswith("Its codes ended on ")
    more = replace(request, until=past + timedelta(days=1))
    later = open_workshop(tmp_path, more)
    assert (later.notes, later.renewed) == ((SHARED,), True)
    assert not open_workshop(tmp_path, Request()).renewed


def test_more_seats_than_fit_are_refused_with_how_many_do_and_promised_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened(tmp_path, seats=4, port_offset=OFFSET)
    monkeypatch.setattr("gateway_kit.stack.supervisor.preflight.available_memory_mb", lambda: 8_000)
    for folder in (tmp_path, tmp_path / "new"):
        assert re.search(
            r"8 GB free, enough for \d: gateway-kit workshop serve --seats \d$", refusal(folder, Request(25))
        )
    assert not (tmp_path / "new" / "workshop.json").exists()
    monkeypatch.setattr("gateway_kit.stack.supervisor.preflight.available_memory_mb", lambda: 100)
    assert len(opened(tmp_path).workshop.seats) == 4


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=12_000_000))
    said = refusal(tmp_path, Request(2))
    assert "has 12 MB left, and 300 MB are needed" in said
    assert "GATEWAY_WORKSHOP=FOLDER gateway-kit workshop serve" in said
    assert not (tmp_path / "workshop.json").exists()


def test_what_serves_seats_is_asked_for_by_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    services.check_installed()
    monkeypatch.setattr(services, "_PROXY", tmp_path / "no proxy")
    with pytest.raises(KitError, match=r"^configurable-http-proxy is not installed, .* Run: make workshop$"):
        services.check_installed()
    monkeypatch.setattr(services, "find_spec", lambda name: None if name == "jupyterhub" else name)
    with pytest.raises(
        KitError, match=r"^jupyterhub is not installed, which serves seats. Run: make workshop$"
    ):
        services.check_installed()


def test_a_seats_record_names_what_ended_whatever_it_holds(tmp_path: Path):
    def service(pid: int, birth: str) -> dict[str, Any]:
        return {
            "process": {"pid": pid, "birth": birth, "stop_signal": 15}, "port": 1, "url": "", "version": "",
            "identity": "",
        }  # fmt: skip

    state = tmp_path / "state.json"
    record = {"format": 2, "services": {"redis": service(99999999, "x"), "lab": service(99999998, "x")}}
    state.write_text(json.dumps(record))
    assert ended_services(tmp_path) == ["redis"]  # the hub knows of the JupyterLab
    assert not seat_runs(tmp_path)
    for text in ("", "{", "[]", '{"format": 2, "services": 7}'):
        state.write_text(text)
        assert ended_services(tmp_path) == []
    state.unlink()
    os.mkfifo(state)  # a seat may do that; nobody must wait for it
    assert ended_services(tmp_path) == []
