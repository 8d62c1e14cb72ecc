from __future__ import annotations

import importlib
import ssl
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway_kit.stack.servers.gateway.database import know_openssl, wait_for_engines


@pytest.fixture(scope="module", autouse=True)
def prisma_without_generated_types() -> Iterator[None]:
    """The client's own code, as before a client is generated: nothing here needs ten megabytes of types."""
    if "prisma" in sys.modules:
        yield
        return
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]  # None stands for a module that is not there
    modules["prisma.client"] = None
    importlib.import_module("prisma.engine.query")
    yield
    for name in [name for name in modules if name.partition(".")[0] == "prisma"]:
        del modules[name]  # other tests get all of it


def test_the_database_client_starts_where_the_program_openssl_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from prisma.binaries import platform

    (tmp_path / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "get_openssl", platform.get_openssl)  # put back at the end
    platform.binary_platform.cache_clear()
    with pytest.raises(FileNotFoundError):
        platform.binary_platform()
    know_openssl()
    assert platform.binary_platform().endswith(
        f"-openssl-{'.'.join(map(str, ssl.OPENSSL_VERSION_INFO[:2]))}.x"
    )
    platform.binary_platform.cache_clear()


# An engine that needs a second and a half before it listens.
SLOW_ENGINE = """\
#!{python}
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Engine(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"status": "ok"}}')

time.sleep(1.5)
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("-p") + 1])), Engine).serve_forever()
"""


@pytest.mark.parametrize("times", [1, 200])
async def test_an_engine_has_as_long_to_start_as_the_machine_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
):
    from prisma.engine.errors import EngineConnectionError
    from prisma.engine.query import QueryEngine

    monkeypatch.setattr(QueryEngine, "spawn", QueryEngine.spawn)  # put back at the end
    wait_for_engines(times)
    program = tmp_path / "engine"
    program.write_text(SLOW_ENGINE.format(python=sys.executable))
    program.chmod(0o755)
    engine = QueryEngine(dml_path=tmp_path / "schema.prisma")
    try:
        if times == 1:
            with pytest.raises(EngineConnectionError):
                await engine.spawn(program, timeout=timedelta(seconds=0.3))
        else:
            await engine.spawn(program, timeout=timedelta(seconds=0.3))
            assert await engine.request("GET", "/status") == {"status": "ok"}
    finally:
        await engine.aclose()
