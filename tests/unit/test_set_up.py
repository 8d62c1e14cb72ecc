"""What the set-up needs before it installs anything: Python, a few libraries, and a way to download uv by its hash."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import platform
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tools.bundle.pins import GLIBC

TOOLS = Path(__file__).resolve().parents[2] / "tools"
MACHINE, OTHER = ("x86_64", "aarch64") if platform.machine() == "x86_64" else ("aarch64", "x86_64")
NAME = f"uv-1.2.3-py3-none-manylinux_2_17_{MACHINE}.manylinux2014_{MACHINE}.whl"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


@pytest.fixture
def wheel_index(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("wheel_index", monkeypatch)


@pytest.fixture
def get_uv(monkeypatch: pytest.MonkeyPatch, wheel_index: ModuleType) -> ModuleType:
    return load("get_uv", monkeypatch)


@pytest.fixture
def preflight(monkeypatch: pytest.MonkeyPatch, get_uv: ModuleType) -> ModuleType:
    return load("preflight", monkeypatch)


def wheel() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uv-1.2.3.data/scripts/uvx", "another")
        archive.writestr("uv-1.2.3.data/scripts/uv", "#!/bin/sh\necho uv 1.2.3\n")
    return buffer.getvalue()


WHEEL = wheel()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Index:
    """A package index on this machine (PEP 503); `asked` records each request's path and credentials."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.asked: list[tuple[str, str]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append((self.path, self.headers.get("Authorization", "")))
                links = "".join(
                    f'<a href="../../files/{name}#sha256={digest(files[name])}">{name}</a>' for name in files
                )
                content = (
                    files.get(self.path.rpartition("/")[2]) if "/files/" in self.path else links.encode()
                )
                self.send_response(200 if content is not None else 404)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def index() -> Iterator[Index]:
    others = {
        NAME.replace("1.2.3", "1.2.4"): b"newer",
        NAME.replace(MACHINE, OTHER): b"another platform",
        NAME.replace("manylinux", "musllinux"): b"another C library",
    }
    served = Index({**others, NAME: WHEEL})
    yield served
    served.close()


def test_this_platforms_wheel_is_fetched_with_the_indexs_password(index: Index, wheel_index: ModuleType):
    url = f"http://user:p%40ss@{index.host}/simple/"
    assert wheel_index.fetch_wheel(url, "uv", "1.2.3", frozenset({digest(WHEEL)})) == WHEEL
    login = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert index.asked == [("/simple/uv/", login), (f"/files/{NAME}", login)]


def test_a_wheel_with_another_hash_is_rejected_and_no_password_is_shown(
    index: Index, wheel_index: ModuleType
):
    with pytest.raises(
        ValueError, match=r"has no wheel of uv 1\.2\.3 whose hash is in the lock file"
    ) as raised:
        wheel_index.fetch_wheel(
            f"http://user:secret@{index.host}/simple", "uv", "1.2.3", frozenset({"0" * 64})
        )
    assert "secret" not in str(raised.value)
    index.close()
    with pytest.raises(OSError, match="cannot be read") as unreachable:
        wheel_index.fetch_wheel(
            f"http://user:secret@{index.host}/simple", "uv", "1.2.3", frozenset({"0" * 64})
        )
    assert "secret" not in str(unreachable.value)


def test_the_index_comes_from_uvs_or_pips_configuration(tmp_path: Path, wheel_index: ModuleType):
    configured = tmp_path / ".config" / "pip" / "pip.conf"
    configured.parent.mkdir(parents=True)
    configured.write_text("[global]\nindex-url = http://from-a-file/simple\n")
    home = {"HOME": str(tmp_path)}
    assert wheel_index.configured_index(home) == "http://from-a-file/simple"
    assert wheel_index.configured_index(home | {"PIP_INDEX_URL": "http://pips"}) == "http://pips"
    assert wheel_index.configured_index({"PIP_INDEX_URL": "a", "UV_DEFAULT_INDEX": "b"}) == "b"


def test_uv_is_cached_and_an_interrupted_download_is_repaired(
    tmp_path: Path, index: Index, get_uv: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    lock = tmp_path / "requirements-uv.lock"
    lock.write_text(f"uv==1.2.3 \\\n    --hash=sha256:{digest(WHEEL)}\n")
    monkeypatch.setattr(get_uv, "LOCK", lock)
    monkeypatch.setattr(get_uv, "has", lambda module: False)
    monkeypatch.setattr(get_uv.shutil, "which", lambda name: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://{index.host}/simple")
    program = get_uv.get()
    assert get_uv.version_of(program) == "1.2.3"
    requests = len(index.asked)
    program.write_text("half")
    assert get_uv.version_of(get_uv.get()) == "1.2.3"
    assert len(index.asked) == requests
    (program.parent / "uv.whl").write_bytes(WHEEL[:40])
    assert get_uv.version_of(get_uv.get()) == "1.2.3"
    assert len(index.asked) == 2 * requests


def test_everything_missing_is_listed_at_once_with_one_command(
    preflight: ModuleType, get_uv: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def load_nothing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(get_uv, "has", lambda module: False)
    monkeypatch.setattr(get_uv, "configured_index", lambda environ: None)
    monkeypatch.setattr(get_uv.shutil, "which", lambda name: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lacks = [*preflight.missing_libraries(load_nothing), *preflight.missing_way_to_packages()]
    for manager, command in {
        "apt-get": "apt-get update && apt-get install -y libstdc++6 libgcc-s1 zlib1g python3-venv",
        "microdnf": "microdnf install -y libstdc++ libgcc zlib-ng-compat python3-pip",
    }.items():
        lines = preflight.missing_report(
            lacks, lambda name, manager=manager: name if name == manager else None
        )
        assert len(lines) == 1 + len(lacks) + 1
        assert lines[-1].endswith(command)
    assert "package manager" in preflight.missing_report(lacks, lambda name: None)[-1]


def test_nothing_is_missing_on_this_system(preflight: ModuleType):
    assert preflight.missing_libraries() == []
    assert preflight.other_system() == []
    assert preflight.missing_report([]) == []


@pytest.mark.parametrize("libc", [("", ""), ("musl", "1.2"), ("glibc", "2.30")])
def test_a_system_with_another_c_library_is_named(preflight: ModuleType, libc: tuple[str, str]):
    (line,) = preflight.other_system(libc)
    assert "GNU C library 2.31" in line
    assert preflight.GLIBC == (2, GLIBC)


def test_the_systems_browser_is_used_if_the_pinned_one_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chromium = load("get_chromium", monkeypatch)
    monkeypatch.setattr(chromium, "UNPACKED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    def program(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    program("launch", "echo libnss3.so: cannot open shared object file >&2; exit 127")
    with pytest.raises(
        chromium.NoBrowserError, match=r"(?s)libnss3\.so.*apt-get install -y chromium.*CHROMIUM="
    ):
        chromium.find({})
    systems = program("google-chrome", "echo Chrome 1")
    assert chromium.find({}) == systems
    pinned = program("launch", "echo Chromium 2")
    assert chromium.find({}) == pinned
    assert chromium.find({"CHROMIUM": str(systems)}) == systems
    with pytest.raises(chromium.NoBrowserError, match="/nowhere"):
        chromium.find({"CHROMIUM": "/nowhere"})
