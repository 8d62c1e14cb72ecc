"""The end of a gateway waits for the callbacks of its last answers: their spend and their traces.

LiteLLM calls callbacks after an answer, in tasks and in a queue that nobody waits for: the asynchronous ones enter
the spend, and after them the others, which record the trace, are handed to threads. At its end it writes the spend and
the traces that callbacks have made by then, and what was still to be done is lost.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, wait
from typing import Any

_WITHIN_S = 15.0
# The tasks that a call leaves behind, by the names of LiteLLM's functions: a stream's end, any other answer's end, and
# what these enter in the accounts.
_TASKS = ("Logging.", "_client_async_logging_helper", "DBSpendUpdateWriter.")

_in_threads: set[Future[Any]] = set()


def remember_callbacks() -> None:
    """Know which callbacks threads have to do; once in a process."""
    from litellm.litellm_core_utils.thread_pool_executor import executor

    submit = executor.submit

    def remembered(*args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = submit(*args, **kwargs)
        _in_threads.add(future)
        future.add_done_callback(_in_threads.discard)
        return future

    executor.submit = remembered


async def finish_callbacks() -> None:
    """Wait for them, fifteen seconds at most."""
    try:
        await asyncio.wait_for(_finish(), _WITHIN_S)
    except TimeoutError:
        print(f"not all callbacks of answered calls were finished within {_WITHIN_S:.0f} s", flush=True)


async def _finish() -> None:
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    while True:
        await GLOBAL_LOGGING_WORKER.flush()
        if tasks := [task for task in asyncio.all_tasks() if _name(task).startswith(_TASKS)]:
            await asyncio.wait(tasks)
        elif threads := set(_in_threads):
            await asyncio.to_thread(wait, threads)
        else:
            return


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "")
