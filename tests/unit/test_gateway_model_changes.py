"""What a change of a model has read again: the models, where all else stays as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway_kit.stack.servers.gateway.model_changes import ReadModelsAlone, unless_marked


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("POST", "/model/new", 0),
        ("POST", "/model/delete", 0),
        ("PATCH", "/model/some-id/update", 0),
        ("GET", "/model/info", 1),
        ("POST", "/config/update", 1),
    ],
)
def test_only_a_change_of_a_model_leaves_the_rest_unread(method: str, path: str, times: int) -> None:
    read = []

    @unless_marked
    async def read_others(name: str) -> None:
        read.append(name)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.create_task(read_others("in a task of the request"))

    async def receive() -> Any: ...

    async def send(message: Any) -> None: ...

    async def serve() -> None:
        request = {"type": "http", "method": method, "path": path}
        await asyncio.create_task(ReadModelsAlone(app)(request, receive, send))
        assert read == ["in a task of the request"] * times
        await read_others("by a job")

    asyncio.run(serve())
    assert read[-1] == "by a job"
    assert len(read) == times + 1


def test_what_is_no_request_passes() -> None:
    served = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["type"])

    asyncio.run(ReadModelsAlone(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert served == ["lifespan"]
