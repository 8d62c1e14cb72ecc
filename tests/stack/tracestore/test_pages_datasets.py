"""The pages of datasets: lists, filters, versions in time, archived items, and bad input."""

from __future__ import annotations

import re
import time
from html import unescape

from .experiment_traffic import API, make_dataset, put_item, run_experiment
from .page_reader import Elements, Reader
from .page_traffic import HOSTILE, gateway_call, send
from .test_pages_lists import table


def links(text: str) -> list[str]:
    return [
        str(attributes["href"])
        for tag, attributes in Elements(text).elements
        if tag == "a" and "href" in attributes
    ]


def test_an_empty_store_says_how_a_dataset_comes_about(page: Reader) -> None:
    assert "langfuse.create_dataset(" in page.get("/datasets")
    dataset = make_dataset(page.store.http, "bare")
    assert "langfuse.create_dataset_item(dataset_name=" in page.get(f"/datasets/{dataset}")
    assert "No item is archived" in page.get(f"/datasets/{dataset}?status=archived")


def test_datasets_are_listed_with_items_and_experiments(page: Reader) -> None:
    http = page.store.http
    first = make_dataset(http, "a/b ü", description="questions of users")
    make_dataset(http, "second")
    put_item(http, "a/b ü", "1", input="x")
    put_item(http, "a/b ü", "2", input="x", status="ARCHIVED")
    put_item(http, "a/b ü", "3", input="x")
    assert http.delete(f"{API}/dataset-items/3").status_code == 200
    run_experiment(http, "e1", {"1": {}}, start_s=time.time(), dataset_id=first)
    rows = {row["Dataset"]: row for row in table(page.get("/datasets"))}
    assert list(rows) == ["second", "a/b ü"]
    counts = [rows["a/b ü"][head] for head in ("Items", "Archived", "Experiments", "Description")]
    assert counts == ["1", "1", "1", "questions of users"]
    assert [row["Dataset"] for row in table(page.get("/datasets", q="A/B"))] == ["a/b ü"]
    assert "No dataset matches" in page.get("/datasets", q="%")
    assert f"/experiments?dataset={first}" in links(page.get("/datasets"))


def test_items_are_filtered_by_text_metadata_and_status(page: Reader) -> None:
    http = page.store.http
    dataset = make_dataset(http, "desk")
    put_item(http, "desk", "r/1", input={"question": "May I return it?"}, expectedOutput="thirty days",
             metadata={"kind": "returns"})  # fmt: skip
    put_item(http, "desk", "d", input="When does it come?", metadata={"kind": "delivery", "n": 4})
    put_item(http, "desk", "old", input="Do you have a fax?", metadata=["kind"], status="ARCHIVED")
    put_item(http, "desk", "text", input=7, metadata="kind")
    path = f"/datasets/{dataset}"

    def shown(**parameters: str) -> list[str]:
        text = page.get(path, **parameters)
        return [row["Input"] for row in table(text)] if "<table" in text else []

    returns, delivery = "May I return it?", "When does it come?"
    assert shown() == ["7", delivery, returns]
    assert page.get(path).count('<option value="kind">') == 1
    assert shown(q="THIRTY") == [returns]
    assert shown(key="kind") == [delivery, returns]
    assert shown(key="kind", value="returns") == [returns]
    assert shown(key="n", value="4") == [delivery]
    assert shown(key="kind", value="nothing") == []
    assert [row["Input"] for row in table(page.get(path + "?status=archived"))] == ["Do you have a fax?"]
    assert page.get(path + "?status=all").count('class="open"') == 4
    assert "name its key" in page.get(path, value="returns")
    assert "There is no such status" in page.get(path + "?status=lost")
    for parameter, value in (
        ("at", "yesterday"),
        ("at", "9" * 400),
        ("cursor", "x"),
        ("q", "\0'\ud800%"),
        ("key", "\0{}"),
    ):
        assert (
            page.http.get(path, params={parameter: value.encode("utf-8", "surrogatepass")}).status_code == 200
        )


