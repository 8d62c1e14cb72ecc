"""Is a service ready? Each probe asks the service itself, briefly, and answers True or False.

A probe imports its client itself: a command that asks no service must not wait for three clients to be imported.
"""

from __future__ import annotations

from collections.abc import Mapping

_ASK_S = 2.0


def http_ok(url: str, *, contains: str = "", headers: Mapping[str, str] | None = None) -> bool:
    """Whether GET `url` answers 200 with `contains` in its body."""
    import httpx

    try:
        # trust_env=False: a proxy in the environment must not stand between this machine and itself.
        # verify: reading the certificates takes longer than all the rest, and plain HTTP needs none.
        with httpx.Client(trust_env=False, timeout=_ASK_S, verify=url.startswith("https:")) as client:
            answer = client.get(url, headers=dict(headers or {}))
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and contains in answer.text


def redis_ok(url: str) -> bool:
    """Whether a Redis answers PING (after its data is loaded) and has the search module."""
    return not redis_trouble(url)


def redis_trouble(url: str) -> str:
    """Why the Redis at `url` cannot be used, as part of a sentence; empty where it can."""
    import redis

    try:
        with redis.Redis.from_url(
            url, socket_timeout=_ASK_S, socket_connect_timeout=_ASK_S, protocol=2
        ) as client:
            client.ping()
            found = any(module[b"name"] == b"search" for module in client.module_list())
    except redis.AuthenticationError:
        return "it refuses the password"
    except (redis.BusyLoadingError, redis.ResponseError) as exc:
        return f"it says: {exc}"
    except redis.RedisError:
        return "nothing answers there"
    return "" if found else "it has no search module, which a semantic cache needs"


def postgres_ok(url: str) -> bool:
    """Whether a PostgreSQL answers a query at `url`."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("select 1")
    except psycopg.Error:
        return False
    return True
