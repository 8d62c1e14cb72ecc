from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from gateway_kit.stack.servers.gateway.database import know_openssl


def test_the_database_client_starts_where_the_program_openssl_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from prisma.binaries import platform  # with ten megabytes of generated types

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
