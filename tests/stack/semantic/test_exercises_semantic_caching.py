"""Lesson 04 on a real semantic gateway: its graders, and what it says about thresholds, guards and compartments."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from gateway_kit.caching import (
    SemanticGateway,
    ask_pairs,
    cache_controls,
    guard_accepts,
    guard_namespace,
    hits_at,
    labelled_pairs,
    semantic_gateway,
    similarities,
)
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solution
from tests.stack.semantic.conftest import Own, environment_of


@pytest.fixture(scope="module")
def lab(own: Own) -> Iterator[SemanticGateway]:
    """The lesson's gateway, with a threshold that lets everything through that is at all alike."""
    index = f"lesson-{uuid.uuid4().hex}"
    with environment_of(own.cli.home), semantic_gateway(threshold=0.5, ttl_s=900, index=index) as gateway:
        yield gateway
        gateway.search_index.drop()


@pytest.fixture
def lesson(lab: SemanticGateway) -> dict[str, Any]:
    """The variables that a notebook has at the exercises."""
    return {"lab": lab, "cache_controls": cache_controls, "guard_namespace": guard_namespace}


def missing(name: str, variables: dict[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", ["04.2", "04.3"])
def test_the_solutions_pass(lesson: dict[str, Any], name: str) -> None:
    exec(solution(name), lesson)
    assert missing(name, lesson) == []


OTHER = "another role with the same question does not"
COVERED = "under it, another question does not get the kept answer"


def test_roles_meet_where_nothing_keeps_them_apart(lesson: dict[str, Any], lab: SemanticGateway) -> None:
    namespaced = False

    def ask_as(role: str, question: str) -> Any:
        messages = [{"role": "system", "content": role}, {"role": "user", "content": question}]
        digest = hashlib.sha256(role.encode()).hexdigest()[:16]
        return lab.ask(messages, max_tokens=20, **cache_controls(namespace=digest if namespaced else "roles"))

    lesson["ask_as"] = ask_as
    assert missing("04.3", lesson) == [OTHER, COVERED]
    namespaced = True
    assert missing("04.3", lesson) == [COVERED]


def test_what_a_threshold_would_do_is_what_a_gateway_with_it_does(semantic: SemanticGateway) -> None:
    pairs = labelled_pairs().groupby("kind").head(4).reset_index(drop=True)
    pairs["similarity"] = similarities(semantic, pairs)
    assert semantic.threshold == 0.9
    seen = ask_pairs(semantic, pairs)
    assert seen["hit"].tolist() == hits_at(pairs, 0.9).tolist()
    assert 0 < seen["hit"].sum() < len(pairs)
    reported = seen["similarity"][seen["hit"]]
    assert (reported - pairs["similarity"][seen["hit"]]).abs().max() < 0.001
    assert seen["similarity"][~seen["hit"]].isna().all()


def test_what_a_guard_accepts_is_what_still_hits(lab: SemanticGateway) -> None:
    pairs = labelled_pairs().query("kind in ['number', 'negation', 'rewording']").groupby("kind").head(4)
    pairs["similarity"] = similarities(lab, pairs)
    pairs["accepted"] = [guard_accepts(a, b) for a, b in zip(pairs["first"], pairs["second"], strict=True)]
    # As long as a namespace can be: it has to fit beside the pair's own compartment.
    hit = ask_pairs(lab, pairs, guard=lambda question: guard_namespace(question).ljust(100, "x"))["hit"]
    assert hit.tolist() == hits_at(pairs, lab.threshold).tolist()
    assert hit.index.equals(pairs.index)
    hits = hit.groupby(pairs["kind"]).sum()
    assert hits["number"] == 0 < hits["rewording"] == 4


def test_pairs_do_not_meet_each_other_nor_an_earlier_run(lab: SemanticGateway) -> None:
    pair = labelled_pairs().query("kind == 'unrelated'").head(1)
    swapped = pair.rename(columns={"first": "second", "second": "first"})
    for asked in (pair, swapped, pair):  # both questions are kept by now, in compartments of their own
        assert ask_pairs(lab, asked)["hit"].tolist() == [False]


def test_entries_are_counted_by_how_their_namespace_begins(lab: SemanticGateway, unique: str) -> None:
    index, namespace = lab.search_index, f"a.{unique[:8]}"
    for end in ("-1", "-1.1", "-2"):
        lab.ask("What is an LLM gateway?", max_tokens=1, **cache_controls(namespace=namespace + end))
    assert index.wait_for_entries(3, namespace) == 3
    assert index.entries(f"{namespace}-1") == 2
    assert index.entries(f"{namespace}-2") == 1
    assert index.entries(f"{namespace}-3") == 0
    assert index.entries() >= 3
    assert index.isolated.name == f"{index.name}_isolated"
    assert (index.isolated.exists(), index.isolated.entries(namespace)) == (False, 0)
