"""The bookshop's traffic and how it is replayed, on a gateway that is made up."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit.errors import GatewayError
from gateway_kit.gateway import CALLS, Gateway
from gateway_kit.lessons.bookshop import MANUAL, TRAFFIC, replay, shop_traffic
from gateway_kit.litellm_api.connection import Connection


def test_a_seed_gives_a_day() -> None:
    assert shop_traffic(seed=3).equals(shop_traffic(seed=3))
    assert not shop_traffic(seed=3).equals(shop_traffic(seed=4))


@pytest.mark.parametrize("calls", [1, 7, 20, 40, 100])
def test_every_day_has_the_same_parts(calls: int) -> None:
    days = [shop_traffic(calls, seed)["feature"].value_counts().to_dict() for seed in range(5)]
    assert all(day == days[0] for day in days)
    assert sum(days[0].values()) == calls


def test_the_parts_are_what_the_docstring_says() -> None:
    day = shop_traffic(1000, seed=1)
    assert dict(day.dtypes.astype(str)) == TRAFFIC.dtypes
    share = day["feature"].value_counts(normalize=True)
    assert share.to_dict() == {"questions": 0.65, "orders": 0.2, "stories": 0.15}
    teams = day.groupby("feature")["team"].agg(set).to_dict()
    assert teams == {"questions": {"shop", "press"}, "orders": {"shop"}, "stories": {"press"}}
    assert set(day["team"]) == {"shop", "press"}


def test_questions_repeat_and_stories_do_not() -> None:
    day = shop_traffic(200, seed=2)
    asked = day.groupby("feature")["question"]
    assert asked.nunique()["questions"] <= 15
    assert asked.nunique()["stories"] == asked.size()["stories"]
    often = day.query("feature == 'questions'")["question"].value_counts(normalize=True)
    assert often.iloc[0] > 0.2, "Zipf's law: of 15, the first is asked in 30 % of the calls"


def test_an_order_has_its_total() -> None:
    day = shop_traffic(100, seed=5)
    orders = day.query("feature == 'orders'")
    numbers = orders["question"].str.extract(r"(\d+) (?:\*|x|times) (\d+\.\d\d)").astype(float)
    assert (numbers[0] * numbers[1]).round(2).tolist() == orders["total"].round(2).tolist()
    assert day.loc[day["feature"] != "orders", "total"].isna().all()


def test_the_manual_is_long_enough_to_be_expensive() -> None:
    assert len(MANUAL.split()) > 400


class Counter:
    """A gateway that answers with the question, and knows how many ask at a time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self.meet = threading.Barrier(3, timeout=120)
        self.gateway = Gateway(
            Connection("http://gateway.test", "sk-key"), transport=httpx.MockTransport(self._answer)
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.meet.wait()  # so that three are under way at the same time
        body = json.loads(request.content)
        question = body["messages"][-1]["content"]
        with self._lock:
            self.now -= 1
        if question == "fail":
            return httpx.Response(500, json={"error": {"message": "broken"}})
        if body.get("stream"):
            return self._stream(question)
        message = {"role": "assistant", "content": question.upper()}
        choice = {"index": 0, "finish_reason": "length", "message": message}
        answer = {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return httpx.Response(200, json=answer, headers={"x-litellm-call-id": question})

    def _stream(self, question: str) -> httpx.Response:
        choice = {"index": 0, "finish_reason": None, "delta": {"content": question.upper()}}
        chunk = {
            "id": "a",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        text = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        headers = {"content-type": "text/event-stream", "x-litellm-call-id": question}
        return httpx.Response(200, content=text.encode(), headers=headers)


def traffic(*questions: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"feature": "questions", "team": "shop", "question": q, "total": 1.0} for q in questions
    ]
    # The index of some rows of a day, which has gaps.
    return pd.DataFrame(rows, index=range(10, 10 + 2 * len(rows), 2)).astype(TRAFFIC.dtypes)


def test_a_replay_has_a_row_per_request_in_the_order_of_the_traffic() -> None:
    counter, asked = Counter(), [f"q{number}" for number in range(6)]
    found = replay(traffic(*asked), lambda request: counter.gateway.ask(request.question), concurrency=3)
    assert counter.most == 3
    assert list(found.columns) == [*CALLS.columns, *TRAFFIC.columns, "text", "finish"]
    assert found["question"].tolist() == found["request_id"].tolist() == asked
    assert found["text"].tolist() == [question.upper() for question in asked]
    assert found["finish"].tolist() == ["length"] * 6
    assert found["latency_s"].notna().all()
    assert found.index.tolist() == list(range(6))


def test_a_stream_is_read_to_its_end() -> None:
    counter = Counter()
    found = replay(
        traffic("a", "b", "c"), lambda request: counter.gateway.stream(request.question), concurrency=3
    )
    assert found["text"].tolist() == ["A", "B", "C"]
    assert found["stream"].all()
    assert found["error"].isna().all()
    assert found["ttft_s"].notna().all()
    assert found["finish"].isna().all()


def test_a_replay_without_requests_is_empty() -> None:
    found = replay(traffic("a").head(0), lambda request: request)
    assert found.empty
    assert list(found.columns) == [*CALLS.columns, *TRAFFIC.columns, "text", "finish"]


def test_an_error_of_the_answer_is_raised() -> None:
    counter = Counter()
    with pytest.raises(GatewayError, match="broken"):
        replay(
            traffic("a", "fail", "c"), lambda request: counter.gateway.ask(request.question), concurrency=3
        )
