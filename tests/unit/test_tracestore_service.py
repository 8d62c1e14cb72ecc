"""The embedded trace store as a service: where it keeps what is no row of a database."""

from __future__ import annotations

from pathlib import Path

from gateway_kit.settings import load_settings
from gateway_kit.stack.servers.tracestore.program import parse_arguments
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.tracing import tracestore_service


def test_media_are_kept_in_the_state_folder(tmp_path: Path) -> None:
    environ = {"GATEWAY_HOME": str(tmp_path)}
    service = tracestore_service(
        load_settings(environ),
        resolve(environ, {}),
        database_url="postgresql://u:p@127.0.0.1/x",
        own_postgres=True,
    )
    (program,) = (number for number, word in enumerate(service.argv) if word.endswith("tracestore"))
    options = parse_arguments(list(service.argv[program + 1 :]))
    assert options.media_dir == tmp_path / "media"
    assert options.max_media_mb == 2048
