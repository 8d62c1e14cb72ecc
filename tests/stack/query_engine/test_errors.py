"""The client's exception classes, with code and facts, for everything that a request can do wrong."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_unique_violation_names_the_fields(client: Any, prisma: Any) -> None:
    await client.user.create({"name": "a", "email": "e"})
    await client.note.create({"topic": "t", "number": 1, "text": "x"})
    with pytest.raises(prisma.errors.UniqueViolationError) as caught:
        await client.user.create({"name": "b", "email": "e"})
    assert (caught.value.code, caught.value.meta) == ("P2002", {"target": ["email"]})
    with pytest.raises(prisma.errors.UniqueViolationError) as caught:
        await client.note.create({"topic": "t", "number": 1, "text": "y"})
    assert caught.value.meta == {"target": ["topic", "number"]}


async def test_foreign_key_violation_on_insert(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.ForeignKeyViolationError) as caught:
        await client.post.create({"title": "x", "author_id": "nobody"})
    assert caught.value.code == "P2003"
    assert "Post_author_id_fkey" in caught.value.meta["field_name"]


async def test_restricted_deletion_is_a_foreign_key_violation(client: Any, prisma: Any) -> None:
    """PostgreSQL 18 has a code and a sentence of its own for ON DELETE RESTRICT."""
    await client.user.create({"id": "a", "name": "a", "posts": {"create": [{"title": "x"}]}})
    with pytest.raises(prisma.errors.ForeignKeyViolationError) as caught:
        await client.user.delete(where={"id": "a"})
    assert "Post_author_id_fkey" in caught.value.meta["field_name"]
    assert await client.user.count() == 1


async def test_required_value_missing(client: Any, prisma: Any) -> None:
    for data in ({}, {"title": None}):
        with pytest.raises(prisma.errors.MissingRequiredValueError):
            await client.post.create(data)


async def test_unknown_field_in_filter_data_and_selection(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.FieldNotFoundError, match="bad_field"):
        await client.post.find_first(where={"bad_field": "x"})
    with pytest.raises(prisma.errors.DataError, match=r"where\.author\.is\.bad_field"):
        await client.post.find_first(where={"author": {"is": {"bad_field": "x"}}})

    class Wrong(prisma.bases.BasePost):
        bad_field: str

    with pytest.raises(
        prisma.errors.FieldNotFoundError, match=r"Field 'bad_field' not found in enclosing type 'Post'"
    ):
        await Wrong.prisma(client).find_first()


async def test_value_of_the_wrong_type(client: Any, prisma: Any) -> None:
    for where in ({"views": "many"}, {"published": "yes"}, {"title": 5}):
        with pytest.raises(prisma.errors.DataError, match=r"Invalid argument|Could not find field"):
            await client.post.find_first(where=where)
    with pytest.raises(prisma.errors.DataError):
        await client.everything.find_first(where={"colour": "PINK"})


async def test_input_that_contradicts_itself(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.InputError, match="Missing fields: views"):
        await client.post.group_by(["title"], order={"views": "asc"})
    with pytest.raises(prisma.errors.InputError, match="Missing fields: views"):
        await client.post.group_by(["title"], having={"views": {"gt": 1}})
    with pytest.raises(prisma.errors.DataError, match="exactly one field"):
        await client.post.update(where={"id": 1}, data={"views": {"divide": 1, "multiply": 2}})


async def test_connect_to_a_missing_record(client: Any, prisma: Any) -> None:
    with pytest.raises(prisma.errors.RecordNotFoundError) as caught:
        await client.post.create({"title": "x", "author": {"connect": {"id": "nobody"}}})
    assert caught.value.code == "P2025"
    assert await client.post.count() == 0


async def test_missing_table(client: Any, prisma: Any, server: Any) -> None:
    with server.connect("shop") as connection:
        connection.execute('ALTER TABLE "Note" RENAME TO "Hidden"')
    try:
        with pytest.raises(prisma.errors.TableNotFoundError) as caught:
            await client.note.find_first()
        assert caught.value.meta["table"] == "public.Note"
    finally:
        with server.connect("shop") as connection:
            connection.execute('ALTER TABLE "Hidden" RENAME TO "Note"')


async def test_operations_that_do_not_exist_are_answered(client: Any, prisma: Any) -> None:
    for query in (
        "query { result: findManyNothing { id } }",
        "query { result: explodeUser { id } }",
        "query { result: findManyUser { id }",
        'query { result: findManyUser(where: {name: "unended}) { id } }',
        "query { " + "a { " * 200 + " }" * 201,
        "",
    ):
        with pytest.raises(prisma.errors.DataError):
            await client._engine.query(prisma._builder.dumps({"query": query}), tx_id=None)
    assert await client.user.count() == 0
