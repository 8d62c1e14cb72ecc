"""The ASGI app of one gateway: LiteLLM's, with what belongs to this process alone."""

from __future__ import annotations

import os

from gateway_kit.stack.servers.gateway import draining, take_over, user_modules
from gateway_kit.stack.servers.gateway.database import keep_engines_to_itself, wait_for_engines
from gateway_kit.stack.servers.gateway.garbage import keep_what_stays_out_of_sight
from gateway_kit.stack.servers.gateway.idle_work import reload_as_told
from gateway_kit.stack.servers.gateway.litellm_app import app
from gateway_kit.stack.servers.gateway.redis_again import ask_redis_again_as_told

keep_engines_to_itself()
if patience := os.environ.get("GATEWAY_PATIENCE"):
    wait_for_engines(float(patience))
reload_as_told()
ask_redis_again_as_told()
if folder := os.environ.get("GATEWAY_MODULES_FOLDER"):
    user_modules.look_in(folder)
take_over.prepare()
draining.drain_when_asked()


def after_start() -> None:
    """Let garbage be collected again, which the import had stopped, without what the start has left."""
    keep_what_stays_out_of_sight()


__all__ = ["after_start", "app"]
