"""The pages of experiments: the list, one experiment, and several side by side."""

from __future__ import annotations

import random
import re
import time
from html import unescape
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit.metrics import compare_experiments
from gateway_kit.stack.servers.tracestore.pages.formatting import NOTHING

from .experiment_traffic import API, item_spans, make_dataset, put_item, run_experiment
from .page_reader import Elements, Reader
from .page_traffic import HOSTILE, send
from .test_pages_lists import table

RESULTS = "/experiments/results"


def tables(text: str) -> list[list[dict[str, str]]]:
    """The rows of all tables."""
    return [table("<table" + part) for part in text.split("<table")[1:]]


def shown(text: str) -> list[str]:
    """The items of a page, in order."""
    part = text.split('id="items-title"')[1]
    return re.findall(r"<h3>(?:<a [^>]+>)?<bdi>(.*?)</bdi>", part)


def two(http: httpx.Client, **fields: Any) -> dict[str, str]:
    """Two experiments over 40 items of two kinds: the second is better for `easy` and worse for `hard`."""
    kinds = {f"i{number:02}": "hard" if number % 4 == 0 else "easy" for number in range(40)}
    before = {item: {"good": float(number % 3 == 0)} for number, item in enumerate(kinds)}
    before |= {item: {"good": 1.0} for item, kind in kinds.items() if kind == "hard"}
    after = {item: {"good": 0.0 if kind == "hard" else 1.0} for item, kind in kinds.items()}
    now = time.time() - 1000
    run_experiment(http, "v1", before, start_s=now, kinds=kinds, **fields)
    return run_experiment(http, "v2", after, start_s=now + 100, kinds=kinds, **fields)


def test_an_empty_store_says_how_an_experiment_comes_about(page: Reader) -> None:
    assert "run_experiment(" in page.get("/experiments")
    assert "No experiment is chosen" in page.get(RESULTS, 404)
    assert "There is no such experiment" in page.get(RESULTS, 404, id="nothing")


def test_experiments_are_listed_with_scores_latency_and_cost(page: Reader) -> None:
    http = page.store.http
    dataset = make_dataset(http, "desk")
    results = {"a": {"good": 1.0, "verdict": "yes"}, "b": {"good": 0.0}}
    run_experiment(http, "v1", results, start_s=time.time() - 100, name="version 1", dataset_id=dataset)
    send(
        http,
        item_spans("v1", "c", start_s=time.time() - 90, name="version 1", dataset_id=dataset, failed=True),
    )
    run_experiment(http, "v2", {"a": {}}, start_s=time.time(), name="version 2")
    second, first = table(page.get("/experiments"))
    heads = (
        "Experiment",
        "Dataset",
        "Items",
        "Failed",
        "Mean scores",
        "Latency p50",
        "Cost of the answers (USD)",
    )
    assert [first[head] for head in heads] == ["version 1", "desk", "3", "1", "good: 0.5", "500 ms", "$0.003"]
    assert (second["Experiment"], second["Dataset"]) == ("version 2", "the program's own data")
    assert [row["Experiment"] for row in table(page.get("/experiments", dataset=dataset))] == ["version 1"]
    assert [row["Experiment"] for row in table(page.get("/experiments", q="ION 2"))] == ["version 2"]
    assert "No experiment matches" in page.get("/experiments", q="version 3")
    assert table(page.get(f"/datasets/{dataset}"))[0]["Experiment"] == "version 1"


def test_the_list_continues(page: Reader) -> None:
    now = time.time()
    spans = [item_spans(f"e{number:02}", "1", start_s=now - number)[1] for number in range(45)]
    send(page.store.http, spans)
    names, following = [], "/experiments?q=e"
    while following:
        text = page.get(following)
        names += [row["Experiment"] for row in table(text)]
        further = re.search(r'<a rel="next" href="([^"]+)"', text)
        following = unescape(further[1]) if further else ""
    assert names == [f"e{number:02}" for number in range(45)]


