"""LiteLLM's own schema and migrations: what its proxy does with them all day."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .database_server import DatabaseServer
from .engine_program import EngineProgram


def _package() -> Path:
    spec = importlib.util.find_spec("litellm_proxy_extras")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def engine(server: DatabaseServer, start_engine: Callable[..., EngineProgram]) -> EngineProgram:
    with server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS litellm WITH (FORCE)")
    server.create_database("litellm")
    with server.connect("litellm") as connection:
        for migration in sorted((_package() / "migrations").glob("*/migration.sql")):
            connection.execute(migration.read_text().encode())
    url = server.url("litellm")
    engine = start_engine(url, schema=_package() / "schema.prisma", DATABASE_URL=url)
    engine.wait_ready()
    assert engine.cpu_in_starts() < 20  # 97 models; it is 10 to 13
    return engine


def _quoted(value: object) -> str:
    """A Json argument as LiteLLM's client sends it: JSON text in a GraphQL string."""
    return json.dumps(json.dumps(value))


def _result(answer: dict[str, Any]) -> Any:
    assert "errors" not in answer, answer
    return answer["data"]["result"]


def _write(engine: EngineProgram, operation: str, arguments: str, fields: str) -> Any:
    return _result(engine.query(f"mutation {{ result: {operation}({arguments}) {{ {fields} }} }}"))


def test_keys_users_and_spend(engine: EngineProgram) -> None:
    data = f'{{token: "t1", models: ["a", "b"], spend: 0.5, metadata: {_quoted({"tags": ["x"]})}}}'
    made = _write(engine, "createOneLiteLLM_VerificationToken", f"data: {data}", "token metadata models")
    assert made == {"token": "t1", "metadata": '{"tags":["x"]}', "models": ["a", "b"]}
    change = 'where: {token: "t1"}, data: {spend: {increment: 0.25}}'
    assert _write(engine, "updateOneLiteLLM_VerificationToken", change, "spend") == {"spend": 0.75}
    create = f'create: {{user_id: "u", metadata: {_quoted({})}}}'
    update = f"update: {{spend: 2.0, metadata: {_quoted('123')}}}"
    upsert = f'where: {{user_id: "u"}}, {create}, {update}'
    made = _write(engine, "upsertOneLiteLLM_UserTable", upsert, "spend metadata")
    assert made == {"spend": 0.0, "metadata": "{}"}
    changed = _write(engine, "upsertOneLiteLLM_UserTable", upsert, "spend metadata")
    assert changed == {"spend": 2.0, "metadata": '"123"'}


def test_spend_logs_and_reports(engine: EngineProgram) -> None:
    asked = [{"role": "user", "content": 'say "hi" 🎉'}]
    logs = []
    for at in range(4):
        numbers = f'request_id: "r{at}", spend: {at}.5, model: "m{at % 2}", total_tokens: {at}'
        times = 'startTime: "2026-01-02T03:04:05Z", endTime: "2026-01-02T03:04:06Z"'
        texts = f'call_type: "x", messages: {_quoted(asked)}, response: {_quoted({})}'
        data = f"data: {{{numbers}, {times}, {texts}}}"
        logs.append({"query": f"mutation {{ result: createOneLiteLLM_SpendLogs({data}) {{ request_id }} }}"})
    assert len(engine.post("/", {"batch": logs, "transaction": True})["batchResult"]) == 4
    by_model = 'groupByLiteLLM_SpendLogs(by: ["model"], orderBy: {model: "asc"})'
    report = f"query {{ result: {by_model} {{ model _sum {{ spend total_tokens }} _count {{ _all }} }} }}"
    assert _result(engine.query(report)) == [
        {"model": "m0", "_sum": {"spend": 3.0, "total_tokens": 2}, "_count": {"_all": 2}},
        {"model": "m1", "_sum": {"spend": 5.0, "total_tokens": 4}, "_count": {"_all": 2}},
    ]
    sql = (
        'SELECT DATE("startTime") AS day, SUM(spend) AS spend, ARRAY_AGG(model ORDER BY model) AS models,'
        ' MAX(messages::text)::jsonb AS messages FROM "LiteLLM_SpendLogs"'
        ' WHERE "startTime" >= $1::timestamptz GROUP BY 1'
    )
    arguments = f"query: {json.dumps(sql)}, parameters: {_quoted(['2026-01-01T00:00:00Z'])}"
    raw = _result(engine.query(f"mutation {{ result: queryRaw({arguments}) }}"))
    assert raw["types"] == ["date", "double", "string-array", "json"]
    assert raw["rows"] == [["2026-01-02", 8.0, ["m0", "m0", "m1", "m1"], asked]]
