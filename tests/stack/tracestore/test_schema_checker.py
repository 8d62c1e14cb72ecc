"""The process that checks schemas: started when it is needed, started anew when it died, ended when it idles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from gateway_kit.stack.servers.tracestore.api.datasets import schemas
from gateway_kit.stack.servers.tracestore.api.errors import Refusal

TEXT = {"input": {"type": "string"}}


@pytest.fixture
async def checker() -> AsyncIterator[schemas.SchemaChecker]:
    one = schemas.SchemaChecker()
    yield one
    await one.close()


def children() -> list[psutil.Process]:
    """The checkers of this test's process."""
    return [child for child in psutil.Process().children() if is_checker(child)]


def is_checker(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and str(schemas.PROGRAM) in child.cmdline()
    except psutil.NoSuchProcess:  # it ended meanwhile
        return False


async def test_one_process_serves_all_requests_and_sees_no_environment(checker, monkeypatch):
    monkeypatch.setenv("SECRET_OF_A_TEST", "x")
    assert children() == []
    for value, messages in (("a", []), (1, ["must be string"])):
        (errors,) = await checker.errors(TEXT, [{"input": value}])
        assert [error["message"] for error in errors.get("input", [])] == messages
    (child,) = children()
    assert "SECRET_OF_A_TEST" not in child.environ()


async def test_a_process_that_died_is_started_anew(checker):
    assert await checker.is_schema({"type": "string"})
    (child,) = children()
    child.kill()
    assert not await checker.is_schema({"type": "no type"})
    assert children() != [child]


async def test_a_process_without_work_ends(checker, monkeypatch):
    monkeypatch.setattr(schemas, "IDLE_S", 0.05)
    assert await checker.is_schema({"type": "string"})
    for _ in range(1000):
        if not children():
            break
        await asyncio.sleep(0.02)
    assert children() == []
    assert await checker.is_schema({"type": "number"})


async def test_a_request_that_is_given_up_leaves_no_answer_for_the_next(checker):
    assert await checker.is_schema({"type": "string"})
    slow = {"input": {"type": "string", "pattern": "^(a+)+$"}}
    asked = asyncio.create_task(checker.errors(slow, [{"input": "a" * 40 + "!"}]))
    await asyncio.sleep(0.1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await checker.errors(TEXT, [{"input": "a"}]) == [{}]


async def test_without_node_it_is_said_what_to_do(checker, monkeypatch):
    monkeypatch.setattr(schemas, "_node", lambda: None)
    with pytest.raises(Refusal) as refused:
        await checker.is_schema({"type": "string"})
    assert refused.value.status == 503
    assert "make setup" in str(refused.value.body)
