"""Who may see the pages, and the headers of their answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.pages.cookies import is_session, new_session
from gateway_kit.stack.servers.tracestore.pages.routes import page_routes
from gateway_kit.stack.servers.tracestore.pages.sign_in import Guesses, local_target

from .page_reader import Reader
from .store_program import StoreProgram


@pytest.fixture
def stranger(store: StoreProgram) -> Iterator[Reader]:
    reader = Reader(store)
    yield reader
    reader.http.close()


@pytest.mark.parametrize("path", ["/", "/traces", "/traces/1", "/sessions", "/session?id=a", "/dashboard",
                                  "/traces/1/observations/2/input", "/project/kit/traces/1"])  # fmt: skip
def test_a_stranger_is_sent_to_sign_in_and_then_to_the_page_asked_for(stranger: Reader, path: str) -> None:
    answer = stranger.http.get(path)
    assert answer.status_code == 303
    form_page = answer.headers["location"]
    assert form_page.startswith("/sign-in?next=")
    done = stranger.sign_in(form_page)
    assert (done.status_code, done.headers["location"]) == (303, path)


def test_langfuses_address_of_a_trace_leads_to_its_page(stranger: Reader) -> None:
    stranger.sign_in()
    answer = stranger.http.get("/project/kit/traces/a%20%22b")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces/a%20%22b")


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(stranger: Reader) -> None:
    cookie = stranger.sign_in().headers["set-cookie"]
    assert cookie.startswith(f"tracestore_session_{stranger.store.port}=")
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Secure" not in cookie
    behind_https = Reader(stranger.store)
    behind_https.http.headers["x-forwarded-proto"] = "https"
    answer = behind_https.http.get("/sign-in")
    behind_https.http.close()
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"email": "else@dep.com"}, {"password": ""}, {"email": "é\x00"}]
)
def test_a_wrong_guess_is_refused(stranger: Reader, fields: dict[str, str]) -> None:
    answer = stranger.sign_in(**fields)
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert stranger.http.get("/traces").status_code == 303
    assert stranger.sign_in().status_code == 303  # and the right one still works; this forgets the wrong ones


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_a_forged_sign_in_is_refused(stranger: Reader, token: str) -> None:
    answer = stranger.sign_in(token=token)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]


def test_a_token_works_only_with_its_cookie(stranger: Reader) -> None:
    fields = stranger.form()
    stranger.http.cookies.clear()
    given = {"email": stranger.store.email, "password": stranger.store.password}
    assert stranger.http.post("/sign-in", data={**fields, **given}).status_code == 403


@pytest.mark.parametrize("body", [b"\xff\xfe%%%", b"a=" + b"x" * 100_000, b"&" * 1000, b""])
def test_a_body_that_is_no_form_is_refused(stranger: Reader, body: bytes) -> None:
    for path in ("/sign-in", "/sign-out"):
        assert stranger.http.post(path, content=body).status_code == 403


def test_signing_out_needs_the_sessions_own_token_and_ends_it(stranger: Reader) -> None:
    stranger.sign_in()
    assert stranger.http.post("/sign-out", data={"token": "x"}).status_code == 403
    assert stranger.http.get("/traces").status_code == 200
    assert stranger.http.post("/sign-out", data=stranger.form("/traces")).status_code == 303
    assert stranger.http.get("/traces").status_code == 303


@pytest.mark.parametrize(("target", "where"), [
    ("/traces?user=a&b=c", "/traces?user=a&b=c"), ("//evil.example", "/"), ("https://evil.example/", "/"),
    ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("/\t/evil.example", "/"), ("", "/"), ("/a\r\nX: y", "/"),
    ("/sign-in", "/"), ("traces", "/"),
])  # fmt: skip
def test_only_a_path_of_this_server_is_a_target(stranger: Reader, target: str, where: str) -> None:
    assert local_target(target) == where
    assert stranger.sign_in(next=target).headers["location"] == where


def test_a_cookie_of_another_store_a_forged_and_an_old_one_are_no_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = Config(database_url="", public_key="pk", secret_key="sk")
    monkeypatch.setattr("time.time", lambda: 1000.0)
    cookie = new_session(config)
    assert is_session(config, cookie)
    assert not is_session(replace(config, secret_key="other"), cookie)
    assert not is_session(replace(config, user_password="other"), cookie)
    monkeypatch.setattr("time.time", lambda: 2000.0)
    nonce, _, signature = cookie.split(".")
    later = new_session(config).split(".")[1]
    for forged in ("", ".", "a.b.c", f"{nonce}.{later}.{signature}", cookie[:-1], "é.é.é"):
        assert not is_session(config, forged)
    monkeypatch.setattr("time.time", lambda: 1000.0 + 13 * 3600)
    assert not is_session(config, cookie)


def test_guesses_are_accepted_again_after_the_window() -> None:
    now = [0.0]
    guesses = Guesses(limit=3, window_s=60, clock=lambda: now[0])
    for moment in (0.0, 10.0, 20.0):
        assert guesses.wait_s() == 0
        now[0] = moment
        guesses.was_wrong()
    assert guesses.wait_s() == 40
    now[0] = 60.0
    assert guesses.wait_s() == 0
    guesses.was_wrong()
    assert guesses.wait_s() == 10


async def test_the_guess_after_ten_wrong_ones_is_refused() -> None:
    app = Starlette(routes=page_routes())  # of its own: the shared program would refuse the other tests
    app.state.config = Config(database_url="", public_key="pk", secret_key="sk")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3001") as http:
        token = re.search(r'name="token" value="([^"]+)"', (await http.get("/sign-in")).text)
        assert token is not None
        form = {"token": token[1], "email": "admin@dep.com", "password": "guess"}
        assert [(await http.post("/sign-in", data=form)).status_code for _ in range(10)] == [401] * 10
        answer = await http.post("/sign-in", data={**form, "password": "password"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_every_answer_carries_the_headers_and_no_absolute_address(stranger: Reader) -> None:
    answers = [
        stranger.http.get(path) for path in ("/sign-in", "/traces", "/assets/style.css", "/assets/icon.svg")
    ]
    stranger.sign_in()
    answers += [stranger.http.get(path) for path in ("/traces", "/traces/none", "/dashboard", "/sessions")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy  # so that no script runs
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "://" not in answer.headers.get("location", "")
        assert not re.search(r"<script| style=| on\w+=", answer.text)