def test_one_experiment_shows_its_items_with_scores_and_traces(page: Reader) -> None:
    http = page.store.http
    dataset = make_dataset(http, "desk")
    put_item(http, "desk", "i00", input="q")
    traces = two(http, dataset_id=dataset, expected="forty days")
    assert (
        http.post(f"{API}/scores", json={"datasetRunId": "v2", "name": "total", "value": 0.75}).status_code
        == 200
    )
    text = page.get(RESULTS, id="v2")
    experiment, scores, groups = tables(text)
    assert experiment[0]["Cost of the answers (USD)"] == "$0.04"
    assert experiment[0]["Of judging (USD)"] == "$0.08"
    assert experiment[0]["Scores of the whole"] == "total: 0.75"
    assert [(row["Score"], row["Items"], row["Mean"]) for row in scores] == [("good", "40", "0.75")]
    assert [(row["kind"], row["Items"], row["Mean"]) for row in groups] == [
        ("easy", "30", "1"),
        ("hard", "10", "0"),
    ]
    assert shown(text) == [f"i{number:02}" for number in range(40) if number % 4 == 0] + [
        f"i{number:02}" for number in range(14) if number % 4
    ]
    for said in (
        "question i00",
        "v2 on i00",
        "forty days",
        "good of i00",
        f"/traces/{traces['i00']}?observation=",
    ):
        assert said in text
    assert f"/datasets/{dataset}/item?id=i00&amp;version=" in text
    assert shown(page.get(RESULTS, id="v2", page="2")) == [f"i{n:02}" for n in range(14, 40) if n % 4]
    assert shown(page.get(RESULTS, id="v2", order="best"))[0] == "i01"
    assert shown(page.get(RESULTS, id="v2", direction="lower"))[0] == "i01"
    assert len(shown(page.get(RESULTS, id="v2", value="hard"))) == 10
    answer = page.http.get(f"/project/p/datasets/{dataset}/runs/v2")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{RESULTS}?id=v2")
    for query, target in (("baseline=v2", "id=v2"), ("baseline=v2&c=v1", "id=v2&id=v1&base=v2")):
        answer = page.http.get(f"/project/p{RESULTS}?{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{RESULTS}?{target}")


def test_only_metadata_with_several_items_a_value_make_groups(page: Reader) -> None:
    now = time.time()
    for place, experiment in enumerate(("v1", "v2")):
        for number in range(6):
            metadata = {"author": f"a{number}", "kind": "xy"[number % 2], "part": "pqr"[number % 3]}
            send(
                page.store.http,
                item_spans(experiment, f"{number}", start_s=now - 50 * place, metadata=metadata),
            )
    text = page.get(f"{RESULTS}?id=v1&id=v2")
    suggested = [fields["value"] for tag, fields in Elements(text).elements if tag == "option"]
    assert [name for name in suggested if name in ("author", "kind", "part", "x", "y")] == [
        "kind",
        "part",
        "x",
        "y",
    ]


def test_two_experiments_show_what_got_worse_and_better_first(page: Reader) -> None:
    two(page.store.http)
    address = f"{RESULTS}?id=v2&id=v1"  # the earlier one is the baseline, in whichever order they are chosen
    text = page.get(address)
    experiments, scores, groups = tables(text)
    assert [(row["Experiment"], row["Compare"]) for row in experiments] == [
        ("v1 by: tests", "baseline"), ("v2 by: tests", "make it the baseline"),
    ]  # fmt: skip
    assert scores[0]["Better"] == "20"
    assert scores[0]["Worse"] == "10"
    told = {row["kind"]: row["What can be told"] for row in groups}
    assert told["hard"] == "worse n = 10"
    assert told["easy"] == "better n = 30"
    hard = [f"i{number:02}" for number in range(0, 40, 4)]
    assert shown(text)[:10] == hard
    assert text.count("-1, worse") == 10
    better = shown(page.get(address + "&order=better"))
    assert not set(better) & set(hard)
    assert shown(page.get(address + "&show=worse")) == hard
    assert len(shown(page.get(address + "&show=same"))) == 10
    assert "No item matches" in page.get(address + "&show=missing")
    assert shown(page.get(address + "&key=kind&value=easy&show=worse&direction=lower"))[:2] == ["i01", "i02"]
    turned = tables(page.get(address + "&base=v2"))
    assert (turned[1][0]["Better"], turned[1][0]["Worse"]) == ("10", "20")


