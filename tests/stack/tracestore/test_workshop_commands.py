"""A workshop without a hub, by its commands, on the real store: begin, codes, join, check, close, verify."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway_kit.cli import main
from gateway_kit.lessons import check
from gateway_kit.lessons.exercise import Criterion, Exercise
from gateway_kit.lessons.registry import EXERCISES
from gateway_kit.workshop import closing, lesson
from gateway_kit.workshop.closing import close
from gateway_kit.workshop.record import load
from gateway_kit.workshop.store import StoreClient
from gateway_kit.workshop.verified import verified

from .store_program import StoreProgram

Command = Callable[..., Result]


@pytest.fixture
def command(empty_store: StoreProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`gateway-kit workshop WORDS`, on the facilitator's state folder, or on that of a seat."""
    monkeypatch.delenv("GATEWAY_WORKSHOP", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def run(*words: str, home: str = "facilitator", code: int = 0, **more: Any) -> Result:
        env = {"GATEWAY_HOME": str(tmp_path / home), "LANGFUSE_SECRET_KEY": empty_store.secret_key}
        done = CliRunner().invoke(main, ["workshop", *words], env={**env, **more.pop("env", {})}, **more)
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.fixture
def begun(command: Command, empty_store: StoreProgram) -> Command:
    command("begin", "--seats", "3", "--name", "team-a", *at(empty_store))
    return command


@pytest.fixture
def codes(begun: Command) -> dict[str, str]:
    return {row["seat"]: row["join_code"] for row in json.loads(begun("codes", "--json").output)}


@pytest.fixture
def at_seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Check exercise 01.1 as a seat, without its background thread."""
    monkeypatch.setitem(
        EXERCISES, "01.1", Exercise("01.1", lambda v: [Criterion("`a` is set", "a" in v)], ("",))
    )
    monkeypatch.setattr("threading.Thread.start", lambda self: None)

    def run(seat: str, *results: bool) -> None:
        monkeypatch.setenv("GATEWAY_HOME", str(tmp_path / seat))
        for passed in results:
            check("01.1", {"a": 1} if passed else {})

    yield run
    if lesson._reporter is not None:
        lesson._reporter.end()
    lesson._reporter = None


def at(store: StoreProgram) -> tuple[str, ...]:
    return ("--store-url", store.url, "--public-key", store.public_key)


def folder(tmp_path: Path) -> Path:
    return tmp_path / "facilitator" / "workshop"


def test_a_whole_workshop(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], tmp_path: Path
) -> None:
    assert "seat-02 of the workshop team-a" in begun("join", codes["seat-02"], home="seat-02").output
    begun("join", "-", home="seat-03", input=codes["seat-03"] + "\n")
    at_seat("seat-02", False, True)
    at_seat("seat-03", False)
    said = begun("join", home="seat-02").output
    assert "Handed in for seat-02 of team-a: 2 results." in said
    assert "01.1  attempt 2, passed" in said
    assert "no results" in begun("join", home="seat-02").output
    begun("join", home="seat-03")

    names = tmp_path / "names.csv"
    names.write_text("seat,name\nseat-02, Ann Example\n")
    done = begun("close", "--yes", "--names", str(names))
    assert "hold 3 results of 2 seats" in done.output
    assert "passed nothing: seat-01, seat-03" in done.output
    rows = list(csv.DictReader((folder(tmp_path) / "results.csv").read_text().splitlines()))
    assert [(row["seat"], row["attempt"], row["passed"], row["missing"]) for row in rows] == [
        ("seat-02", "1", "0", "`a` is set"), ("seat-02", "2", "1", ""), ("seat-03", "1", "0", "`a` is set"),
    ]  # fmt: skip
    assert load(folder(tmp_path)).closed is not None

    (certificate,) = (folder(tmp_path) / "certificates").iterdir()
    said = begun("verify", str(certificate)).output
    assert "seat-02 (Ann Example) of the workshop team-a has passed 1 exercise," in said
    assert "this machine's workshop" in said
    begun("verify", str(certificate), "--key", str(folder(tmp_path) / "signing.pub"), home="elsewhere")
    unknown = begun("verify", str(certificate), home="elsewhere", code=3)
    assert "Compare that with the fingerprint that the workshop published" in unknown.output
    wrong = begun("verify", str(certificate), "--key", "0000-" * 7 + "0000", home="elsewhere", code=1)
    assert "was not signed by the key of --key" in wrong.output
    right = certificate.read_text()
    certificate.write_text(right.replace("Ann", "Eve"))
    assert "changed after they were signed" in begun("verify", str(certificate), code=1).output

    assert "was closed on" in begun("join", codes["seat-01"], home="late", code=1).output
    assert not (tmp_path / "late").exists()
    assert "its codes count no longer" in begun("codes", code=1).output
    begun(
        "close"
    )  # again: certificates anew, nothing to ask; a changed name is not taken over, a right one stays
    assert "seat-02 of the workshop" in begun("verify", str(certificate)).output
    certificate.write_text(right)
    begun("close")
    assert "seat-02 (Ann Example) of the workshop" in begun("verify", str(certificate)).output
    assert len(list((folder(tmp_path) / "certificates").iterdir())) == 1
    nowhere = ("--store-url", "http://127.0.0.1:9", "--public-key", "pk")
    assert "was closed" in begun("begin", "--seats", "4", "--name", "team-a", *nowhere, code=1).output


def test_a_certificate_by_another_workshops_key_is_refused_here(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], tmp_path: Path
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", True)
    begun("join", home="seat-01")
    begun("close", "--yes")
    certificate = folder(tmp_path) / "certificates" / "seat-01.html"
    (folder(tmp_path) / "signing.pem").unlink()
    begun("close")  # with a key of its own, and over the certificate
    forged = tmp_path / "forged.html"
    forged.write_text(certificate.read_text())
    (folder(tmp_path) / "signing.pem").unlink()
    begun("close")
    assert (
        "was not signed by the key of this machine's workshop" in begun("verify", str(forged), code=1).output
    )


def test_after_closing_the_store_may_be_gone(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], tmp_path: Path
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", True)
    begun("join", home="seat-01")
    record = folder(tmp_path) / "workshop.json"
    there = record.read_text()
    gone = json.loads(there)
    gone["store"]["url"] = "http://127.0.0.1:9"
    record.write_text(json.dumps(gone))
    refused = begun("close", "--yes", code=1)
    assert "was not closed, since its results cannot be read" in refused.output
    assert load(record.parent).closed is None
    record.write_text(there)
    begun("close", "--yes")
    closed = json.loads(record.read_text())
    closed["store"]["url"] = "http://127.0.0.1:9"
    record.write_text(json.dumps(closed))
    names = tmp_path / "names.csv"
    names.write_text("seat-01,Ann\n")
    begun("close", "--names", str(names))
    assert ">Ann</p>" in (record.parent / "certificates" / "seat-01.html").read_text()


def test_a_forged_pass_gets_no_certificate(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], tmp_path: Path
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", False)
    begun("join", home="seat-01")
    workshop = load(folder(tmp_path))
    with StoreClient(workshop.store) as client:
        (score,) = (one for one in client.scores() if one["name"] == "exercise-01.1")
        forged = {"id": score["id"], "traceId": score["subject"]["id"], "name": "exercise-01.1", "value": 1,
                  "dataType": "NUMERIC", "comment": "", "metadata": {"missing": []}}  # fmt: skip
        client._ask("POST", "scores", json=forged)
        assert len(verified(client.scores(), workshop).forged) == 1
    done = begun("close", "--yes")
    assert "not counted: 1 forged score in the name of seat-01" in done.output
    assert "passed nothing: seat-01, seat-02, seat-03" in done.output


def test_what_somebody_changed_or_deleted_in_the_store_is_handed_in_again(
    begun: Command,
    codes: dict[str, str],
    at_seat: Callable[..., None],
    tmp_path: Path,
    empty_store: StoreProgram,
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", False, True)
    begun("join", home="seat-01")
    workshop = load(folder(tmp_path))
    with StoreClient(workshop.store) as client:
        passed, failed = (one for one in client.scores() if one["name"] == "exercise-01.1")
        empty_store.http.delete(f"/api/public/scores/{passed['id']}")
        changed = {"id": failed["id"], "traceId": failed["subject"]["id"], "name": "exercise-09.9", "value": 1,
                   "comment": "no", "metadata": {"missing": ["everything"], "more": 1}}  # fmt: skip
        client._ask("POST", "scores", json=changed)
        assert verified(client.scores(), workshop).results == []
        assert "2 results." in begun("join", "--again", home="seat-01").output
        mended = verified(client.scores(), workshop)
        assert ([result.passed for result in mended.results], mended.forged) == ([False, True], [])
    assert "no results." in begun("join", home="seat-01").output


def test_results_are_read_once_the_store_shows_them(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], tmp_path: Path
) -> None:
    """Langfuse shows what it has taken only seconds later."""
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", True)
    begun("join", home="seat-01")

    class Late(StoreClient):
        asked = 0

        def scores(self, *given: Any, **more: Any) -> Iterator[dict[str, Any]]:
            self.asked += 1
            return super().scores(*given, **more) if self.asked > 3 else iter(())

    done = close(
        folder(tmp_path),
        end_seats=lambda: None,
        stop=lambda: None,
        open_store=lambda workshop: Late(workshop.store),
    )
    assert [result.seat for result in done.found.results] == ["seat-01"]
    assert done.complete


def test_a_store_that_does_not_show_in_time_what_it_has_is_said_and_closing_again_mends_it(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", True)
    begun("join", home="seat-01")
    with monkeypatch.context() as patched:
        patched.setattr(closing, "READABLE_AFTER_S", 0)
        patched.setattr(StoreClient, "scores", lambda *_, **__: iter(()))
        assert "Close again in some minutes: gateway-kit workshop close" in begun("close", "--yes").output
    again = begun("close", "--yes").output
    assert "1 result of 1 seat" in again
    assert "Close again" not in again


def test_closing_is_asked_first(begun: Command, tmp_path: Path) -> None:
    assert "cannot be opened again" in begun("close", code=1, input="n\n").output
    assert load(folder(tmp_path)).closed is None


def test_beginning_again_adds_seats_and_keeps_codes(
    begun: Command, codes: dict[str, str], empty_store: StoreProgram
) -> None:
    more = ("begin", "--seats", "5", "--name", "team-a", "--store-url", empty_store.url)
    assert "goes on: 5 seats" in begun(*more, env={"LANGFUSE_PUBLIC_KEY": empty_store.public_key}).output
    again = {row["seat"]: row["join_code"] for row in json.loads(begun("codes", "--json").output)}
    assert len(again) == 5
    assert {seat: again[seat] for seat in codes} == codes
    other = begun("begin", "--seats", "5", "--name", "team-b", *at(empty_store), code=1)
    assert "GATEWAY_WORKSHOP=FOLDER" in other.output


def test_what_begin_is_missing(command: Command, empty_store: StoreProgram) -> None:
    seats = ("begin", "--seats", "2")
    assert "Where should results go?" in command(*seats, code=1).output
    assert "must look like https://" in command(*seats, "--store-url", "here", code=1).output
    assert "LANGFUSE_SECRET_KEY" in command(*seats, "--store-url", empty_store.url, code=1).output
    wrong = (*seats, "--store-url", empty_store.url, "--public-key", "pk-lf-other")
    assert "refuses the keys" in command(*wrong, code=1).output
    gone = (*seats, "--store-url", "http://127.0.0.1:9", "--public-key", "pk")
    assert "does not answer" in command(*gone, code=1).output
    assert "no workshop in" in command("codes", code=1).output


def test_what_join_is_missing(
    begun: Command,
    codes: dict[str, str],
    empty_store: StoreProgram,
    at_seat: Callable[..., None],
    tmp_path: Path,
) -> None:
    assert "no seat of a workshop" in begun("join", home="seat-01", code=1).output
    assert "no seat of a workshop" in begun("join", "--leave", home="seat-01", code=1).output
    assert "is damaged" in begun("join", codes["seat-01"][:-3], home="seat-01", code=1).output
    begun("join", "--leave", codes["seat-01"], home="seat-01", code=2)
    assert not (tmp_path / "seat-01").exists()

    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", False)
    membership = tmp_path / "seat-01" / "workshop.json"
    there = membership.read_text()
    membership.write_text(there.replace(empty_store.url, "http://127.0.0.1:9"))
    at_seat("seat-01", True)
    later = begun("join", home="seat-01", code=1).output
    assert "2 results of seat-01 in team-a could not be handed in and stay in" in later
    assert "leave that workshop first" in begun("join", codes["seat-02"], home="seat-01", code=1).output
    left = begun("join", "--leave", home="seat-01").output
    assert "They are handed in if you join again with the same code" in left
    assert not membership.exists()
    begun("join", codes["seat-01"], home="seat-01")
    assert "2 results." in begun("join", home="seat-01").output


def test_moving_to_another_seat_hands_in_first(
    begun: Command, codes: dict[str, str], at_seat: Callable[..., None]
) -> None:
    begun("join", codes["seat-01"], home="seat-01")
    at_seat("seat-01", True)
    moved = begun("join", codes["seat-02"], home="seat-01").output
    assert "Handed in for seat-01 of team-a: 1 result." in moved
    assert "This stack is seat-02" in moved


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("seat-09,Ann\n", "has no seat seat-09"),
        ("seat-01\n", "line 1"),
        ("seat,name\nseat-01,Ann\nseat-01,Eve\n", "line 3: seat-01 has a name already"),
        ("seat-01," + "A" * 81, "up to 80 characters"),
        ("seat-01,A\x07nn", "line 1"),
    ],
)
def test_names_that_cannot_be(begun: Command, tmp_path: Path, lines: str, says: str) -> None:
    names = tmp_path / "names.csv"
    names.write_text(lines)
    assert says in begun("close", "--yes", "--names", str(names), code=1).output
    assert load(folder(tmp_path)).closed is None
