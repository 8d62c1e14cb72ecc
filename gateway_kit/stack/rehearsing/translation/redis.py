"""Redis: the rehearsal's own in the place of production's, wherever a section says how to reach it."""

from __future__ import annotations

import re

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.source import Way

# How a Redis, or one that is like it, is reached; the rest of a cache's settings says what it does.
_CONNECTION = re.compile(
    r"(redis_)?(url|host|port|password|username|db)|ssl.*|redis_startup_nodes|startup_nodes|sentinel_.*|service_name"
    r"|gcp_.*|azure_redis_ad_token|aws_iam_.*|connection_pool.*|unix_socket_path|.*_credential.*|socket_.*"
    r"|max_connections|valkey_(host|port|password|ssl)|client_name"
)
WHY = "the rehearsal has a Redis of its own"


def is_connection(key: str) -> bool:
    """Whether a setting says how a Redis is reached."""
    return _CONNECTION.fullmatch(key) is not None


def drop_connection(draft: Draft, way: Way) -> bool:
    """Take away how a section reaches its Redis; whether it said anything of it."""
    found = False
    for key in draft.keys(*way):
        if is_connection(str(key)):
            draft.drop((*way, key), WHY)
            found = True
    return found


def translate_router_redis(draft: Draft) -> None:
    """Lead the router to the rehearsal's Redis, if the file leads it to one: there it counts what deployments take."""
    section = ("router_settings",)
    named = [key for key in draft.keys(*section) if str(key).startswith("redis_")]
    if not named:
        return
    given = {
        "redis_host": f"{REFERENCE}REDIS_HOST",
        "redis_port": f"{REFERENCE}REDIS_PORT",
        "redis_password": f"{REFERENCE}REDIS_PASSWORD",
    }
    for key in named:
        if key not in given:
            draft.drop((*section, key), WHY)
    for key, value in given.items():
        draft.replace((*section, key), value, WHY)
