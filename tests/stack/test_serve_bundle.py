"""`gateway-kit workshop serve-bundle`, as attendees' machines meet it."""

from __future__ import annotations

import hashlib
import html
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gateway_kit.stack.bundle_server import serve_bundle
from tests.conftest import CLI
from tests.made_bundle import made_bundle

SIZE = 8_000_000
NAME = "gateway-kit-1.0-test.tar"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Served:
    """A running `serve-bundle`; `text` is what it has printed so far."""

    def __init__(self, path: Path, port: int, *options: str) -> None:
        self.path, self.port, self.url, self.text = path, port, f"http://127.0.0.1:{port}/", ""
        command = [CLI, "workshop", "serve-bundle", path, "--port", str(port), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.read_until("Ctrl-C ends it")

    def read_until(self, wanted: str) -> None:
        assert self._process.stdout is not None
        while wanted not in self.text:
            line = self._process.stdout.readline()
            assert line, self.text
            self.text += line

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        rest, _ = self._process.communicate(timeout=60)
        self.text += rest
        return self._process.returncode


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(made_bundle(tmp_path / NAME, SIZE), free_port())
    yield running
    running.end()


def raw(port: int, target: str) -> bytes:
    """The answer to a request whose path no client corrects."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_attendees_type_after_the_page_gets_the_whole_archive(served: Served, tmp_path: Path) -> None:
    content = served.path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    answer = httpx.get(served.url)
    assert answer.headers["content-type"].startswith("text/html")
    assert sha256 in served.text
    fetch, compare, start = map(html.unescape, re.findall("<pre>(.*?)</pre>", answer.text))
    assert fetch.endswith(f" {served.url}{NAME}")
    assert httpx.get(f"{served.url}{NAME}.sha256").text == f"{sha256}  {NAME}\n"
    place = tmp_path / "attendee"
    place.mkdir()
    (place / NAME).write_bytes(httpx.get(f"{served.url}{NAME}").content)
    # No more than an attendee has: a make that runs the tests would have its own say in the one that they type.
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = subprocess.run(
        ["sh", "-ec", f"{compare}\n{start}"], cwd=place, env=env, capture_output=True, text=True, check=True
    )
    assert said.stdout == f"{NAME}: OK\nthe lab\n"
    served.read_until("127.0.0.1 has all of it; machines that have: 1")


def test_a_download_that_broke_off_goes_on_and_several_run_at_once(served: Served) -> None:
    content, url = served.path.read_bytes(), served.url + NAME
    with httpx.stream("GET", url) as broken:
        part = next(broken.iter_bytes(100_000))
        etag = broken.headers["etag"]

    def rest(_: int) -> bytes:
        answer = httpx.get(url, headers={"Range": f"bytes={len(part)}-", "If-Range": etag})
        assert answer.status_code == 206
        return part + answer.content

    with ThreadPoolExecutor(4) as pool:
        assert all(whole == content for whole in pool.map(rest, range(4)))
    assert httpx.get(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    several = httpx.get(url, headers={"Range": "bytes=0-9,100-109"})
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert httpx.head(url).headers["content-length"] == str(len(content))
    served.read_until("machines that have: 1")
    assert served.end() == 0
    assert "Ended. Machines that have all of it: 1." in served.text
    assert "Traceback" not in served.text


def test_only_this_file_is_served(served: Served) -> None:
    (served.path.parent / "secret").write_text("a secret")
    for target in (
        "/secret", "/../secret", "/%2e%2e/secret", f"/{NAME}/../secret", f"/{NAME}%2f..%2fsecret", "//etc/passwd",
        "/..%5csecret", f"/./{NAME}x", "/proc/self/environ", f"/{NAME}%00", f"/{NAME}.sha256/x", "/%ff%fe",
    ):  # fmt: skip
        answer = raw(served.port, target)
        assert answer.startswith(b"HTTP/1.1 404"), target
        assert b"a secret" not in answer
    assert httpx.post(served.url + NAME, content=b"x").status_code == 405
    assert httpx.delete(served.url).status_code == 405
    assert raw(served.port, f"/{NAME}?x=../secret").startswith(b"HTTP/1.1 200")


def test_an_archive_that_is_replaced_meanwhile_stays_the_one_whose_checksum_was_said(served: Served) -> None:
    content = served.path.read_bytes()
    other = made_bundle(served.path.with_name("other.tar"), 10)
    other.replace(served.path)
    assert httpx.get(served.url + NAME).content == content


def test_ctrl_c_ends_it_while_somebody_downloads_and_says_who_has_a_part(served: Served) -> None:
    with httpx.stream("GET", served.url + NAME) as download:
        next(download.iter_bytes(1000))
        assert served.end() == 0
    assert "Machines that have all of it: 0; 1 have a part" in served.text
    assert "Traceback" not in served.text


def test_ctrl_c_before_it_serves_ends_it_in_good_order(tmp_path: Path) -> None:
    text = ""

    def show(line: str) -> None:
        nonlocal text
        text += line
        if "Ctrl-C ends it" in line:
            signal.raise_signal(signal.SIGINT)

    try:
        serve_bundle(made_bundle(tmp_path / NAME), "127.0.0.1", free_port(), show)
    except KeyboardInterrupt:
        pytest.fail("Ctrl-C ended it with KeyboardInterrupt")
    assert "Ended. Machines that have all of it: 0." in text


@pytest.mark.parametrize("listen", ["0.0.0.0", "::"])
def test_in_a_room_it_says_the_addresses_and_that_there_is_no_password(tmp_path: Path, listen: str) -> None:
    running = Served(made_bundle(tmp_path / NAME), free_port(), "--listen", listen)
    try:
        assert "Whoever reaches this address can fetch it, without a password" in running.text
        (shown,) = re.findall(r"Attendees open (\S+)", running.text)
        assert httpx.get(shown).text.count(shown) == 1
        assert httpx.get(running.url).is_success
    finally:
        running.end()


def refused(*words: str, cwd: Path | None = None) -> str:
    command = [CLI, "workshop", "serve-bundle", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_cannot_be_served_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = str(made_bundle(tmp_path / NAME))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} belongs to " in (said := refused(path, "--port", str(port)))
        assert f"--port {port + 1}" in said
    assert "no address of this machine" in refused(path, "--listen", "192.0.2.1")
    assert "no address of this machine" in refused(path, "--listen", "no-such-host.invalid")
    assert "There is no bundle in out. Make one: make bundle" in refused(cwd=tmp_path)
    assert "is no bundle" in refused(__file__)
