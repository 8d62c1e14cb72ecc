"""Lesson 04 on a real semantic gateway: its graders, and its claims about thresholds, guards and namespaces."""

from __future__ import annotations

import ast
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.guard import guard_namespace
from gateway_kit.caching.pairs import PAIR_GROUPS, labelled_pairs
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.caching.thresholds import THRESHOLD_GRID, cheapest
from gateway_kit.gateway.semantic import SemanticGateway, semantic_gateway
from gateway_kit.lessons import check
from gateway_kit.lessons.solutions import solved_code
from tests.stack.semantic.conftest import Own, environment_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def lab(own: Own) -> Iterator[SemanticGateway]:
    """The lesson's gateway, with a threshold so low that all similar questions hit."""
    index = f"lesson-{uuid.uuid4().hex}"
    with environment_of(own.cli.home), semantic_gateway(threshold=0.5, ttl_s=900, index=index) as gateway:
        yield gateway
        gateway.cache.index.drop()


@pytest.fixture
def lesson(lab: SemanticGateway) -> dict[str, Any]:
    """The variables that a notebook has at the exercises."""
    return {"lab": lab, "study": SemanticStudy(labelled_pairs(), lab)}


def missing(name: str, variables: dict[str, Any]) -> list[str]:
    return [criterion.text for criterion in check(name, variables).criteria if not criterion.met]


@pytest.mark.parametrize("name", ["04.2", "04.3"])
def test_the_solutions_pass(lesson: dict[str, Any], name: str) -> None:
    exec(solved_code(name), lesson)
    assert missing(name, lesson) == []


OTHER = "another role with the same question does not"
COVERED = "under it, another question does not get the kept answer"


def test_roles_share_answers_unless_something_separates_them(
    lesson: dict[str, Any], lab: SemanticGateway
) -> None:
    namespaced = False

    def ask_as(role: str, question: str) -> Any:
        messages = [{"role": "system", "content": role}, {"role": "user", "content": question}]
        digest = hashlib.sha256(role.encode()).hexdigest()[:16]
        return lab.ask(messages, max_tokens=20, **Cache.controls(namespace=digest if namespaced else "roles"))

    lesson["ask_as"] = ask_as
    assert missing("04.3", lesson) == [OTHER, COVERED]
    namespaced = True
    assert missing("04.3", lesson) == [COVERED]


def test_the_study_predicts_the_hits_of_a_gateway(semantic: SemanticGateway) -> None:
    study = semantic.cache.study(labelled_pairs().groupby("kind").head(4).reset_index(drop=True))
    assert semantic.threshold == 0.9
    seen = study.ask()
    assert seen["hit"].tolist() == study.hits_at(0.9).tolist()
    assert 0 < seen["hit"].sum() < len(study)
    reported = seen["similarity"][seen["hit"]]
    assert (reported - study.pairs["similarity"][seen["hit"]]).abs().max() < 0.001
    assert seen["similarity"][~seen["hit"]].isna().all()


def test_the_study_predicts_the_hits_behind_a_guard(lab: SemanticGateway) -> None:
    pairs = labelled_pairs().query("kind in ['number', 'negation', 'rewording']").groupby("kind").head(4)
    # As long as a namespace can be: it has to fit beside the pair's own namespace.
    study = lab.cache.study(pairs).guarded(lambda question: guard_namespace(question).ljust(100, "x"))
    hit = study.ask()["hit"]
    assert hit.tolist() == study.hits_at(lab.threshold).tolist()
    assert hit.index.equals(pairs.index)
    hits = hit.groupby(pairs["kind"]).sum()
    assert hits["number"] == 0 < hits["rewording"] == 4


def test_pairs_share_no_answers_with_each_other_or_an_earlier_run(lab: SemanticGateway) -> None:
    pair = labelled_pairs().query("kind == 'unrelated'").head(1)
    swapped = pair.rename(columns={"first": "second", "second": "first"})
    for asked in (pair, swapped, pair):  # both questions are kept by now, in compartments of their own
        assert SemanticStudy(asked, lab).ask()["hit"].tolist() == [False]


