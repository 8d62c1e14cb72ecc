"""The ASGI application around a loaded model."""

from __future__ import annotations

import asyncio
import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import numpy as np
import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tokenizers import Encoding

from gateway_kit.stack.servers.embeddings.model import DIMENSIONS, MODEL_NAME, Embedder
from gateway_kit.stack.servers.embeddings.requests import RequestError, error_response, read_body, read_inputs

# A long request is computed in pieces of at most this size (a fifth of a second on one core), so that a
# short one gets its turn in between, and memory stays small.
CHUNK_TEXTS = 32
CHUNK_TOKENS = 1024


def build_app(embedder: Embedder) -> Starlette:
    """The ASGI application around a loaded model."""
    # One worker: the model's own threads use the cores, and inference never blocks the event loop.
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
    created = int(time.time())

    async def create_embeddings(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        texts, encoding_format = read_inputs(await read_body(request))
        # A change of threads costs a short text a tenth of its time: the first chunk is embedded where it is tokenized.
        begun = await loop.run_in_executor(worker, begin, embedder, texts)
        for chunk in begun.left:
            if await request.is_disconnected():
                raise ClientDisconnect
            chunk_encodings = [begun.encodings[index] for index in chunk]
            begun.vectors[chunk] = await loop.run_in_executor(worker, embedder.embed, chunk_encodings)
        return Response(written(begun, encoding_format), media_type="application/json")

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


@dataclass(frozen=True)
class Begun:
    """The tokens of a request's texts, their vectors as far as they are computed, and the chunks that are left."""

    encodings: list[Encoding]
    vectors: np.ndarray
    left: list[list[int]]


def begin(embedder: Embedder, texts: list[str]) -> Begun:
    """Tokenize all texts and embed the first chunk of them."""
    encodings = embedder.tokenize(texts)
    first, *left = split_into_chunks([len(encoding.ids) for encoding in encodings])
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    vectors[first] = embedder.embed([encodings[index] for index in first])
    return Begun(encodings, vectors, left)


def written(done: Begun, encoding_format: str) -> bytes:
    """The answer's body."""
    tokens = sum(len(encoding.ids) for encoding in done.encodings)
    data = [
        {"object": "embedding", "index": index, "embedding": encode_vector(vector, encoding_format)}
        for index, vector in enumerate(done.vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data, "model": MODEL_NAME, "usage": usage}
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)


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


def encode_vector(vector: np.ndarray, encoding_format: str) -> np.ndarray | str:
    """A vector for the answer: numbers, with as many digits as float32 has; or little-endian float32 in base64."""
    if encoding_format == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    return vector