def test_pages_of_items_have_each_once(page: Reader) -> None:
    http = page.store.http
    dataset = make_dataset(http, "many")
    for number in range(120):
        put_item(http, "many", f"{number:03}", input=f"q{number:03}")
    seen, following = [], f"/datasets/{dataset}?q=q"
    while following:
        text = page.get(following)
        seen += re.findall(r"<bdi>(q\d+)</bdi></span></a>", text)
        further = re.search(r'<a rel="next" href="([^"]+)"', text)
        following = unescape(further[1]) if further else ""
    assert sorted(seen) == [f"q{number:03}" for number in range(120)]
    assert seen[0] == "q119"


def test_an_item_has_versions_in_time_and_its_trace(page: Reader) -> None:
    http = page.store.http
    dataset = make_dataset(http, "desk")
    call = gateway_call(time.time())
    send(http, [call])
    first = put_item(
        http, "desk", "a/b", input="first", metadata={"kind": "x"}, sourceTraceId=call["traceId"]
    )
    time.sleep(0.01)
    put_item(http, "desk", "a/b", input="second", status="ARCHIVED")
    text = page.get(f"/datasets/{dataset}/item", id="a/b")
    assert "second" in text
    assert f"/traces/{call['traceId']}" in links(text)
    rows = table(text)
    assert [(row["Status"], row["What changed"], row["Until (UTC)"] == "now") for row in rows] == [
        ("archived", "input, status", True), ("active", "the first version", False),
    ]  # fmt: skip
    then = page.get(f"/datasets/{dataset}/item", id="a/b", version=first["createdAt"])
    assert ">first<" in re.sub("</?bdi>", "", then)
    assert "no version of that time" in page.get(
        f"/datasets/{dataset}/item", 404, id="a/b", version="2000-01-01"
    )
    as_of = page.get(f"/datasets/{dataset}", at=first["createdAt"])
    assert [row["Input"] for row in table(as_of)] == ["first"]
    assert f"version={first['createdAt'].replace(':', '%3A')}" in as_of
    http.delete(f"{API}/dataset-items/a%2Fb")
    assert "No item yet" in page.get(f"/datasets/{dataset}")
    assert [row["Status"] for row in table(page.get(f"/datasets/{dataset}/item", id="a/b"))] == [
        "deleted", "archived", "active",
    ]  # fmt: skip


def test_hostile_names_and_texts_are_shown_as_text(page: Reader) -> None:
    http = page.store.http
    name = re.sub("<.*?>", "", HOSTILE)  # the API refuses a name with a tag
    dataset = make_dataset(http, name, description=name, metadata={HOSTILE: HOSTILE})
    put_item(
        http,
        name,
        "x" + HOSTILE[:100],
        input=HOSTILE,
        expectedOutput=[HOSTILE],
        metadata={HOSTILE: HOSTILE},
    )
    for text in (page.get("/datasets"), page.get(f"/datasets/{dataset}"),
                 page.get(f"/datasets/{dataset}/item", id="x" + HOSTILE[:100])):  # fmt: skip
        main = text.split("<main")[1]
        assert not {"script", "img"} & {tag for tag, _ in Elements(main).elements}
        assert "49" not in re.findall(r"<title>(.*?)</title>", text)[0]
        assert "U+202E" in text


def test_what_is_not_there_is_said(page: Reader) -> None:
    dataset = make_dataset(page.store.http, "desk")
    assert "There is no dataset nothing" in page.get("/datasets/nothing", 404)
    assert "There is no dataset" in page.get("/datasets/nothing/item", 404, id="1")
    assert "There is no item" in page.get(f"/datasets/{dataset}/item", 404, id="nothing")
    answer = page.http.get(f"/project/p/datasets/{dataset}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset}")


def test_strangers_are_sent_to_the_sign_in(page: Reader) -> None:
    stranger = Reader(page.store)
    for path in ("/datasets", "/datasets/x", "/datasets/x/item?id=1", "/experiments", "/experiments/results?id=1",
                 "/project/p/datasets/x", "/project/p/datasets/x/runs/y"):  # fmt: skip
        answer = stranger.http.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    stranger.http.close()
