"""The board's own server: what it answers to whom."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from workshop_made import made_result, made_workshop
from workshop_shelf import Shelf

from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.board.server import board_app, serve_board
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import save

Ask = Callable[..., TestClient]


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    workshop, shelf = made_workshop(3), Shelf()
    save(workshop, tmp_path)
    shelf.take(workshop, made_result(workshop, "seat-02"), datetime.now(UTC))
    return Feed(tmp_path, client=lambda _: shelf)  # type: ignore[arg-type,return-value]


@pytest.fixture
def client(feed: Feed) -> Iterator[Ask]:
    def made(*, names_hidden: bool = False, is_local: bool = True) -> TestClient:
        app = board_app(feed, names_hidden=names_hidden, is_local=is_local)
        return TestClient(app, base_url="http://127.0.0.1:8800")

    return made


def test_the_part_is_sent_only_when_it_has_changed(feed: Feed, client: Ask) -> None:
    http = client()
    first = http.get("/part")
    assert "seat-02" in first.text
    assert "✓</span></td>" not in first.text
    tag = {"If-None-Match": first.headers["etag"]}
    assert http.get("/part", headers=tag).status_code == 304
    feed.poll()
    changed = http.get("/part", headers=tag)
    assert changed.status_code == 200
    assert "✓</span></td>" in changed.text


def test_the_page_may_run_its_own_script_and_nothing_else(client: Ask) -> None:
    answer = client().get("/")
    assert answer.text.count("<script>") == 1
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "'unsafe-inline'" not in policy.split(";")[1]


def test_the_table_is_downloaded(client: Ask) -> None:
    answer = client().get("/board.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'attachment; filename="team-a-' in answer.headers["content-disposition"]
    assert answer.text.startswith("seat,lesson,exercise,state,")


@pytest.mark.parametrize(
    ("names_hidden", "is_local", "asked", "shown"),
    [
        (False, True, "", True), (False, True, "?hidden=true", False), (True, True, "", False),
        (True, True, "?hidden=false", True), (False, False, "", True), (False, False, "?hidden=true", False),
        (True, False, "", False), (True, False, "?hidden=false", False),
    ],
)  # fmt: skip
def test_hidden_names_can_be_shown_on_this_machine_only(
    client: Ask, names_hidden: bool, is_local: bool, asked: str, shown: bool
) -> None:
    http = client(names_hidden=names_hidden, is_local=is_local)
    for path in ("/part", "/board.csv"):
        assert ("seat-02" in http.get(path + asked).text) is shown
    assert ('id="names"' in http.get("/").text) is (is_local or not names_hidden)


def test_another_sites_name_for_this_machine_is_refused(client: Ask) -> None:
    other = {"Host": "evil.example"}
    assert client().get("/part", headers=other).status_code == 400
    assert client(is_local=False).get("/part", headers=other).status_code == 200


def test_a_taken_port_is_said_with_the_next_command(feed: Feed) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            WorkshopError, match=f"cannot listen on 127.0.0.1:{port} .*board --port {port + 1}"
        ):
            serve_board(feed, host="127.0.0.1", port=port, names_hidden=False, ready=print)


def test_ctrl_c_before_it_serves_ends_it_in_good_order(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    made = uvicorn.Config.get_loop_factory

    def pressed(config: uvicorn.Config) -> Any:
        signal.raise_signal(signal.SIGINT)
        return made(config)

    monkeypatch.setattr(uvicorn.Config, "get_loop_factory", pressed)
    serve_board(feed, host="127.0.0.1", port=0, names_hidden=False, ready=print)
    gc.collect()  # a server that was never run would complain
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
