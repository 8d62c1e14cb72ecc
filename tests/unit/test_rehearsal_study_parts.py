"""The parts of a cache study: what is embedded, what shares answers, kept vectors, chosen pairs, labels."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway_kit.caching.guard import guard_namespace
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study.labels import Labels
from gateway_kit.rehearsal.study.making import shown_pair
from gateway_kit.rehearsal.study.questions import Asked, read_questions
from gateway_kit.rehearsal.study.tally import NearPairs, band_of, chosen_order
from gateway_kit.rehearsal.study.texts import embedded_text, scope_of, text_digest
from gateway_kit.rehearsal.study.vectors import BATCH_TEXTS, Vectors
from tests.unit.rehearsal_log import Embedder, Log, call, log

CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief. "},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {
            "role": "user",
            "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "Redis?"}],
        },
    ]
}


@pytest.mark.parametrize(
    ("kind", "body", "whole", "before", "last"),
    [
        ("chat", CHAT, "Be brief. HelloWhat is Redis?", 15, "What is Redis?"),
        ("completions", {"prompt": "Once upon"}, "Once upon", 0, "Once upon"),
        ("responses", {"input": "Say hi"}, "Say hi", 0, "Say hi"),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}, "Hi", 0, "Hi"),
        ("embeddings", {"input": "no question"}, "", 0, ""),
        ("chat", {"messages": [{"role": "system", "content": "alone"}]}, "", 0, ""),
        ("chat", None, "", 0, ""),
        ("chat", {"messages": "broken"}, "", 0, ""),
    ],
)  # fmt: skip
def test_the_text_is_that_of_all_messages_or_the_last_users(
    kind: Any, body: Any, whole: str, before: int, last: str
) -> None:
    made = call("", kind=kind, body=body)
    assert embedded_text(made) == (whole, before)
    assert embedded_text(made, "last_user") == (last, 0)


def scope(separated: Any = "key", guard: Any = None, **fields: Any) -> bytes:
    made = call("Refund after 30 days?", **fields)
    return scope_of(made, "Refund after 30 days?", separated, guard)


def body(**parameters: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "?"}], **parameters}


@pytest.mark.parametrize(
    "other",
    [{"model": "gpt-4o"}, {"stream": True}, {"body": body(temperature=1)}, {"body": body(tools=[])}, {"key": "app"},
     {"team": "sales"}, {"body": body(user="ann")}],
)  # fmt: skip
def test_model_parameters_and_key_separate_as_litellm_does_it(other: dict[str, Any]) -> None:
    assert scope(**other) != scope()


def test_users_and_a_guard_separate_when_asked_to_and_nobody_does_not() -> None:
    assert scope(user="ann") == scope(user="bob")
    assert scope("user", user="ann") != scope("user", user="bob")
    assert scope("nobody", key="a", team="x", user="ann") == scope("nobody", key="b")
    assert scope("nobody", model="gpt-4o") != scope("nobody")
    assert scope(guard=guard_namespace) != scope()
    for more in ({"metadata": {"trace": 1}}, {"tags": ["a"]}, {"temperature": None}, {"cache": {"ttl": 9}}):
        assert scope(body=body(**more)) == scope(body=body()), more
    assert scope(body=body(cache={"namespace": "faq"})) != scope(body=body())


def test_a_long_conversation_shares_with_nobody() -> None:
    turns = [{"role": "user", "content": "?"}] * 5
    four, five = ({"messages": turns[:count]} for count in (4, 5))
    assert scope(number=1, body=four) == scope(number=2, body=four)
    assert scope(number=1, body=five) != scope(number=2, body=five)
    made = call("", body=five)
    assert scope_of(made, "?", max_messages=None) == scope_of(call("", 9, body=five), "?", max_messages=None)


def test_calls_that_no_cache_could_answer_are_counted_and_left_out() -> None:
    calls = [
        call("a", 0, cost_usd=0.01),
        call("b", 1, cost_usd=None, latency_s=None),
        call("c", 2, cost_usd=0.0, latency_s=0.01, cache_hit=True),
        call("d", 3, status=429),
        call("e", 4, error="timeout", status=None),
        call("", 5, body=None),
        call("f", 6, model="other", cost_usd=0.5),
        call("g", 7),
    ]
    found = read_questions(Log(calls), Asked(limit=4))
    assert len(found) == 4
    # What the log does not have, or its own cache answered, is as dear as the model's other calls.
    assert found.usd.tolist() == [0.01, 0.01, 0.01, 0.5]
    assert found.latency_s.tolist() == [1.0, 1.0, 1.0, 1.0]
    assert found.left_out == {
        "calls that failed": 2,
        "calls without a text of a user": 1,
        "calls beyond the limit": 1,
    }


def test_without_costs_the_given_price_counts() -> None:
    free = log("a", "b", cost_usd=None)
    assert all(math.isnan(usd) for usd in read_questions(free, Asked()).usd)
    assert read_questions(free, Asked(call_usd=0.3)).usd.tolist() == [0.3, 0.3]


def test_a_log_without_questions_is_refused_with_the_reasons() -> None:
    with pytest.raises(RehearsalError, match=r"2 calls that failed\. A study needs the texts"):
        read_questions(log("a", "b", status=500), Asked())


def kept(folder: Path, embedder: Any) -> Vectors:
    return Vectors(folder, "some/model", embedder, lambda _: None)


def test_a_text_is_embedded_once_in_batches_and_found_by_the_next_run(tmp_path: Path) -> None:
    embedder, texts = Embedder(), [f"t{n} 0.5" for n in range(BATCH_TEXTS + 3)]
    vectors = kept(tmp_path, embedder)
    for text in [*texts, *texts]:
        vectors.add(text_digest(text), text)
    vectors.finish()
    assert [len(batch) for batch in embedder.batches] == [BATCH_TEXTS, 3]
    again = Embedder()
    later = kept(tmp_path, again)
    for text in texts:
        later.add(text_digest(text), text)
    later.finish()
    assert again.batches == []
    wanted = [texts[5], texts[-1], texts[0]]
    found = later.of([text_digest(text) for text in wanted])
    lengths = np.linalg.norm(found, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)
    np.testing.assert_allclose(found, [embedder.vector(text) / 3 for text in wanted], atol=1e-5)
    for file in tmp_path.iterdir():
        assert b"t5 0.5" not in file.read_bytes(), "texts are not kept"
        assert file.stat().st_mode & 0o077 == 0


def test_a_broken_off_run_leaves_whole_vectors(tmp_path: Path) -> None:
    vectors = kept(tmp_path, Embedder())
    for text in ("a", "b"):
        vectors.add(text_digest(text), text)
    vectors.finish()
    (tmp_path / "some_model.digests").write_bytes((tmp_path / "some_model.digests").read_bytes()[:-3])
    embedder = Embedder()
    later = kept(tmp_path, embedder)
    for text in ("a", "b"):
        later.add(text_digest(text), text)
    later.finish()
    assert embedder.batches == [["b"]]
    np.testing.assert_allclose(
        later.of([text_digest("b"), text_digest("a")]), [embedder.vector("b") / 3, embedder.vector("a") / 3],
        atol=1e-5,
    )  # fmt: skip


def test_another_models_vectors_and_answers_that_are_none_are_refused(tmp_path: Path) -> None:
    first = kept(tmp_path, Embedder())
    first.add(b"0" * 16, "a")
    first.finish()
    other = kept(tmp_path, lambda texts: np.ones((len(texts), 3)))
    other.add(b"1" * 16, "b")
    with pytest.raises(RehearsalError, match=r"3 numbers, and those of .* have 2048.*rm "):
        other.finish()
    broken = kept(tmp_path / "b", lambda _: np.full((1, 2048), np.nan))
    broken.add(b"1" * 16, "b")
    with pytest.raises(RehearsalError, match="one vector of numbers for each text"):
        broken.finish()


LEVELS = (0.6, 0.8, 0.9)


def near(similarity: list[float], weight: list[int]) -> NearPairs:
    numbers = np.arange(len(similarity))
    return NearPairs(numbers, numbers, np.array(similarity), np.array(weight))


def test_each_band_gets_its_turn_and_the_frequent_ones_come_first() -> None:
    random = np.random.default_rng(2)
    similarity = random.uniform(0.6, 1.0, size=600)
    weight = np.where(np.arange(600) % 50 == 0, 1000, 1)
    pairs = near(similarity.tolist(), weight.tolist())
    order = chosen_order(pairs, LEVELS, most=60, seed=7)
    bands = band_of(pairs.similarity[order], LEVELS)
    assert bands.tolist() == [0, 1, 2] * 20
    assert (pairs.weight[order[:9]] == 1000).sum() >= 8, "what is asked most is labelled first"
    assert (pairs.weight[order] == 1).any(), "and rare ones are not left out"
    assert order.tolist() == chosen_order(pairs, LEVELS, most=60, seed=7).tolist()
    assert order.tolist() != chosen_order(pairs, LEVELS, most=60, seed=8).tolist()


def test_a_prefix_of_the_choice_estimates_the_share_of_the_calls() -> None:
    """Frequent pairs are mostly right, rare ones mostly wrong: their plain share would be far off."""
    random = np.random.default_rng(3)
    weight = random.zipf(1.8, size=4000).clip(max=40)
    right = random.random(4000) < np.where(weight > 3, 0.9, 0.2)
    truth = float((right * weight).sum() / weight.sum())
    pairs = near([0.7] * 4000, weight.tolist())
    shares = [right[chosen_order(pairs, LEVELS, most=60, seed=seed)].mean() for seed in range(40)]
    assert abs(float(np.mean(shares)) - truth) < 0.03
    assert abs(float(right.mean()) - truth) > 0.1


def test_labels_are_saved_at_once_and_undone_across_sessions(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    labels = Labels(path)
    labels.set("p1", True)
    assert json.loads(path.read_text())["same"] is True
    labels.set("p2", False)
    labels.set("p1", False)
    later = Labels(path)
    assert (later.get("p1"), later.get("p2"), len(later)) == (False, False, 2)
    assert later.undo() == "p1"
    assert later.get("p1") is True
    latest = Labels(path)
    assert latest.get("p1") is True
    assert [latest.undo(), latest.undo(), latest.undo()] == ["p2", "p1", None]
    assert len(latest) == 0
    assert len(Labels(path)) == 0
    assert Labels(path).undo() is None
    assert path.stat().st_mode & 0o077 == 0


def test_a_line_that_was_cut_off_is_dropped_and_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": "p1", "same": true}\n{"id": "p2", "sa')
    labels = Labels(path)
    assert (labels.get("p1"), labels.get("p2")) == (True, None)
    labels.set("p3", False)
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["p1", "p3"]
    path.write_text('{"id": "p1", "same": true}\n{"id": "p2", "same": false}')  # by hand
    by_hand = Labels(path)
    assert by_hand.get("p2") is False
    by_hand.set("p3", True)
    assert len(Labels(path)) == 3
    path.write_text('{"id": "p1"}\n{"id": "p2", "same": false}\n')
    with pytest.raises(RehearsalError, match=r"labels\.jsonl, line 1, is no label"):
        Labels(path)
    path.write_text('{"id": "p1", "same": "yes"}\n')
    with pytest.raises(RehearsalError, match="line 1"):
        Labels(path)


def test_a_person_reads_the_questions_where_all_before_them_is_the_same() -> None:
    assert shown_pair(("Be brief. A?", 10), ("Be brief. B?", 10)) == (10, "A?", "B?")
    assert shown_pair(("Be brief. A?", 10), ("Be long. A?", 9)) == (0, "Be brief. A?", "Be long. A?")
    assert shown_pair(("x" * 2500, 0), ("y", 0))[1].endswith("… (500 more characters)")
