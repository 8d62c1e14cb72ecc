"""GET v3/scores: filters, fields, pages."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from .store_program import StoreProgram

PATH = "/api/public/v3/scores"
SCORES = [
    # id, name, type, value, trace, observation, session, source, environment, second
    ("n1", "quality", "NUMERIC", 0.1, "t1", None, None, "API", "default", 1),
    ("n2", "quality", "NUMERIC", 0.9, "t1", "o1", None, "EVAL", "default", 2),
    ("n3", "length", "NUMERIC", 7, "t2", None, None, "API", "production", 3),
    ("b1", "ok", "BOOLEAN", 1, "t1", None, None, "API", "default", 3),
    ("b2", "ok", "BOOLEAN", 0, None, None, "s1", "ANNOTATION", "default", 4),
    ("c1", "verdict", "CATEGORICAL", "good", "t2", None, None, "API", "default", 5),
    ("c2", "verdict", "CATEGORICAL", "bad", "t3", None, None, "API", "default", 6),
]


@pytest.fixture(scope="module")
def scored(store: StoreProgram) -> StoreProgram:
    with psycopg.connect(store.database_url, autocommit=True) as connection:
        connection.execute("delete from scores")
        for (
            score_id,
            name,
            kind,
            value,
            trace_id,
            observation_id,
            session_id,
            source,
            environment,
            second,
        ) in SCORES:
            number, text = (None, value) if isinstance(value, str) else (value, None)
            connection.execute(
                "insert into scores (id, name, data_type, value, string_value, trace_id, observation_id, session_id,"
                " source, environment, comment, metadata, timestamp) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
                """ 'why', '{"by": "x"}', timestamptz '2026-11-23 07:00:00.0004Z' + %s * interval '1 s')""",
                (
                    score_id,
                    name,
                    kind,
                    number,
                    text,
                    trace_id,
                    observation_id,
                    session_id,
                    source,
                    environment,
                    second,
                ),
            )
    return store


def matching(store: StoreProgram, **params: Any) -> list[str]:
    response = store.http.get(PATH, params=params)
    assert response.status_code == 200, response.text
    return [score["id"] for score in response.json()["data"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "c2 c1 b2 n3 b1 n2 n1"),
        ({"id": "n1, c1 ,nope"}, "c1 n1"),
        ({"name": "ok,length"}, "b2 n3 b1"),
        ({"source": "eval,Annotation"}, "b2 n2"),
        ({"dataType": "boolean"}, "b2 b1"),
        ({"environment": "production"}, "n3"),
        ({"traceId": "t1"}, "b1 n2 n1"),
        ({"traceId": "t1,t2", "observationId": "o1"}, "n2"),
        ({"sessionId": "s1"}, "b2"),
        ({"dataType": "NUMERIC", "valueMin": 0.9}, "n3 n2"),
        ({"dataType": "NUMERIC", "valueMin": 0.5, "valueMax": "0.95"}, "n2"),
        ({"dataType": "NUMERIC", "value": "0.1,7"}, "n3 n1"),
        ({"dataType": "BOOLEAN", "value": "false"}, "b2"),
        ({"dataType": "CATEGORICAL", "value": "good"}, "c1"),
        ({"fromTimestamp": "2026-11-23T07:00:04Z"}, "c2 c1 b2"),
        ({"toTimestamp": "2026-11-23T07:00:02.000Z"}, "n1"),
        ({"configId": "x"}, ""),
        ({"queueId": "x"}, ""),
    ],
    ids=str,
)
def test_filters(scored, params, expected):
    assert matching(scored, **params) == expected.split()


def test_fields(scored):
    (score,) = scored.http.get(PATH, params={"id": "n2", "fields": "details,subject,annotation"}).json()[
        "data"
    ]
    assert score["comment"] == "why"
    assert score["metadata"] == {"by": "x"}
    assert score["subject"] == {"kind": "observation", "id": "o1", "traceId": "t1"}
    assert score["authorUserId"] is None
    assert score["value"] == 0.9
    subjects = scored.http.get(PATH, params={"id": "b2,n1", "fields": "subject"}).json()["data"]
    assert [score["subject"] for score in subjects] == [
        {"kind": "session", "id": "s1"},
        {"kind": "trace", "id": "t1"},
    ]
    assert subjects[0]["value"] is False
    assert "comment" not in subjects[0]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_give_each_score_once(scored, limit):
    collected, cursor = [], {}
    while True:
        body = scored.http.get(PATH, params={"limit": limit, **cursor}).json()
        collected += [score["id"] for score in body["data"]]
        assert body["meta"]["limit"] == limit
        if "cursor" not in body["meta"]:
            break
        cursor = {"cursor": body["meta"]["cursor"]}
    assert collected == ["c2", "c1", "b2", "n3", "b1", "n2", "n1"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": 0}, "Too small: expected number to be >=1"),
        ({"limit": 101}, "Too big: expected number to be <=100"),
        ({"limit": "2.5"}, "Invalid input: expected int, received number"),
        ({"fields": "score"}, "Invalid option"),
        ({"source": "me"}, 'Invalid source value: "ME". Allowed: API, ANNOTATION, EVAL'),
        ({"dataType": "x"}, 'Invalid dataType value: "X"'),
        ({"value": "1"}, "value filter requires a single dataType from: NUMERIC, BOOLEAN, CATEGORICAL"),
        ({"dataType": "BOOLEAN", "value": "1"}, 'requires each value to be "true" or "false" (got "1")'),
        ({"dataType": "NUMERIC", "value": "one"}, "requires each value to be a finite number"),
        ({"valueMin": 1}, "valueMin and valueMax require dataType=NUMERIC as a single value"),
        ({"dataType": "NUMERIC", "valueMin": "x"}, "Invalid input: expected number, received NaN"),
        (
            {"observationId": "o1"},
            "observationId filter requires traceId — observation IDs are scoped to a trace",
        ),
        ({"dataType": "TEXT", "value": "x"}, 'NUMERIC, BOOLEAN, or CATEGORICAL (got "TEXT")'),
        ({"traceId": "t", "sessionId": "s"}, "At most one of"),
        ({"userId": "u"}, "userId filter requires a trace JOIN and is not supported in v3"),
        ({"nope": "u"}, 'Unrecognized key: "nope"'),
        ({"fromTimestamp": "yesterday"}, "Invalid input: expected date, received Date"),
        ({"cursor": "e30"}, "Invalid input"),
        ({"cursor": "eyJ2IjoxfQ"}, "Invalid input: expected date, received Date"),
    ],
    ids=str,
)
def test_refused(scored, params, message):
    response = scored.http.get(PATH, params=params)
    assert response.status_code == 400
    assert response.json()["message"] == "Invalid request data"
    assert any(message in issue["message"] for issue in response.json()["error"])
