"""find_unique, find_first, find_many, count and group_by."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _make_people(client: Any) -> None:
    for at, (name, age) in enumerate([("Ada", 36), ("Bob", 20), ("Cleo", 36), ("Dan", None)]):
        posts = [
            {"title": f"{name} {number}", "views": number, "published": number > 1} for number in range(at)
        ]
        await client.user.create(
            {"id": f"u{at}", "name": name, "email": f"{name}@x", "age": age, "posts": {"create": posts}}
        )


async def test_find_unique_by_key_and_by_other_unique_field(client: Any) -> None:
    await _make_people(client)
    assert (await client.user.find_unique({"id": "u1"})).name == "Bob"
    assert (await client.user.find_unique({"email": "Cleo@x"})).id == "u2"
    assert await client.user.find_unique({"id": "nobody"}) is None


async def test_find_unique_by_compound_key(client: Any) -> None:
    await client.note.create({"topic": "a", "number": 2, "text": "second"})
    found = await client.note.find_unique({"topic_number": {"topic": "a", "number": 2}})
    assert found.text == "second"
    assert await client.note.find_unique({"topic_number": {"topic": "a", "number": 3}}) is None


async def test_find_or_raise(client: Any, prisma: Any) -> None:
    await _make_people(client)
    assert (await client.user.find_unique_or_raise({"id": "u0"})).name == "Ada"
    assert (await client.user.find_first_or_raise(where={"age": 20})).name == "Bob"
    with pytest.raises(prisma.errors.RecordNotFoundError):
        await client.user.find_unique_or_raise({"id": "nobody"})
    with pytest.raises(prisma.errors.RecordNotFoundError):
        await client.user.find_first_or_raise(where={"age": 99})


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ({"name": "Ada"}, ["Ada"]),
        ({"name": {"contains": "o"}}, ["Bob", "Cleo"]),
        ({"name": {"startswith": "C"}}, ["Cleo"]),
        ({"name": {"endswith": "n"}}, ["Dan"]),
        ({"name": {"contains": "A", "mode": "insensitive"}}, ["Ada", "Dan"]),
        ({"name": {"in": ["Ada", "Dan", "nobody"]}}, ["Ada", "Dan"]),
        ({"name": {"not_in": ["Ada", "Dan"]}}, ["Bob", "Cleo"]),
        ({"name": {"not": "Ada"}}, ["Bob", "Cleo", "Dan"]),
        ({"age": {"gt": 20}}, ["Ada", "Cleo"]),
        ({"age": {"lte": 20}}, ["Bob"]),
        ({"age": None}, ["Dan"]),
        ({"NOT": [{"age": 36}]}, ["Bob"]),
        ({"OR": [{"name": "Ada"}, {"age": 20}]}, ["Ada", "Bob"]),
        ({"AND": [{"age": 36}, {"name": {"contains": "l"}}]}, ["Cleo"]),
        ({"posts": {"some": {"views": 2}}}, ["Dan"]),
        ({"posts": {"every": {"views": 0}}}, ["Ada", "Bob"]),
        ({"posts": {"none": {}}}, ["Ada"]),
    ],
)
async def test_find_many_filters(client: Any, where: dict[str, Any], names: list[str]) -> None:
    await _make_people(client)
    found = await client.user.find_many(where=where, order={"name": "asc"})
    assert [user.name for user in found] == names


async def test_filter_by_to_one_relation(client: Any) -> None:
    await _make_people(client)
    found = await client.post.find_many(where={"author": {"is": {"name": "Cleo"}}}, order={"id": "asc"})
    assert [post.title for post in found] == ["Cleo 0", "Cleo 1"]
    found = await client.post.find_many(where={"author": {"is_not": {"name": "Dan"}}})
    assert {post.author_id for post in found} == {"u1", "u2"}


async def test_ordering_paging_and_cursor(client: Any) -> None:
    await _make_people(client)
    by_age_and_name = await client.user.find_many(
        where={"age": {"gt": 0}}, order=[{"age": "desc"}, {"name": "desc"}]
    )
    assert [user.name for user in by_age_and_name] == ["Cleo", "Ada", "Bob"]
    page = await client.user.find_many(order={"name": "asc"}, skip=1, take=2)
    assert [user.name for user in page] == ["Bob", "Cleo"]
    after = await client.user.find_many(order={"name": "asc"}, cursor={"id": "u1"}, skip=1)
    assert [user.name for user in after] == ["Cleo", "Dan"]
    before = await client.user.find_many(order={"name": "asc"}, cursor={"id": "u2"}, take=-2)
    assert [user.name for user in before] == ["Bob", "Cleo"]


async def test_distinct(client: Any) -> None:
    await _make_people(client)
    found = await client.user.find_many(distinct=["age"], order={"name": "asc"})
    assert [user.name for user in found] == ["Ada", "Bob", "Dan"]


async def test_include_with_arguments_at_two_levels(client: Any) -> None:
    await _make_people(client)
    inner = {"where": {"views": {"gte": 1}}, "order_by": {"views": "desc"}, "include": {"author": True}}
    dan = await client.user.find_unique({"id": "u3"}, include={"posts": inner, "profile": True})
    assert [post.title for post in dan.posts] == ["Dan 2", "Dan 1"]
    assert dan.posts[0].author.name == "Dan"
    assert dan.profile is None


async def test_select_fewer_fields_by_a_partial_model(client: Any, prisma: Any) -> None:
    await _make_people(client)

    class Name(prisma.bases.BaseUser):
        name: str

    found = await Name.prisma(client).find_first(where={"id": "u0"})
    assert found is not None
    assert found.model_dump() == {"name": "Ada"}


async def test_count(client: Any) -> None:
    await _make_people(client)
    assert await client.user.count() == 4
    assert await client.user.count(where={"age": 36}) == 2
    assert await client.user.count(take=3) == 3
    assert await client.user.count(select={"_all": True, "age": True}) == {"_all": 4, "age": 3}


async def test_group_by(client: Any) -> None:
    await _make_people(client)
    groups = await client.post.group_by(
        ["author_id"],
        count=True,
        sum={"views": True},
        avg={"views": True},
        min={"views": True},
        max={"views": True},
        having={"views": {"_sum": {"gte": 1}}},
        order={"author_id": "desc"},
    )
    assert groups == [
        {
            "author_id": "u3",
            "_count": {"_all": 3},
            "_sum": {"views": 3},
            "_avg": {"views": 1.0},
            "_min": {"views": 0},
            "_max": {"views": 2},
        },
        {
            "author_id": "u2",
            "_count": {"_all": 2},
            "_sum": {"views": 1},
            "_avg": {"views": 0.5},
            "_min": {"views": 0},
            "_max": {"views": 1},
        },
    ]


async def test_full_text_search(client: Any) -> None:
    for title in ("a cat sat", "a dog lay", "a cat and a dog"):
        await client.post.create({"title": title})
    found = await client.post.find_many(where={"title": {"search": "cat & dog"}})
    assert [post.title for post in found] == ["a cat and a dog"]
