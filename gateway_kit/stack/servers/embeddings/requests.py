"""Reading and refusing requests, in OpenAI's terms."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway_kit.stack.servers.embeddings.model import DIMENSIONS, MODEL_NAME

MAX_INPUTS = 2048  # as OpenAI's API
MAX_BODY_BYTES = 8 * 1024 * 1024


class RequestError(Exception):
    """A request that cannot be answered, in the terms of OpenAI's error body."""

    def __init__(self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None):
        super().__init__(message)
        self.message, self.param, self.status, self.code = message, param, status, code


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


async def read_body(request: Request) -> Any:
    """The decoded JSON body. Raises RequestError if it is too large or not JSON."""
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
