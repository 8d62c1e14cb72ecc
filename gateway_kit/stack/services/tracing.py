"""The embedded trace store as a service: a small program with Langfuse's API, on a database of its own."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.errors import ServiceError, StackError
from gateway_kit.settings import HOST, Settings, patience
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.postgres import own_database_url, psycopg_url
from gateway_kit.stack.services.programs import NODE_FOLDER, SERVERS, code_digest
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service, log_tail

if TYPE_CHECKING:
    import psycopg

PROGRAM = SERVERS / "tracestore"
_SERVER = SERVERS / "quiet_server.py"
SCHEMA_CHECKER = NODE_FOLDER / "json_schemas.mjs"  # which the program starts for datasets with schemas

# The database, and in the embedded PostgreSQL the role that owns it and may open no other.
DATABASE = "langfuse"
ROLE = "langfuse"

# One machine's disk is finite; a month of lessons and experiments is some hundred megabytes.
RETAIN_DAYS = 30

# The same project on both backends, so that a link or a recorded id means the same.
PROJECT = {
    "LANGFUSE_INIT_ORG_ID": "kit-org",
    "LANGFUSE_INIT_ORG_NAME": "Kit",
    "LANGFUSE_INIT_PROJECT_ID": "kit",
    "LANGFUSE_INIT_PROJECT_NAME": "kit",
}

_ASK_S = 5.0
MAX_MEDIA_MB = 2048


def own_tracing_url(settings: Settings) -> str:
    """Where the kit's own tracing listens, embedded or Langfuse itself."""
    return f"http://{HOST}:{settings.port('tracing')}"


def media_dir(settings: Settings) -> Path:
    """Where the embedded trace store keeps the bytes of media."""
    return settings.home / "media"


def tracestore_service(
    settings: Settings, credentials: Credentials, *, database_url: str, own_postgres: bool
) -> Service:
    """The embedded trace store. `database_url` is the gateway's: its traces lie beside it, on the same server.

    In the embedded PostgreSQL (`own_postgres`) it has a role of its own, which can open neither the gateway's
    database nor any other; on somebody else's server it uses the login that was given.
    """
    url = own_tracing_url(settings)
    password = credentials.tracestore_password if own_postgres else None
    secrets = {
        "TRACESTORE_DATABASE_URL": traces_url(database_url, password=password),
        "LANGFUSE_PUBLIC_KEY": credentials.langfuse_public_key,
        "LANGFUSE_SECRET_KEY": credentials.langfuse_secret_key,
        "LANGFUSE_INIT_USER_EMAIL": credentials.langfuse_init_user_email,
        "LANGFUSE_INIT_USER_PASSWORD": credentials.langfuse_init_user_password,
        **PROJECT,
    }
    argv = (
        # -P: it works in the log folder, and imports nothing from there.
        sys.executable, "-P", "-m", "gateway_kit.stack.servers.tracestore",
        "--host", HOST, "--port", str(settings.port("tracing")), "--retain-days", str(RETAIN_DAYS),
        "--media-dir", str(media_dir(settings)), "--max-media-mb", str(MAX_MEDIA_MB),
    )  # fmt: skip
    log_path = settings.log_path("tracing")

    def prepare() -> None:
        import psycopg

        try:
            if own_postgres:
                ensure_traces_role(own_database_url(settings, credentials), credentials.tracestore_password)
        except psycopg.Error as exc:
            what = f"could not be given its database: {str(exc).strip()}"
            raise ServiceError("tracing", what, log_path=log_path, log_tail=log_tail(log_path)) from exc

    return Service(
        name="tracing",
        argv=argv,
        env=minimal_env(**secrets),
        port=settings.port("tracing"),
        url=url,
        log_path=log_path,
        ready=lambda: tracing_ok(url),
        requires=("postgres",),
        prepare=prepare,
        identity=digest(*argv, *secrets.values(), code_digest(PROGRAM, _SERVER, SCHEMA_CHECKER)),
        version=version("gateway-kit"),
    )


