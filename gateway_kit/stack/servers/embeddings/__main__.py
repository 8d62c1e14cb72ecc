"""`python -m gateway_kit.stack.servers.embeddings --port 8091`."""

from __future__ import annotations

import asyncio
import os
import time

import uvicorn

from gateway_kit.stack.servers.embeddings.app import build_app
from gateway_kit.stack.servers.embeddings.model import MODEL_NAME, Embedder, keep_memory_small
from gateway_kit.stack.servers.quiet_server import QuietServer
from gateway_kit.stack.servers.serving import open_socket, run


def serve(host: str, port: int, threads: int) -> None:
    """Runs the server until SIGTERM or SIGINT. Raises StartError if it cannot start."""
    started_s = time.monotonic()
    os.environ.setdefault("RAYON_NUM_THREADS", str(threads))  # the tokenizer's threads
    keep_memory_small()
    listener = open_socket(host, port)
    config = uvicorn.Config(
        build_app(Embedder(threads)),
        loop="asyncio",
        http="h11",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    print(
        f"embeddings: {MODEL_NAME} loaded, serving http://{host}:{port}/v1 "
        f"(threads: {threads}, {time.monotonic() - started_s:.1f} s)",
        flush=True,
    )
    asyncio.run(QuietServer(config).serve(sockets=[listener]))
    print("embeddings: stopped", flush=True)
    # Not waiting for a piece of work that nobody will read.
    os._exit(0)


def main() -> int:
    """The exit code."""
    return run("embeddings", serve, port=8091, max_threads=4)


if __name__ == "__main__":
    raise SystemExit(main())