def test_entries_are_counted_by_the_beginning_of_their_namespace(lab: SemanticGateway, unique: str) -> None:
    index, namespace = lab.cache.index, f"a.{unique[:8]}"
    for end in ("-1", "-1.1", "-2"):
        lab.ask("What is an LLM gateway?", max_tokens=1, **Cache.controls(namespace=namespace + end))
    assert index.wait_for_entries(3, namespace) == 3
    assert index.entries(f"{namespace}-1") == 2
    assert index.entries(f"{namespace}-2") == 1
    assert index.entries(f"{namespace}-3") == 0
    assert index.entries() >= 3
    assert index.isolated.name == f"{index.name}_isolated"
    assert (index.isolated.exists(), index.isolated.entries(namespace)) == (False, 0)


@pytest.fixture(scope="module")
def study(lab: SemanticGateway) -> SemanticStudy:
    return lab.cache.study()


def test_the_lessons_sentences_are_as_close_as_its_text_says(lab: SemanticGateway) -> None:
    vectors = lab.embed(assigned("sentences"), "local-embed")
    similar = vectors @ vectors.T - 3 * np.eye(len(vectors))
    assert similar.max() == similar[4, 5]
    assert 0.98 > similar[0, 1] > 0.8
    assert similar[6].max() < 0.2
    question, wordings = assigned("question"), assigned("wordings")
    vectors = lab.embed([question, *wordings], "local-embed")
    assert (vectors[1:] @ vectors[0] > lab.threshold).all()  # "All three"


def test_what_the_lesson_says_of_its_pairs_is_so(study: SemanticStudy) -> None:
    near_misses = study.pairs["kind"].isin(PAIR_GROUPS["near_miss"])
    assert near_misses.mean() == pytest.approx(0.47, abs=0.02)
    precision = study.thresholds()["precision"].dropna()
    assert (precision.min().round(2), precision.max().round(2)) == (0.40, 0.48)
    cheapest_at = {usd: least(study, usd)["threshold"] for usd in (0.001, 0.003, 0.004, 0.01)}
    assert cheapest_at == {0.001: 0.52, 0.003: 0.61, 0.004: 1.0, 0.01: 1.0}


def test_what_the_lesson_says_of_its_traffic_is_so(study: SemanticStudy) -> None:
    traffic = study.as_traffic(repeated=0.2, rephrased=0.3, near_miss=0.02, topic=0.3)
    exact_usd = traffic.exact_usd(0.002)
    game, desk, pharmacy = (least(traffic, usd, (0.5, 0.7, 0.8, 0.95, 1.0)) for usd in (0.001, 0.01, 5.0))
    assert [row["threshold"] for row in (game, desk, pharmacy)] == [0.5, 0.95, 1.0]
    assert 1 - game["cost_usd"] / exact_usd == pytest.approx(0.5, abs=0.05)
    assert game["wrong_per_1000"] == pytest.approx(250, abs=25)
    assert 1 - desk["cost_usd"] / exact_usd == pytest.approx(0.1, abs=0.01)
    assert desk["wrong_per_1000"] == pytest.approx(7, abs=0.1)
    assert pharmacy["cost_usd"] == pytest.approx(exact_usd)
    finer = least(traffic, 0.01)
    assert (finer["threshold"], round(finer["cost_usd"], 2), round(finer["wrong_per_1000"])) == (
        0.94,
        1.42,
        7,
    )


def test_what_the_lesson_says_of_its_guard_is_so(study: SemanticStudy) -> None:
    pairs = study.pairs
    before, after = study.hits_at(0.8), study.guarded().hits_at(0.8)
    lost = before & ~after
    assert not (after & (pairs["kind"] == "number")).any()
    negation = pairs["kind"] == "negation"
    assert lost[negation].sum() > before[negation].sum() / 2
    assert 0 < lost[pairs["same"]].sum() < 5


def least(study: SemanticStudy, wrong_usd: float, thresholds: Sequence[float] = THRESHOLD_GRID) -> Any:
    """The cheapest row, as the slider has it; a call costs what the lesson's first code cell says."""
    return cheapest(study.thresholds(thresholds, wrong_usd=wrong_usd, call_usd=0.002))


def assigned(name: str) -> Any:
    """What the lesson assigns to a variable."""
    notebook = nbformat.read(ROOT / "notebooks" / "04_semantic_caching.ipynb", as_version=4)
    for cell in notebook.cells:
        for node in ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ():
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                return ast.literal_eval(node.value)
    raise AssertionError(f"the lesson does not assign {name}")
