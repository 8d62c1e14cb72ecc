"""create, update, upsert, delete, their many-forms, and writes nested in relations."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_create_returns_defaults_and_keeps_odd_text(client: Any) -> None:
    text = 'quote " backslash \\ newline \n tab \t control \x01 space \u2003 accent é emoji 🎉 ${x} {"$type":"x"}'
    user = await client.user.create({"name": text})
    assert len(user.id) == 25
    assert (await client.user.find_unique({"id": user.id})).name == text


async def test_create_with_nested_records(client: Any) -> None:
    await client.category.create({"name": "old"})
    user = await client.user.create(
        {
            "name": "Ada",
            "profile": {"create": {"bio": "hello"}},
            "posts": {
                "create": [
                    {
                        "title": "one",
                        "categories": {
                            "connect": [{"name": "old"}],
                            "create": [{"name": "new"}],
                            "connect_or_create": {"where": {"name": "maybe"}, "create": {"name": "maybe"}},
                        },
                    },
                    {"title": "two"},
                ]
            },
        },
        include={"profile": True, "posts": {"include": {"categories": {"order_by": {"name": "asc"}}}}},
    )
    assert user.profile.bio == "hello"
    assert [post.title for post in user.posts] == ["one", "two"]
    assert [category.name for category in user.posts[0].categories] == ["maybe", "new", "old"]


async def test_create_many_and_skip_duplicates(client: Any, prisma: Any) -> None:
    rows = [{"name": "a", "email": "a@x"}, {"name": "b", "email": "b@x"}]
    assert await client.user.create_many(rows) == 2
    more = [{"name": "c", "email": "b@x"}, {"name": "d", "email": "d@x"}]
    assert await client.user.create_many(more, skip_duplicates=True) == 1
    with pytest.raises(prisma.errors.UniqueViolationError):
        await client.user.create_many(more)
    assert await client.user.count() == 3


async def test_update_with_arithmetic_and_missing_record(client: Any) -> None:
    post = await client.post.create({"title": "x", "views": 10})
    for change, views in [
        ({"increment": 5}, 15),
        ({"decrement": 1}, 14),
        ({"multiply": 2}, 28),
        ({"divide": 4}, 7),
    ]:
        post = await client.post.update(where={"id": post.id}, data={"views": change})
        assert post.views == views
    assert (
        await client.post.update(where={"id": post.id}, data={"views": {"set": 1}, "title": "y"})
    ).title == "y"
    assert await client.post.update(where={"id": 10_000}, data={"title": "z"}) is None


async def test_update_relations(client: Any) -> None:
    ada = await client.user.create(
        {"name": "Ada", "posts": {"create": [{"title": "one"}, {"title": "two"}]}}, include={"posts": True}
    )
    one, two = ada.posts
    ada = await client.user.update(
        where={"id": ada.id},
        data={
            "posts": {
                "disconnect": [{"id": one.id}],
                "update": [{"where": {"id": two.id}, "data": {"title": "second"}}],
                "create": [{"title": "three"}],
            },
            "profile": {"create": {"bio": "b"}},
        },
        include={"posts": {"order_by": {"id": "asc"}}, "profile": True},
    )
    assert [post.title for post in ada.posts] == ["second", "three"]
    ada = await client.user.update(
        where={"id": ada.id}, data={"profile": {"update": {"bio": "new"}}}, include={"profile": True}
    )
    assert ada.profile.bio == "new"
    ada = await client.user.update(
        where={"id": ada.id}, data={"posts": {"set": [{"id": one.id}]}}, include={"posts": True}
    )
    assert [post.id for post in ada.posts] == [one.id]


async def test_update_many(client: Any) -> None:
    await client.post.create_many([{"title": "a"}, {"title": "b"}, {"title": "c"}])
    assert (
        await client.post.update_many(where={"title": {"in": ["a", "b"]}}, data={"views": {"increment": 2}})
        == 2
    )
    assert [post.views for post in await client.post.find_many(order={"title": "asc"})] == [2, 2, 0]


async def test_upsert_creates_then_updates(client: Any) -> None:
    data = {"create": {"topic": "t", "number": 1, "text": "made"}, "update": {"text": "changed"}}
    where = {"topic_number": {"topic": "t", "number": 1}}
    assert (await client.note.upsert(where=where, data=data)).text == "made"
    assert (await client.note.upsert(where=where, data=data)).text == "changed"
    assert await client.note.count() == 1


async def test_delete_and_delete_many(client: Any) -> None:
    await client.user.create({"id": "x", "name": "x", "profile": {"create": {"bio": "b"}}})
    await client.user.create_many([{"name": "y"}, {"name": "y"}])
    gone = await client.user.delete(where={"id": "x"}, include={"profile": True})
    assert gone.profile.bio == "b"
    assert await client.profile.count() == 0
    assert await client.user.delete(where={"id": "x"}) is None
    assert await client.user.delete_many(where={"name": "y"}) == 2
