"""The trace store as a program over a database, as the stack runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
from psycopg import sql


def empty_tables(connection: psycopg.Connection) -> None:
    """Delete all rows of all tables."""
    tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    # Deleting from small tables takes a tenth of the time of a TRUNCATE.
    for (name,) in tables:
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier(name)))


class StoreProgram:
    """One running trace store; `environ` is what it was started with."""

    def __init__(self, database_url: str, port: int, log_path: Path, *arguments: str) -> None:
        self.database_url, self.port, self.log_path = database_url, port, log_path
        self.arguments = ("--media-dir", str(log_path.with_name("media")), *arguments)
        self.public_key, self.secret_key = "pk-lf-test", "sk-lf-test-secret"
        self.email, self.password = "admin@dep.com", "a password"
        self.url = f"http://127.0.0.1:{port}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "TRACESTORE_DATABASE_URL": database_url,
            "LANGFUSE_PUBLIC_KEY": self.public_key,
            "LANGFUSE_SECRET_KEY": self.secret_key,
            "LANGFUSE_INIT_USER_EMAIL": self.email,
            "LANGFUSE_INIT_USER_PASSWORD": self.password,
        }
        self.http = httpx.Client(
            base_url=self.url, auth=(self.public_key, self.secret_key), timeout=120, trust_env=False
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once the program answers."""
        self.spawn()
        deadline = time.monotonic() + 120
        while True:
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the trace store did not start:\n{self.log()}")
            try:
                self.http.get("/api/public/health")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return

    def spawn(self) -> None:
        argv = [
            sys.executable,
            "-m",
            "gateway_kit.stack.servers.tracestore",
            "--port",
            str(self.port),
            *self.arguments,
        ]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(argv, env=self.environ, stdout=log, stderr=log)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code; a second call changes nothing."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=120)

    def log(self) -> str:
        return self.log_path.read_text()

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """What the database has, read past the program."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def close(self) -> None:
        self.http.close()
        if self.process is not None and self.process.poll() is None:
            self.end()