@pytest.mark.parametrize("effect", [0.0, 0.15, 0.3])
def test_the_intervals_are_those_of_the_kit(page: Reader, effect: float) -> None:
    chance = random.Random(f"{effect}")
    results = [
        {str(item): {"good": chance.gauss(0.5 + shift, 0.3)} for item in range(60)} for shift in (0, effect)
    ]
    frames = [pd.DataFrame({"item_id": list(one), "scores": list(one.values())}) for one in results]
    for name, one in zip(("before", "later"), results, strict=True):
        run_experiment(page.store.http, name, one, start_s=time.time() - (name == "before") * 200)
    (expected,) = compare_experiments(*frames).to_dict("records")
    row = tables(page.get(f"{RESULTS}?id=before&id=later"))[1][0]
    change, low, _, high = row["Change"].split()
    assert float(change) == pytest.approx(expected["difference"], rel=0.01)
    assert float(low) == pytest.approx(expected["low"], abs=0.006)  # rounded on the page
    assert float(high) == pytest.approx(expected["high"], abs=0.006)
    words = {"higher": "better", "lower": "worse"}.get(expected["verdict"], expected["verdict"])
    assert row["What can be told"] == f"{words} n = 60"
    assert (row["Better"], row["Worse"]) == (str(expected["better"]), str(expected["worse"]))


def test_items_that_one_experiment_lacks_and_texts_are_told(page: Reader) -> None:
    http, now = page.store.http, time.time()
    run_experiment(http, "v1", {"a": {"verdict": "yes"}, "b": {"verdict": "no"}, "c": {}}, start_s=now - 100)
    run_experiment(http, "v2", {"a": {"verdict": "no"}, "b": {"verdict": "no"}}, start_s=now)
    run_experiment(http, "v2", {"b": {"verdict": "yes"}}, start_s=now + 10)  # ran again
    address = f"{RESULTS}?id=v1&id=v2"
    text = page.get(address + "&order=changed")
    assert "This experiment has no such item" in text
    assert "1 item ran more than once" in text
    assert shown(text) == ["a", "b", "c"]
    assert shown(page.get(address + "&show=missing")) == ["c"]
    assert tables(text)[1][0]["Mean"] in ("no 1, yes 1", "yes 1, no 1")


def test_items_of_one_trace_have_no_cost_of_their_own(page: Reader) -> None:
    # As when an experiment runs inside of another span.
    spans = item_spans("one", "a", start_s=time.time() - 5) + item_spans("one", "b", start_s=time.time())
    send(page.store.http, [{**one, "traceId": "ab" * 16} for one in spans])
    (row,) = table(page.get("/experiments"))
    assert (row["Items"], row["Cost of the answers (USD)"]) == ("2", NOTHING)


def test_hostile_names_and_wrong_parameters(page: Reader) -> None:
    http = page.store.http
    run_experiment(http, HOSTILE, {HOSTILE[:150]: {"good": 1.0}}, start_s=time.time(), kinds={HOSTILE[:150]: HOSTILE},
                   expected=HOSTILE)  # fmt: skip
    run_experiment(http, "a/b?c", {HOSTILE[:150]: {HOSTILE[:30]: 1.0}}, start_s=time.time())
    listed = page.get("/experiments")
    addresses = [
        str(attributes["href"]) for _, attributes in Elements(listed).elements
        if str(attributes.get("href")).startswith(RESULTS)
    ]  # fmt: skip
    assert len(addresses) == 2
    for text in (
        listed,
        *map(page.get, addresses),
        page.get(addresses[0] + "&" + addresses[1].partition("?")[2]),
    ):
        main = text.split("<main")[1]
        assert not {"script", "img"} & {tag for tag, _ in Elements(main).elements}
        assert "U+202E" in text or "a/b?c" in text
    for query in ("score=lost", "order=lost", "show=lost", "direction=up", "page=0", "page=99", "page=²",
                  "key=%00x&value=%00", "base=lost", "id=lost", "value=lost"):  # fmt: skip
        page.get(f"{addresses[0]}&{query}")
    assert "There is no score lost here" in page.get(addresses[0] + "&score=lost")
    assert "At most 5 experiments" in page.get(addresses[0] + "&id=1&id=2&id=3&id=4&id=5")
