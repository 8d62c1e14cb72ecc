"""Every scalar type and its list: written, read back, filtered and aggregated without loss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOMENT = datetime(2024, 2, 29, 23, 59, 58, 123000, tzinfo=UTC)

SCALARS = [
    ("text", ""),
    ("text", "null"),
    ("flag", False),
    ("small", -(2**31)),
    ("small", 2**31 - 1),
    ("big", 2**53 + 1),
    ("big", -(2**63)),
    ("big", 2**63 - 1),
    ("real", 1e-7),
    ("real", 700.0),
    ("real", -1.234567890123456e300),  # the engine, as the native one, keeps 16 digits of a float
    ("exact", Decimal("12345678901234567890.123456789012345678")),
    ("exact", Decimal("700.00")),
    ("moment", MOMENT),
    ("moment", datetime(1, 1, 1, tzinfo=UTC)),
    ("moment", datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ("instant", MOMENT),
    ("day", datetime(2024, 2, 29, tzinfo=UTC)),
    ("clock", datetime(1970, 1, 1, 23, 59, 58, 123000, tzinfo=UTC)),
    ("colour", "GREEN"),
    ("colour", "DARK_BLUE"),
    ("uuid", "0b2f0c5e-1b1c-4a7e-9d0e-1f6f0f3c9a11"),
]

LISTS = [
    ("texts", ["a,b", 'c"d', "e\\f", "", "null", "{x}", "é 🎉\n"]),
    ("flags", [True, False]),
    ("smalls", [1, -2, 0]),
    ("bigs", [2**53 + 1, -(2**63), 5]),
    ("reals", [1.5, 2.0, -1e-7]),
    ("exacts", [Decimal("1.10"), Decimal("-12345678901234567890.5")]),
    ("moments", [MOMENT, MOMENT + timedelta(days=1)]),
    ("instants", [MOMENT]),
    ("colours", ["RED", "DARK_BLUE"]),
    ("smalls", []),
]


@pytest.mark.parametrize(("field", "value"), SCALARS)
async def test_scalar_survives_and_can_be_filtered_by(client: Any, field: str, value: object) -> None:
    made = await client.everything.create({field: value})
    assert getattr(made, field) == value
    await client.everything.create({})
    found = await client.everything.find_many(where={field: value})
    assert [row.id for row in found] == [made.id]
    assert getattr(found[0], field) == value
    await client.everything.update(where={"id": made.id}, data={field: None})
    assert await client.everything.count(where={field: None}) == 2


@pytest.mark.parametrize(("field", "value"), LISTS)
async def test_list_survives_and_can_be_filtered_by(client: Any, field: str, value: list[Any]) -> None:
    made = await client.everything.create({field: value})
    assert getattr(made, field) == value
    found = await client.everything.find_many(where={field: {"equals": value}})
    assert [getattr(row, field) for row in found] == [value]
    assert await client.everything.count(where={field: {"is_empty": True}}) == (0 if value else 1)
    if value:
        assert await client.everything.count(where={field: {"has": value[0]}}) == 1
        assert await client.everything.count(where={field: {"has_every": value}}) == 1
        assert await client.everything.count(where={field: {"has_some": value[-1:]}}) == 1
        pushed = await client.everything.update(where={"id": made.id}, data={field: {"push": value[:1]}})
        assert getattr(pushed, field) == [*value, value[0]]
    assert (
        getattr(await client.everything.update(where={"id": made.id}, data={field: {"set": []}}), field) == []
    )


async def test_bytes(client: Any, prisma: Any) -> None:
    every_byte = prisma.Base64.encode(bytes(range(256)))
    row = await client.everything.create(
        {"blob": every_byte, "blobs": [every_byte, prisma.Base64.encode(b"")]}
    )
    row = await client.everything.find_unique({"id": row.id})
    assert row.blob.decode() == bytes(range(256))
    assert [blob.decode() for blob in row.blobs] == [bytes(range(256)), b""]
    assert await client.everything.count(where={"blob": every_byte}) == 1


async def test_time_zones_are_converted(client: Any) -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    row = await client.everything.create({"moment": local, "instant": local})
    assert row.moment == row.instant == MOMENT


async def test_sums_of_big_integers_and_decimals_are_exact(client: Any) -> None:
    await client.everything.create_many(
        [{"big": 2**53, "exact": Decimal("0.1")}, {"big": 1, "exact": Decimal("0.2")}]
    )
    [group] = await client.everything.group_by(["text"], sum={"big": True, "exact": True}, max={"big": True})
    assert group["_sum"]["big"] == 2**53 + 1
    assert Decimal(group["_sum"]["exact"]) == Decimal("0.3")
    assert group["_max"]["big"] == 2**53


async def test_numbers_out_of_range_are_errors_not_other_numbers(client: Any, prisma: Any) -> None:
    for field, value in [("small", 2**31), ("big", 2**63), ("real", float("nan")), ("real", float("inf"))]:
        with pytest.raises(prisma.errors.DataError):
            await client.everything.create({field: value})
    assert await client.everything.count() == 0
