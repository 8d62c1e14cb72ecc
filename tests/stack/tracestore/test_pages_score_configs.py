"""The page of score configs and of the scores that did not fit theirs."""

from __future__ import annotations

from typing import Any

from .page_reader import Reader
from .page_traffic import HOSTILE
from .test_pages_lists import table

CONFIGS = "/api/public/score-configs"


def config(page: Reader, **body: Any) -> str:
    answer = page.store.http.post(CONFIGS, json=body)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["id"]
    return found


def send(page: Reader, **body: Any) -> None:
    assert page.store.http.post("/api/public/scores", json=body).status_code == 200


def tables(html: str) -> list[list[dict[str, str]]]:
    return [table(f"<table{part}") for part in html.split("<table")[1:]]


def test_an_empty_page_says_how_a_config_comes_about(page: Reader) -> None:
    html = page.get("/score-configs")
    assert "langfuse.api.score_configs.create(" in html
    assert "it would be listed here with the reason" in html


def test_configs_have_their_values_scores_and_queues(page: Reader) -> None:
    good = config(page, name="good", dataType="BOOLEAN", description="to send?")
    share = config(page, name="share", dataType="NUMERIC", minValue=0, maxValue=1)
    config(page, name="tone", dataType="CATEGORICAL", categories=[{"label": "kind", "value": 1}])
    config(page, name="words", dataType="TEXT")
    page.store.http.patch(f"{CONFIGS}/{share}", json={"isArchived": True})
    page.store.http.post("/api/public/annotation-queues", json={"name": "q", "scoreConfigIds": [good]})
    send(page, traceId="a" * 32, name="good", value=1, configId=good)
    (rows,) = tables(page.get("/score-configs"))
    named = {row["Config"].split()[0]: row for row in rows}
    assert list(named) == ["words", "tone", "share", "good"]
    assert (named["good"]["Values"], named["good"]["Description"]) == ("True False", "to send?")
    assert (named["good"]["Queues"], named["good"]["Scores"], named["good"]["Dropped"]) == ("1", "1", "0")
    assert (named["share"]["Values"], named["share"]["Status"]) == ("from 0 to 1", "archived")
    assert (named["tone"]["Values"], named["words"]["Values"]) == ("kind", "any text")


def test_dropped_scores_are_listed_with_the_reason(page: Reader) -> None:
    share = config(page, name="share", dataType="NUMERIC", minValue=0, maxValue=1)
    send(page, id="one", traceId="b" * 32, name="share", value=7, configId=share)
    send(page, id="two", sessionId="s/1", name="share", value=-1, configId=share)
    configs, dropped = tables(page.get("/score-configs"))
    assert configs[0]["Dropped"] == "2"
    assert [(row["Score"], row["Value"], row["Of"]) for row in dropped] == [
        ("share two", "-1", "session s/1"),
        ("share one", "7", "trace " + "b" * 32),
    ]
    assert "exceeds maximum value of 1" in dropped[1]["Reason"]
    assert "2 scores were accepted and then dropped" in page.get("/score-configs")


def test_hostile_texts_are_escaped_and_bad_offsets_answered(page: Reader) -> None:
    tone = config(page, name="tone", dataType="CATEGORICAL", description=HOSTILE,
                  categories=[{"label": HOSTILE, "value": 1}])  # fmt: skip
    send(page, traceId=HOSTILE[:90], name=HOSTILE, value=HOSTILE + "x", configId=tone)
    html = page.get("/score-configs")
    assert "<img src=x" not in html
    assert "<script>" not in html
    for offset in ("x", "-1", "9" * 30, "1"):
        assert "Dropped scores" in page.get("/score-configs", offset=offset)
    stranger = Reader(page.store)
    assert stranger.http.get("/score-configs").status_code == 303
    stranger.http.close()
