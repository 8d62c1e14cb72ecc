"""query_raw, query_first and execute_raw: parameters by type, columns by type, errors."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_parameters_of_every_type(client: Any) -> None:
    row = await client.query_first(
        "SELECT $1::int AS i, $2::float8 AS f, $3::text AS t, $4::bool AS b, $5::jsonb AS j, $6::int[] AS l,"
        " $7::bigint AS g, $8::timestamptz AS m, $9::text AS n, $10::numeric AS d, $11::text[] AS s",
        *(
            7,
            1.5,
            'a "b" \\ é',
            True,
            '{"a": [1]}',
            [1, 2],
            2**62 + 1,
            "2024-02-29T00:00:00+05:30",
            None,
            0.1,
            ["x,y", 'q"'],
        ),
    )
    assert row == {
        "i": 7, "f": 1.5, "t": 'a "b" \\ é', "b": True, "j": {"a": [1]}, "l": [1, 2], "g": 2**62 + 1,
        "m": "2024-02-28T18:30:00+00:00", "n": None, "d": 0.1, "s": ["x,y", 'q"'],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1::int2", 1),
        ("9007199254740993::int8", 9007199254740993),
        ("4294967295::oid", 4294967295),
        ("1.5::float4", 1.5),
        ("(0.1::float8 + 0.2::float8)", 0.1 + 0.2),
        ("700.0::float8", 700.0),
        ("12.50::numeric", 12.5),
        ("'-$1,234.50'::money", -1234.5),
        ("'x'::name", "x"),
        ("'c'::\"char\"", "c"),
        ("ARRAY['c', 'd']::\"char\"[]", ["c", "d"]),
        ("ARRAY['n']::name[]", ["n"]),
        ("'text without a type'", "text without a type"),
        ("pg_sleep(0)", ""),
        ("NULL", None),
        ("'a'::bpchar", "a"),
        ("'\\x00ff'::bytea", "AP8="),
        ("ARRAY['\\x00ff'::bytea, NULL]", ["AP8=", None]),
        ("'0b2f0c5e-1b1c-4a7e-9d0e-1f6f0f3c9a11'::uuid", "0b2f0c5e-1b1c-4a7e-9d0e-1f6f0f3c9a11"),
        ("'2024-02-29'::date", "2024-02-29"),
        ("'10:11:12'::time", "10:11:12"),
        ("'10:11:12-03:30'::timetz", "10:11:12"),
        ("'2024-02-29 10:11:12.5'::timestamp", "2024-02-29T10:11:12.500+00:00"),
        ("'2024-02-29 10:11:12-03:30'::timestamptz", "2024-02-29T13:41:12+00:00"),
        ("ARRAY['2024-02-29 10:11:12-03:30'::timestamptz]", ["2024-02-29T13:41:12+00:00"]),
        ("ARRAY['2024-02-29'::date, NULL]", ["2024-02-29", None]),
        ("'1 day 2 hours'::interval", "1 day 02:00:00"),
        ("'127.0.0.1'::inet", "127.0.0.1"),
        ("B'101'", "101"),
        ("point(1, 2)", "(1,2)"),
        ("ROW(1, 'a')", "(1,a)"),
        ('\'dark, "blue"\'::"Colour"', 'dark, "blue"'),
        ("ARRAY['dark, \"blue\"', 'RED']::\"Colour\"[]", ['dark, "blue"', "RED"]),
        ("'[1, \"2\", null]'::json", [1, "2", None]),
        ('\'{"$type": "BigInt", "value": "5"}\'::jsonb', {"$type": "BigInt", "value": "5"}),
        ("ARRAY['1'::jsonb, '\"1\"']", [1, "1"]),
        ("(SELECT most_common_vals FROM pg_stats WHERE attname = 'no such column')", None),
    ],
)
async def test_columns_of_every_type(client: Any, expression: str, value: object) -> None:
    assert await client.query_raw(f"SELECT {expression} AS value") == [{"value": value}]


async def test_rows_as_models(client: Any, prisma: Any) -> None:
    await client.user.create({"id": "a", "name": "Ada", "age": 36})
    await client.document.create({"name": "n", "body": prisma.Json({"a": "1"})})
    [user] = await client.query_raw('SELECT * FROM "User"', model=prisma.models.User)
    assert (user.id, user.age) == ("a", 36)
    document = await prisma.models.Document.prisma(client).query_first('SELECT * FROM "Document"')
    assert document.body == {"a": "1"}
    assert await client.query_first('SELECT * FROM "User" WHERE id = $1', "nobody") is None


async def test_execute_raw_counts_rows(client: Any) -> None:
    await client.user.create_many([{"name": "a"}, {"name": "b"}])
    assert await client.execute_raw('UPDATE "User" SET age = $1', 5) == 2
    assert await client.execute_raw('DELETE FROM "User" WHERE name = $1', "nobody") == 0
    assert await client.user.count(where={"age": 5}) == 2


async def test_errors_carry_the_code_of_the_database(client: Any, prisma: Any) -> None:
    for sql, code in [("SELECT * FROM nowhere", "42P01"), ("SELEC 1", "42601"), ("SELECT 1 / 0", "22012")]:
        with pytest.raises(prisma.errors.RawQueryError) as caught:
            await client.query_raw(sql)
        assert caught.value.meta["code"] == code


async def test_several_statements_in_one_query_are_refused(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.RawQueryError, match="multiple commands"):
        await client.execute_raw("INSERT INTO \"Category\" (name) VALUES ('x'); SELECT 1")
    assert await client.category.count() == 0


async def test_parameters_that_are_no_json_are_refused(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.DataError, match="not valid JSON"):
        await client.query_raw("SELECT $1::float8 AS x", float("nan"))


async def test_session_that_changes_its_time_zone(client: Any) -> None:
    async with client.tx() as tx:
        await tx.execute_raw("SET LOCAL TIME ZONE 'Asia/Kathmandu'")
        sql = "SELECT '2024-02-29 00:00:00Z'::timestamptz AS one, ARRAY['1900-01-01 00:00:00.5Z'::timestamptz] AS two"
        row = await tx.query_first(sql)
    assert row == {"one": "2024-02-29T00:00:00+00:00", "two": ["1900-01-01T00:00:00.500+00:00"]}


async def test_raw_begin_swallows_no_later_writes(client: Any, server: Any) -> None:
    for _ in range(8):  # more often than there are connections
        await client.execute_raw("BEGIN")
    for at in range(8):
        await client.execute_raw('INSERT INTO "Category" (name) VALUES ($1)', str(at))
    with server.connect("shop") as connection:
        assert connection.execute('SELECT count(*) FROM "Category"').fetchone() == (8,)
