"""Media: from the declaration to the bytes, and what is refused on the way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool
from query_engine.database_server import DatabaseServer, free_port

from gateway_kit.stack.servers.tracestore.store.media import forget_old_media

from .store_program import StoreProgram

MEDIA = "/api/public/media"


def declare(
    store: StoreProgram, content: bytes, content_type: str = "text/plain", **fields: Any
) -> httpx.Response:
    body = {
        "contentType": content_type,
        "contentLength": len(content),
        "sha256Hash": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "traceId": "t",
        "field": "input",
        **fields,
    }
    return store.http.post(MEDIA, json=body)


def put(url: str, content: bytes, content_type: str = "text/plain", **headers: str) -> httpx.Response:
    return httpx.put(url, content=content, headers={"content-type": content_type, **headers}, trust_env=False)


def say(store: StoreProgram, media_id: str, status: int = 200, error: str | None = None) -> httpx.Response:
    body = {"uploadedAt": "2026-11-29T22:13:08.000Z", "uploadHttpStatus": status, "uploadHttpError": error}
    return store.http.patch(f"{MEDIA}/{media_id}", json=body)


def upload(store: StoreProgram, content: bytes, content_type: str = "text/plain", **fields: Any) -> str:
    declared = declare(store, content, content_type, **fields).json()
    assert put(declared["uploadUrl"], content, content_type).status_code == 200
    assert say(store, declared["mediaId"]).json() == {"message": "OK"}
    media_id: str = declared["mediaId"]
    return media_id


def download(store: StoreProgram, media_id: str) -> httpx.Response:
    return httpx.get(store.http.get(f"{MEDIA}/{media_id}").json()["url"], trust_env=False)


@pytest.fixture
def content() -> bytes:
    return f"bytes {uuid.uuid4()}".encode()


@pytest.fixture(scope="module")
def own_store(
    trace_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreProgram]:
    """A store with room for one MB of media."""
    trace_server.create_database("media")
    log_path: Path = tmp_path_factory.mktemp("media") / "log"
    program = StoreProgram(trace_server.url("media"), free_port(), log_path, "--max-media-mb", "1")
    try:
        program.start()
        yield program
    finally:
        program.close()


def test_from_the_declaration_to_the_bytes(store, content):
    answer = declare(store, content)
    assert answer.status_code == 201
    media_id = answer.json()["mediaId"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    assert media_id == digest[:22]
    assert store.http.get(f"{MEDIA}/{media_id}").json()["message"] == "Media not yet uploaded"
    assert put(answer.json()["uploadUrl"], content).status_code == 200
    assert say(store, media_id).status_code == 200
    found = store.http.get(f"{MEDIA}/{media_id}").json()
    assert set(found) == {"mediaId", "contentType", "contentLength", "uploadedAt", "url", "urlExpiry"}
    assert (found["contentType"], found["contentLength"]) == ("text/plain", len(content))
    got = httpx.get(found["url"], trust_env=False)
    assert (got.content, got.headers["content-type"]) == (content, "text/plain; charset=utf-8")
    assert declare(store, content).json() == {"uploadUrl": None, "mediaId": media_id}
    assert declare(store, content, "text/csv").json()["uploadUrl"]  # as another type, again
    part = httpx.get(found["url"], headers={"range": "bytes=0-4"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"bytes")


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "application/javascript", "image/png"]
)
def test_nothing_that_is_downloaded_runs_on_the_stores_page(store, content, content_type):
    got = download(store, upload(store, content, content_type))
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    is_attachment = got.headers.get("content-disposition", "").startswith("attachment")
    assert is_attachment == (content_type != "image/png")


def test_an_upload_that_is_not_what_was_declared_is_refused_and_leaves_nothing(store, content):
    url = declare(store, content).json()["uploadUrl"]
    for wrong, message in (
        (content + b"!", f"has {len(content) + 1} bytes instead of the {len(content)}"),
        (content[:-1], f"has {len(content) - 1} bytes instead"),
        (content[:-1] + b"!", "SHA-256"),
    ):
        answer = put(url, wrong)
        assert (answer.status_code, message in answer.json()["message"]) == (400, True), answer.text
    chunked = httpx.put(
        url, content=iter([content, b"!"]), headers={"content-type": "text/plain"}, trust_env=False
    )
    assert "more than" in chunked.json()["message"]
    assert "text/plain" in put(url, content, "image/png").json()["message"]
    media_id = url.split("/")[-2]
    folder = store.log_path.with_name("media")
    assert not (folder / media_id).exists()
    assert list(folder.glob(".*")) == []
    say(store, media_id, 400, "SHA-256")
    failed = store.http.get(f"{MEDIA}/{media_id}")
    assert (failed.status_code, failed.json()["message"]) == (
        404, "Media upload failed with status 400: \n SHA-256",
    )  # fmt: skip
    assert put(url, content).status_code == 200


def test_only_an_address_that_was_given_out_is_served(store, content):
    media_id = upload(store, content)
    url = store.http.get(f"{MEDIA}/{media_id}").json()["url"]
    assert store.secret_key not in url
    other = upload(store, content + b"2")
    for wrong in (
        url.split("?")[0],
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace(media_id, other),
        url.replace("until=1", "until=2"),
    ):
        assert httpx.get(wrong, trust_env=False).status_code == 403
    assert put(url, content).status_code == 403  # given out for reading
    with_keys = store.http.get(f"{MEDIA}/{media_id}/content")
    assert with_keys.status_code == 403


def test_the_folder_has_a_limit(own_store):
    first, second = b"1" * 700_000, b"2" * 700_000
    upload(own_store, first)
    answer = put(declare(own_store, second).json()["uploadUrl"], second)
    assert answer.status_code == 413
    assert "--max-media-mb" in answer.json()["message"]
    for path in own_store.log_path.with_name("media").iterdir():
        path.unlink()
    assert put(declare(own_store, second).json()["uploadUrl"], second).status_code == 200
    assert put(declare(own_store, first).json()["uploadUrl"], first).status_code == 413
    for path in own_store.log_path.with_name("media").iterdir():
        path.unlink()
    assert (
        put(declare(own_store, first, "text/csv").json()["uploadUrl"], first, "text/csv").status_code == 200
    )


def test_what_was_acknowledged_outlives_a_killed_store(own_store, content):
    media_id = upload(own_store, content)
    folder = own_store.log_path.with_name("media")
    (folder / ".unfinished").write_bytes(b"half")
    assert own_store.end(signal.SIGKILL) == -signal.SIGKILL
    own_store.start()
    assert download(own_store, media_id).content == content
    assert media_id in {path.name for path in folder.iterdir()}
    assert list(folder.glob(".*")) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_said_and_works_again_later(own_store, content):
    folder = own_store.log_path.with_name("media")
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("no folder")
    answer = put(declare(own_store, content).json()["uploadUrl"], content)
    assert (answer.status_code, answer.json()["error"]) == (507, "InsufficientStorageError")
    assert f"The media folder {folder} cannot be written: File exists." in answer.json()["message"]
    folder.unlink()
    aside.rename(folder)
    assert put(declare(own_store, content).json()["uploadUrl"], content).status_code == 200


def test_a_file_that_is_gone_can_be_uploaded_again(own_store, content):
    media_id = upload(own_store, content)
    assert declare(own_store, content).json()["uploadUrl"] is None
    (own_store.log_path.with_name("media") / media_id).unlink()
    assert download(own_store, media_id).status_code == 404
    assert upload(own_store, content) == media_id
    assert download(own_store, media_id).content == content


def test_old_media_are_forgotten_unless_a_dataset_has_them(own_store, content):
    dataset = own_store.http.post("/api/public/v2/datasets", json={"name": "d"}).json()
    old = upload(own_store, content)
    kept = upload(
        own_store, content + b"2", traceId=None, datasetId=dataset["id"], datasetItemId="i", field="metadata"
    )
    with psycopg.connect(own_store.database_url, autocommit=True) as connection:
        connection.execute("update media set updated_at = now() - interval '40 days'")

    async def forget() -> list[str]:
        async with AsyncConnectionPool(own_store.database_url, open=False) as pool:
            return await forget_old_media(pool, 30)

    assert old in asyncio.run(forget())
    assert own_store.rows("select id from media") == [(kept,)]
    assert own_store.rows("select media_id from media_links") == [(kept,)]


def test_references_in_an_item_have_the_address_of_the_bytes(store, content):
    dataset = store.http.post("/api/public/v2/datasets", json={"name": f"d-{uuid.uuid4()}"}).json()
    media_id = upload(store, content, traceId=None, datasetId=dataset["id"], datasetItemId="i", field="input")
    reference = f"@@@langfuseMedia:type=text/plain|id={media_id}|source=bytes@@@"
    item = store.http.post(
        "/api/public/dataset-items",
        json={
            "datasetName": dataset["name"],
            "input": {"docs": [{"a": 1}, reference], "text": f"in {reference}"},
            "metadata": reference,
            "expectedOutput": {"b": reference, "a": [reference]},
        },
    ).json()
    assert [(one["field"], one["jsonPath"], one["referenceString"]) for one in item["mediaReferences"]] == [
        ("expectedOutput", "$['a'][0]", reference), ("expectedOutput", "$['b']", reference),
        ("input", "$['docs'][1]", reference), ("metadata", "$", reference),
    ]  # fmt: skip
    (listed,) = store.http.get("/api/public/dataset-items", params={"datasetName": dataset["name"]}).json()[
        "data"
    ]
    url = listed["mediaReferences"][0]["media"]["url"]
    assert httpx.get(url, trust_env=False).content == content


def test_an_item_keeps_its_media_and_refers_to_no_unknown_ones(store, content):
    dataset = store.http.post("/api/public/v2/datasets", json={"name": f"d-{uuid.uuid4()}"}).json()
    media_id = upload(store, content)  # for a trace
    reference = f"@@@langfuseMedia:type=text/plain|id={media_id}|source=bytes@@@"
    body = {"datasetName": dataset["name"], "id": media_id, "input": [reference]}
    assert store.http.post("/api/public/dataset-items", json=body).status_code == 200
    links = store.rows("select dataset_item_id, field from media_links where dataset_id = %s", dataset["id"])
    assert links == [(media_id, "input")]
    unknown = reference.replace(media_id, "x" * 22)
    answer = store.http.post("/api/public/dataset-items", json={**body, "metadata": [reference, unknown]})
    assert (answer.status_code, answer.json()["message"]) == (
        400, f"Dataset item references unknown media: {'x' * 22}",
    )  # fmt: skip


def test_an_id_belongs_to_one_hash(store, content):
    media_id = upload(store, content)
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    other = sha256[:22] + ("A" if sha256[22] != "A" else "B") + sha256[23:]
    answer = declare(store, content, sha256Hash=other)
    assert (answer.status_code, media_id in answer.json()["message"]) == (400, True)


@settings(max_examples=25)
@given(
    fields=st.dictionaries(
        st.sampled_from(["contentType", "contentLength", "sha256Hash", "traceId", "field", "datasetId"]),
        st.text(max_size=5) | st.integers() | st.floats(allow_nan=False) | st.none() | st.just("A" * 44),
    ),
    part=st.text(max_size=6),
)
def test_nothing_is_answered_with_500(store, fields, part):
    headers = {"content-type": "application/json"}
    body = {
        "contentType": "text/plain",
        "contentLength": 1,
        "sha256Hash": "+" * 44,
        "traceId": part,
        "field": "input",
    }
    answer = store.http.post(MEDIA, content=json.dumps({**body, **fields}), headers=headers)
    assert answer.status_code < 500, answer.text
    answer = store.http.patch(
        f"{MEDIA}/x", content=json.dumps({"uploadedAt": part, "uploadHttpStatus": 1e20})
    )
    assert answer.status_code < 500, answer.text
