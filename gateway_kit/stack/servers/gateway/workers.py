"""uvicorn's workers as copies of their parent, which imports LiteLLM once for all of them.

They start in a fraction of the time, those too that replace one that has died, and share the memory that none changes.
The parent must not have used anything that a copy could not use as well, such as an event loop or a connection; its
threads only wait.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any


def copy_parent() -> None:
    """Import LiteLLM, and let uvicorn start its workers as copies of this process."""
    from uvicorn.supervisors import multiprocess

    from gateway_kit.stack.servers.gateway import ahead, litellm_app

    ahead.do_ahead(litellm_app.app)
    # uvicorn's own starts a new interpreter for each worker.
    multiprocess.get_subprocess = _copy  # type: ignore[attr-defined, assignment]  # where it looks


def _copy(config: Any, target: Callable[..., None], sockets: list[socket.socket]) -> BaseProcess:
    return multiprocessing.get_context("fork").Process(target=_serve, args=(config, target, sockets))


def _serve(config: Any, target: Callable[..., None], sockets: list[socket.socket]) -> None:
    from uvicorn.supervisors.multiprocess import SIGNALS

    from gateway_kit.stack.servers.gateway.fork_server import make_anew

    for number in SIGNALS:  # they are for the parent, which deals with them later
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    make_anew()
    config.configure_logging()
    target(sockets=sockets)
