"""LiteLLM's ASGI app, imported without the slowest part of its database client.

The same for every gateway of this machine: what differs from one to the next is in `app`. So a process that has
imported this module can be copied (`fork_server`).

`prisma.types` is ten megabytes of generated TypedDicts, seconds of every start, and only type checkers read it. Here
it is a module that loads the real one when somebody asks for a name that the client itself does not define.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway_kit.stack.servers.gateway.cache_vectors import ask_for_vectors_directly
from gateway_kit.stack.servers.gateway.collecting import ANYWHERE, CollectBetweenRequests, Collector
from gateway_kit.stack.servers.gateway.cooldowns import note_cooldowns
from gateway_kit.stack.servers.gateway.database import know_openssl
from gateway_kit.stack.servers.gateway.idle_work import read_yaml_in_c, reset_budgets_when_due
from gateway_kit.stack.servers.gateway.last_callbacks import finish_callbacks, remember_callbacks
from gateway_kit.stack.servers.gateway.missing_packages import MissingPackages
from gateway_kit.stack.servers.gateway.model_changes import ReadModelsAlone, read_models_alone
from gateway_kit.stack.servers.gateway.prompt_reading import read_prompts_aside
from gateway_kit.stack.servers.gateway.prompt_versions import tell_prompt_versions
from gateway_kit.stack.servers.gateway.responses_usage import complete_traces_of_responses
from gateway_kit.stack.servers.gateway.semantic_cache import complete_semantic_cache
from gateway_kit.stack.servers.gateway.signatures import remember_signatures
from gateway_kit.stack.servers.gateway.token_counting import complete_token_counting
from gateway_kit.stack.servers.gateway.tokenizers import load_tokenizers_when_needed
from gateway_kit.stack.servers.gateway.traces import protect_traces


class _LazyTypes(types.ModuleType):
    """Stands for `prisma.types`: the client's own names at once, the generated ones when asked for."""

    def __getattr__(self, name: str) -> Any:
        small = importlib.import_module("prisma._types")
        if hasattr(small, name):
            return getattr(small, name)
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_load_real(), name)


def _load_real() -> types.ModuleType:
    del sys.modules["prisma.types"]
    return importlib.import_module("prisma.types")


# Importing makes hundreds of thousands of objects and no garbage: collections in between find nothing and cost a
# tenth of the start. `after_start` switches them on again, or `collecting` takes their place.
gc.disable()

if "prisma.types" not in sys.modules:
    sys.modules["prisma.types"] = _LazyTypes("prisma.types")
remember_signatures()
know_openssl()
read_yaml_in_c()
load_tokenizers_when_needed()

from litellm.proxy.proxy_server import app  # noqa: E402  # after the lines above, which are the point of this file

reset_budgets_when_due()
read_models_alone()
remember_callbacks()
_proxys_lifespan = app.router.lifespan_context
collector = Collector()


@asynccontextmanager
async def _lifespan(served: Any) -> AsyncIterator[Any]:
    async with _proxys_lifespan(served) as state:
        await asyncio.to_thread(connect_callbacks)
        complete_semantic_cache()
        vectors = ask_for_vectors_directly()
        complete_token_counting()
        if path := os.environ.get("GATEWAY_COOLDOWNS"):
            note_cooldowns(path)
        if ANYWHERE:
            collector.look_again_and_again()
        yield state
        await finish_callbacks()
        if vectors is not None:
            await vectors.close()


app.router.lifespan_context = _lifespan
app.add_middleware(MissingPackages)
app.add_middleware(ReadModelsAlone)
if ANYWHERE:
    app.add_middleware(CollectBetweenRequests, collector=collector)


def connect_callbacks() -> None:
    """Make the configured callbacks now, with traces that hold no key, as LiteLLM would in its first call.

    The Langfuse callback asks its server for the project's id, and LiteLLM waits for that on its event loop: a trace
    store that hangs would stop every request for LANGFUSE_TIMEOUT (20 s). In a thread, before the first request, it
    stops none.
    """
    import litellm
    from litellm import utils
    from litellm.litellm_core_utils.litellm_logging import set_callbacks

    protect_traces()
    complete_traces_of_responses()
    tell_prompt_versions()
    read_prompts_aside()
    named = [*litellm.input_callback, *litellm.success_callback, *litellm.failure_callback]
    names = list(dict.fromkeys(name for name in named if isinstance(name, str)))
    if "langfuse" in names and not utils.callback_list:
        utils.callback_list = names
        set_callbacks(callback_list=names)


__all__ = ["app", "connect_callbacks"]