def traces_url(database_url: str, *, password: str | None) -> str:
    """The URL of the traces' database on the server of `database_url`; with `password`, as their own role."""
    parts = urlsplit(psycopg_url(database_url))
    login = f"{ROLE}:{password}@{parts.netloc.rsplit('@', 1)[-1]}" if password else parts.netloc
    return urlunsplit(parts._replace(netloc=login, path=f"/{DATABASE}"))


def ensure_traces_role(gateway_url: str, password: str) -> None:
    """Make the traces' role and database in the embedded PostgreSQL, or give the role today's password.

    By default every role may connect to every database; here each database is its owner's alone.
    """
    import psycopg
    from psycopg import sql

    with psycopg.connect(gateway_url, autocommit=True) as connection:
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        # Only the hash travels: a statement that fails is written to the server's log.
        hashed = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256")
        known = connection.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone()
        verb = sql.SQL("alter" if known else "create")
        connection.execute(
            sql.SQL(
                "{verb} role {role} login nosuperuser nocreatedb nocreaterole password {password}"
            ).format(verb=verb, role=role, password=sql.Literal(hashed.decode()))
        )
        if not _exists(connection, DATABASE):
            connection.execute(sql.SQL("create database {} owner {}").format(database, role))
        others = connection.execute("select datname from pg_database where datallowconn").fetchall()
        for (name,) in others:
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))


def ensure_external_database(database_url: str) -> None:
    """Create the traces' database on somebody else's server. Raises StackError, with the fix, if that is refused."""
    import psycopg
    from psycopg import sql

    shown = urlsplit(database_url).netloc.rsplit("@", 1)[-1]
    try:
        with psycopg.connect(psycopg_url(database_url), autocommit=True, connect_timeout=5) as connection:
            if not _exists(connection, DATABASE):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        with psycopg.connect(traces_url(database_url, password=None), connect_timeout=5) as connection:
            row = connection.execute("select has_schema_privilege('public', 'create')").fetchone()
            if row is None or not row[0]:
                raise psycopg.errors.InsufficientPrivilege("no permission to create tables in it")
    except psycopg.Error as exc:
        user = urlsplit(database_url).username or "USER"
        raise StackError(
            f"The trace store needs a database `{DATABASE}` on DATABASE_URL's server ({shown}): "
            f"{str(exc).strip().splitlines()[0]}. Have its administrator run: create database {DATABASE} owner "
            f"{user}; or set LANGFUSE_HOST to a Langfuse that exists; or run: gateway-kit up --tracing off"
        ) from exc


def _exists(connection: psycopg.Connection[tuple[object, ...]], database: str) -> bool:
    row = connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone()
    return row is not None


def tracing_ok(url: str) -> bool:
    """Whether a Langfuse, or the trace store, is ready to take traces."""
    return http_ok(f"{url}/api/public/ready")


def keys_accepted(url: str, credentials: Credentials) -> bool | None:
    """Whether the keys open a project there; None if nothing answers."""
    import httpx

    keys = (credentials.langfuse_public_key, credentials.langfuse_secret_key)
    try:
        answer = httpx.get(
            f"{url}/api/public/projects",
            auth=keys,
            timeout=_ASK_S * patience(),
            trust_env=False,
            verify=certificates_for(url),
        )
    except httpx.HTTPError:
        return None
    return answer.status_code == 200


def check_langfuse(url: str, credentials: Credentials) -> None:
    """Raise StackError if somebody else's Langfuse cannot be used with these keys."""
    accepted = keys_accepted(url, credentials)
    if accepted:
        return
    what = "nothing answers there" if accepted is None else "it refuses the keys"
    raise StackError(
        f"LANGFUSE_HOST ({url.rsplit('@', 1)[-1]}) cannot be used: {what}. Set LANGFUSE_HOST, LANGFUSE_PUBLIC_KEY "
        f"and LANGFUSE_SECRET_KEY as its project settings show them, or unset all three, or run: "
        f"gateway-kit up --tracing off"
    )
