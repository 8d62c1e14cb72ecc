"""Json values: any value, at every position where the client can put one."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

VALUES: list[Any] = [
    {"a": [1, {"b": None}], "": "é", 'k"': "\\"},
    [],
    {},
    "123",
    "null",
    "true",
    'he said "no"',
    '{"a": 1}',
    "",
    0,
    2**53 + 1,
    700.5,
    True,
    None,
    {"$type": "BigInt", "value": "5"},
    {"$type": "Json", "value": '{"x":1}'},
    [{"$type": "DateTime", "value": "2020-01-01T00:00:00Z"}],
    'x{"$type":"BigInt","value":"5"}',
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_value_survives_model_and_raw_reads(client: Any, prisma: Any, value: Any) -> None:
    wrapped = prisma.Json(value)
    made = await client.document.create(
        {"name": "n", "body": wrapped, "extra": wrapped, "history": [wrapped, wrapped]}
    )
    for row in (made, await client.document.find_unique({"id": made.id})):
        assert (row.body, row.extra, row.history) == (value, value, [value, value])
    [raw] = await client.query_raw('SELECT body, extra, history, jsonb_typeof(body) AS kind FROM "Document"')
    assert (raw["body"], raw["extra"], raw["history"]) == (value, value, [value, value])
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    assert raw["kind"] == kinds.get(type(value), "number")
    assert await client.document.count(where={"body": {"equals": wrapped}}) == 1
    assert await client.document.count(where={"body": {"not": wrapped}}) == 0


async def test_update_upsert_and_create_many(client: Any, prisma: Any) -> None:
    value = {"deep": ["1"]}
    made = await client.document.create({"name": "n"})
    assert made.body == {}
    assert (
        await client.document.update(where={"id": made.id}, data={"body": prisma.Json(value)})
    ).body == value
    await client.document.update_many(where={}, data={"body": prisma.Json("2")})
    assert (await client.document.find_first()).body == "2"
    data = {"create": {"name": "m"}, "update": {"extra": prisma.Json([1])}}
    assert (await client.document.upsert(where={"id": made.id}, data=data)).extra == [1]
    rows = [{"name": "x", "body": prisma.Json(at), "key": prisma.Json([at])} for at in range(3)]
    assert await client.document.create_many(rows) == 3
    assert {row.body for row in await client.document.find_many(where={"name": "x"})} == {0, 1, 2}


async def test_lists_set_push_and_filters(client: Any, prisma: Any) -> None:
    one, two = prisma.Json({"n": 1}), prisma.Json("two")
    made = await client.document.create({"name": "n", "history": {"set": [one]}})
    made = await client.document.update(where={"id": made.id}, data={"history": {"push": [two]}})
    assert made.history == [{"n": 1}, "two"]
    for where, count in [
        ({"has": two}, 1),
        ({"has": prisma.Json("three")}, 0),
        ({"has_every": [one, two]}, 1),
        ({"has_some": [two, prisma.Json(3)]}, 1),
        ({"equals": [one, two]}, 1),
        ({"is_empty": True}, 0),
    ]:
        assert await client.document.count(where={"history": where}) == count, where


async def test_list_that_the_database_has_as_null(client: Any, prisma: Any) -> None:
    missing = await client.document.create({"name": "missing", "key": prisma.Json(1)})
    assert missing.history == []
    await client.document.create({"name": "empty", "history": [], "key": prisma.Json(2)})
    found = await client.document.find_many(where={"history": {"equals": None}})
    assert [row.name for row in found] == ["missing"]
    assert await client.document.count(where={"history": {"is_empty": True}}) == 1


async def test_filters_inside_a_document(client: Any, prisma: Any) -> None:
    await client.document.create(
        {"name": "n", "body": prisma.Json({"tags": ["a", "b"], "text": "hello", "n": 5})}
    )
    for where, count in [
        ({"path": ["n"], "equals": prisma.Json(5)}, 1),
        ({"path": ["n"], "gt": prisma.Json(4)}, 1),
        ({"path": ["n"], "lte": prisma.Json(4)}, 0),
        ({"path": ["text"], "string_contains": "ell"}, 1),
        ({"path": ["text"], "string_starts_with": "ell"}, 0),
        ({"path": ["tags"], "array_contains": prisma.Json(["b"])}, 1),
        ({"path": ["tags"], "array_ends_with": prisma.Json("a")}, 0),
        ({"path": ["tags", "0"], "equals": prisma.Json("a")}, 1),
    ]:
        assert await client.document.count(where={"body": where}) == count, where
        nested = {"AND": [{"OR": [{"NOT": [{"NOT": [{"body": where}]}]}]}]}
        assert await client.document.count(where=nested) == count, where


async def test_unique_key_cursor_and_group_filter(client: Any, prisma: Any) -> None:
    for at in range(3):
        await client.document.create({"name": str(at), "key": prisma.Json({"at": at})})
    key = prisma.Json({"at": 1})
    assert (await client.document.find_unique({"key": key})).name == "1"
    page = await client.document.find_many(cursor={"key": key}, order={"id": "asc"})
    assert [row.name for row in page] == ["1", "2"]
    groups = await client.document.group_by(
        ["key"], where={"key": {"not": key}}, having={"key": {"not": prisma.Json({"at": 2})}}
    )
    assert [group["key"] for group in groups] == ['{"at":0}']


async def test_values_in_nested_writes(client: Any, prisma: Any) -> None:
    root = await client.document.create(
        {
            "name": "root",
            "children": {"create": [{"name": "child", "body": prisma.Json("1"), "key": prisma.Json(1)}]},
        },
        include={"children": True},
    )
    child = root.children[0]
    assert child.body == "1"
    root = await client.document.update(
        where={"id": root.id},
        data={"children": {"update": [{"where": {"id": child.id}, "data": {"body": prisma.Json([2])}}]}},
        include={"children": {"where": {"body": {"equals": prisma.Json([2])}}}},
    )
    assert [row.body for row in root.children] == [[2]]
    known = {"where": {"key": prisma.Json(1)}, "create": {"name": "other", "key": prisma.Json("x")}}
    new = {
        "where": {"key": prisma.Json(7)},
        "create": {"name": "new", "body": prisma.Json("x"), "key": prisma.Json(7)},
    }
    root = await client.document.update(
        where={"id": root.id},
        data={"children": {"connect_or_create": [known, new]}},
        include={"children": {"order_by": {"id": "asc"}}},
    )
    assert [(row.name, row.body) for row in root.children] == [("child", [2]), ("new", "x")]
    user = await client.user.create(
        {"name": "u", "profile": {"create": {"bio": "b", "data": prisma.Json("s")}}}
    )
    # A related model with a field named like an argument: the record itself, not a wrapper.
    user = await client.user.update(
        where={"id": user.id},
        data={"profile": {"update": {"data": prisma.Json({"x": "y"})}}},
        include={"profile": True},
    )
    assert user.profile.data == {"x": "y"}


async def test_null_of_a_required_field_is_refused_and_of_an_optional_one_is_the_database_null(
    client: Any, prisma: Any
) -> None:
    with pytest.raises(prisma.errors.MissingRequiredValueError):
        await client.document.create({"name": "n", "body": None})
    made = await client.document.create({"name": "n", "extra": None})
    [raw] = await client.query_raw('SELECT body, extra IS NULL AS is_null FROM "Document"')
    assert raw == {"body": {}, "is_null": True}
    await client.document.update(where={"id": made.id}, data={"extra": prisma.Json(None)})
    [raw] = await client.query_raw('SELECT jsonb_typeof(extra) AS kind FROM "Document"')
    assert raw == {"kind": "null"}


async def test_nulls_by_name(client: Any, prisma: Any) -> None:
    await client.document.create({"name": "database", "extra": "DbNull", "key": prisma.Json(1)})
    await client.document.create({"name": "json", "extra": "JsonNull", "key": prisma.Json(2)})
    for null, names in [("DbNull", ["database"]), ("JsonNull", ["json"]), ("AnyNull", ["database", "json"])]:
        found = await client.document.find_many(where={"extra": {"equals": null}}, order={"id": "asc"})
        assert [row.name for row in found] == names


@pytest.mark.parametrize(
    "text", ["{", "nope", "", "1e400", '"\\ud800"', '{"\\udc00": 1}', "9" * 400, "[" * 128 + "]" * 128]
)
async def test_text_that_is_no_json_is_an_error_and_harms_nothing(
    client: Any, prisma: Any, text: str
) -> None:
    engine = client._engine.process.pid
    with pytest.raises(prisma.errors.DataError, match="body"):
        await client.document.create({"name": "n", "body": text})
    with pytest.raises(prisma.errors.DataError, match="history"):
        await client.document.find_many(where={"history": {"has": text}})
    assert await client.document.count() == 0
    assert client._engine.process.poll() is None
    assert client._engine.process.pid == engine


async def test_deep_but_legal_json_and_emoji_escapes(client: Any, prisma: Any) -> None:
    assert (await client.document.create({"name": "n", "body": "[" * 120 + "]" * 120})).id == 1
    found = await client.document.create({"name": "n", "body": '"\\ud83d\\ude00"', "key": "2"})
    assert found.body == "😀"
