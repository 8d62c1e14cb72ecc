"""Is a service ready? Each probe asks the service itself, briefly, and answers True or False.

A start asks some hundred times, so the HTTP probe is Python's own client, and others import theirs themselves: a
command that asks no service must not wait for that.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import unquote, urlsplit

from gateway_kit.common.redis_search import MISSING
from gateway_kit.settings import patience

_ASK_S = 2.0
NO_SEARCH = f"it {MISSING}"


def http_ok(
    url: str, *, contains: str = "", headers: Mapping[str, str] | None = None, within_s: float = _ASK_S
) -> bool:
    """Whether GET `url`, plain HTTP and never by way of a proxy, answers 200 with `contains` in its body."""
    parts = urlsplit(url)
    try:
        with closing(
            HTTPConnection(parts.hostname or "", parts.port, timeout=within_s * patience())
        ) as connection:
            connection.request("GET", parts.path or "/", headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status == 200 and contains in answer.read().decode(errors="replace")
    except (OSError, HTTPException):
        return False


def redis_ok(url: str) -> bool:
    """Whether a Redis answers PING, after its data is loaded.

    Two messages over a plain connection: to import Redis's client takes as much CPU as the rest of `status`.
    """
    parts = urlsplit(url)
    if parts.scheme != "redis":  # encrypted, or over a Unix socket
        return not redis_trouble(url)
    login = [unquote(word) for word in (parts.username, parts.password) if word]
    commands = [["AUTH", *login], ["PING"]] if login else [["PING"]]
    ask_s = _ASK_S * patience()
    try:
        with (
            socket.create_connection(
                (parts.hostname or "localhost", parts.port or 6379), ask_s
            ) as connection,
            connection.makefile("rb") as answers,
        ):
            connection.sendall(b"".join(_as_redis_reads_it(command) for command in commands))
            said = [answers.readline(1000) for _ in commands]
    except (OSError, ValueError):
        return False
    return said[-1] == b"+PONG\r\n" and all(line.startswith(b"+") for line in said)


def _as_redis_reads_it(words: list[str]) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def redis_trouble(url: str, *, needs_search: bool = False) -> str:
    """Why the Redis at `url` cannot be used, as part of a sentence; empty if it can.

    That it lacks the search module is trouble only to what `needs_search`: the end is then `NO_SEARCH`.
    """
    import redis

    ask_s = _ASK_S * patience()
    try:
        with redis.Redis.from_url(
            url, socket_timeout=ask_s, socket_connect_timeout=ask_s, protocol=2
        ) as client:
            client.ping()
            lacks = needs_search and not any(module[b"name"] == b"search" for module in client.module_list())
    except redis.AuthenticationError:
        return "it refuses the password"
    except (redis.BusyLoadingError, redis.ResponseError) as exc:
        return f"it says: {exc}"
    except redis.RedisError:
        return "nothing answers there"
    return NO_SEARCH if lacks else ""


def postgres_ok(url: str) -> bool:
    """Whether a PostgreSQL answers a query at `url`."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("select 1")
    except psycopg.Error:
        return False
    return True
