"""A study of a semantic cache from a log to the threshold that pays, with vectors whose similarities are known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gateway_kit.cli import main
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study import CacheStudy, run_study, study_cache
from gateway_kit.rehearsal.study.text import study_text
from tests.unit.rehearsal_log import Embedder, Log, call, log

THRESHOLDS = (0.7, 0.8, 0.9)


def study(made: Any, folder: Path, **options: Any) -> CacheStudy:
    return study_cache(
        made, out=folder / "study", thresholds=THRESHOLDS, embed=options.pop("embed", Embedder()), **options
    )


# A topic, what is close to it and what is less so; then some of them again.
DESK = ("refund", "refund 0.95 a", "refund 0.85 b", "refund", "refund 0.95 a", "parcel", "parcel 0.75 c")


def test_hits_are_counted_by_threshold_with_exact_ones_apart(tmp_path: Path) -> None:
    table = study(log(*DESK), tmp_path).hit_rates.set_index("threshold")
    assert table["calls"].tolist() == [7, 7, 7]
    # At 0.9 `0.85 b` goes to the provider; `0.95 a`, asked twice, is answered by `refund` both times.
    assert table["exact_hits"].tolist() == [1, 1, 1]
    assert table["near_hits"].tolist() == [4, 3, 2]
    assert table.loc[0.7, "hit_rate"] == pytest.approx(5 / 7)
    assert table["saved_usd"].tolist() == pytest.approx([0.01, 0.008, 0.006])
    assert table["saved_s"].tolist() == pytest.approx([5 * 0.95, 4 * 0.95, 3 * 0.95])


def test_an_exact_cache_is_what_it_has_to_beat(tmp_path: Path) -> None:
    assert study(log(*DESK), tmp_path).exact_cache == pytest.approx(
        {"hits": 2, "hit_rate": 2 / 7, "saved_usd": 0.004, "saved_s": 1.9}
    )


def test_a_ttl_and_what_keeps_entries_apart_lower_the_hits(tmp_path: Path) -> None:
    assert study(log(*DESK), tmp_path, ttl_s=90).hit_rates["near_hits"].tolist() == [3, 2, 2]
    apart = Log([call(text, n, user=f"u{n % 2}", key="shop") for n, text in enumerate(DESK)])
    assert study(apart, tmp_path).hit_rates["near_hits"].tolist() == [4, 3, 2]
    by_user = study(apart, tmp_path, separated="user")
    assert by_user.hit_rates["near_hits"].tolist() == [3, 3, 2]
    assert by_user.by_customer(0.7).values.tolist() == [
        ["shop, u0", 4, 0, 0, 2, 0.5],
        ["shop, u1", 3, 0, 0, 1, 1 / 3],
    ]
    with pytest.raises(ValueError, match=r"was not studied\. Choose one of 0\.7, 0\.8, 0\.9"):
        by_user.by_customer(0.5)


def test_a_guard_keeps_other_numbers_apart(tmp_path: Path) -> None:
    made = log("refund 0.95 after 30 days", "refund 0.96 after 14 days", "refund 0.95 after 14 weeks")
    assert study(made, tmp_path).hit_rates["near_hits"].tolist() == [2, 2, 2]
    assert study(made, tmp_path, guard=True).hit_rates["near_hits"].tolist() == [0, 0, 0]
    assert study(made, tmp_path, guard=lambda _: "one").hit_rates["near_hits"].tolist() == [2, 2, 2]


def test_texts_are_embedded_once_and_the_next_study_needs_none(tmp_path: Path) -> None:
    embedder = Embedder()
    steps: list[Any] = []
    study(log(*DESK), tmp_path, embed=embedder, progress=lambda *step: steps.append(step))
    assert sorted(text for batch in embedder.batches for text in batch) == sorted(set(DESK))
    assert ("texts embedded", 5, None) in steps
    assert steps[-1] == ("calls replayed", 7, 7)
    again = Embedder()
    study(log(*DESK), tmp_path, embed=again, ttl_s=5)
    assert again.batches == []


def test_pairs_are_what_the_log_would_have_answered_and_labels_stay(tmp_path: Path) -> None:
    made = study(log(*DESK), tmp_path)
    pairs = made.pairs.set_index("second")
    assert pairs["first"].to_dict() == {
        "refund 0.95 a": "refund",
        "refund 0.85 b": "refund",
        "parcel 0.75 c": "parcel",
    }
    assert pairs["similarity"].to_dict() == pytest.approx(
        {"refund 0.95 a": 0.95, "refund 0.85 b": 0.85, "parcel 0.75 c": 0.75}, abs=1e-5
    )  # fmt: skip
    assert pairs.loc["refund 0.95 a", "calls"] == 2
    assert pairs["same"].isna().all()
    made.labels.set(pairs.loc["refund 0.95 a", "id"], True)
    later = CacheStudy.read(tmp_path / "study")
    assert later.pairs.set_index("second")["same"].dropna().to_dict() == {"refund 0.95 a": True}
    # Another study of the same texts knows the label too.
    assert len(study(log(*DESK), tmp_path, ttl_s=1e6).pairs["same"].dropna()) == 1


def labelled(made: CacheStudy, **answers: bool) -> CacheStudy:
    """Label the pairs by the last word of their second question."""
    for pair in made.pairs.itertuples():
        name = pair.second.split()[-1]
        if name in answers:
            made.labels.set(pair.id, answers[name])
    return made


def test_with_every_pair_labelled_precision_and_saving_are_known_exactly(tmp_path: Path) -> None:
    made = labelled(study(log(*DESK), tmp_path), a=True, b=False, c=False)
    table = made.thresholds(wrong_usd=0.1).set_index("threshold")
    assert table["labels"].tolist() == [3, 2, 1]
    for name in ("precision", "precision_low", "precision_high"):
        assert table[name].tolist() == pytest.approx([2 / 4, 2 / 3, 1.0])
    assert table["wrong_hits"].tolist() == pytest.approx([2, 1, 0])
    # More than an exact cache's 0.004 USD, less 0.10 USD for each wrong answer.
    for name in ("net_usd", "net_low_usd", "net_high_usd"):
        assert table[name].tolist() == pytest.approx([0.006 - 0.2, 0.004 - 0.1, 0.002])
    assert made.verdict(wrong_usd=0.1).startswith(
        "0.9 pays if a wrong answer costs 0.10 USD: another question's answer goes to 2 of 7 calls, rightly in 100%"
    )
    assert made.verdict(wrong_usd=0.0).startswith("0.7 pays if a wrong answer costs 0.00 USD")
    dear = made.thresholds(wrong_usd=0.1, question_usd=0.001)["net_usd"]
    assert dear.tolist() == pytest.approx([-0.194 - 0.007, -0.096 - 0.007, 0.002 - 0.007])
    assert made.verdict(wrong_usd=0.1, question_usd=0.001).startswith("No threshold pays if")


def test_without_labels_nothing_is_said_of_precision(tmp_path: Path) -> None:
    made = study(log(*DESK), tmp_path)
    assert made.thresholds()["precision"].isna().all()
    assert made.verdict().startswith("No pair is labelled yet")


def many(seed: int) -> tuple[Log, Any]:
    """600 calls of many topics, and whether an answer at a similarity would be right: the closer, the likelier."""
    random = np.random.default_rng(seed)
    texts: list[str] = []
    for topic in range(30):
        texts += [f"t{topic}", *(f"t{topic} {random.uniform(0.7, 1):.3f} q{n}" for n in range(19))]
    weights = random.zipf(2.0, size=len(texts)).clip(max=30) / 1.0
    asked = [*texts[::20], *random.choice(texts, size=600, p=weights / weights.sum())]
    truth = {
        text: bool(random.random() < (float(text.split()[1]) - 0.6) / 0.4) for text in texts if " " in text
    }
    return log(*asked), truth


def test_few_labels_give_an_interval_that_has_the_truth_in_it(tmp_path: Path) -> None:
    inside, widths = [], []
    for seed in range(6):
        made, truth = many(seed)
        found = study(made, tmp_path / str(seed), pairs=500, embed=Embedder())
        pairs = found.pairs

        def right(text: str, truth: Any = truth) -> bool:
            return bool(truth.get(text, True))

        for pair in pairs.head(45).itertuples():
            found.labels.set(pair.id, right(pair.second))
        few = found.thresholds().set_index("threshold")
        assert few.loc[0.7, "labels"] == 45
        assert few["labels"].is_monotonic_decreasing
        for pair in pairs.itertuples():
            found.labels.set(pair.id, right(pair.second))
        all_of_them = found.thresholds().set_index("threshold")
        assert (all_of_them["precision_high"] - all_of_them["precision_low"]).max() < 1e-9
        inside += (
            (few["precision_low"] <= all_of_them["precision"])
            & (all_of_them["precision"] <= few["precision_high"])
        ).tolist()
        widths += (few["precision_high"] - few["precision_low"]).tolist()
    assert np.mean(inside) >= 0.9
    assert max(widths) < 0.35


def test_what_the_reader_may_overlook_is_noted(tmp_path: Path) -> None:
    system = [
        call("", n, at=None, cost_usd=None, latency_s=None, body={
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
        })
        for n, text in enumerate(DESK)
    ]  # fmt: skip
    made = study(Log(system), tmp_path)
    notes = " ".join(made.notes)
    assert "100% of the calls have a system prompt" in notes
    assert "Calls without a time" in notes
    assert "no costs" in notes
    assert "no latencies" in notes
    assert "Give the price of a call" in made.verdict()
    json.loads((tmp_path / "study" / "study.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    alone = study(Log(system), tmp_path, embedded="last_user", call_usd=0.01)
    assert alone.hit_rates["near_hits"].tolist() == [4, 3, 2]
    assert alone.verdict().startswith("No pair is labelled yet")


def test_long_conversations_count_as_calls_that_no_cache_answers(tmp_path: Path) -> None:
    turns = {"messages": [{"role": "user", "content": "refund"}] * 5}
    long = Log([call("", n, body=turns) for n in range(3)])
    made = study(long, tmp_path)
    assert made.hit_rates["hit_rate"].tolist() == [0, 0, 0]
    assert made.exact_cache["hits"] == 0
    assert "3 calls have more than 4 messages" in " ".join(made.notes)
    assert study(long, tmp_path, max_messages=None).hit_rates["exact_hits"].tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"thresholds": []}, "give 1 to 64"), ({"thresholds": [0.5, 1.2]}, "above 0 and up to 1"),
     ({"ttl_s": -1}, "ttl_s=-1: must be 0 or more"), ({"call_usd": float("nan")}, "call_usd=nan")],
)  # fmt: skip
def test_invalid_arguments_are_refused(tmp_path: Path, options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        study_cache(log("a"), out=tmp_path, embed=Embedder(), **options)
    with pytest.raises(ValueError, match="wrong_usd=-1"):
        study(log("a"), tmp_path).thresholds(wrong_usd=-1)


def test_a_ttl_needs_times_and_a_folder_without_a_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"2 of 2 calls have no time"):
        study(log("a", "b", at=None), tmp_path, ttl_s=5)
    with pytest.raises(RehearsalError, match=r"is no study of a cache.*gateway-kit rehearse-cache TRAFFIC"):
        CacheStudy.read(tmp_path / "nowhere")


def test_without_an_embedding_model_the_next_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_HOME", str(tmp_path / "none"))
    with pytest.raises(
        RehearsalError, match=r"needs an embedding model.*EMBEDDINGS_URL, or start.*gateway-kit up"
    ):
        study_cache(log("a"), out=tmp_path)
    monkeypatch.setenv("EMBEDDINGS_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(RehearsalError, match=r"127\.0\.0\.1:9/v1 does not answer"):
        study_cache(log("a"), out=tmp_path)


def write(folder: Path) -> Path:
    lines = [{"messages": [{"role": "user", "content": text}], "model": "m", "cost": 0.002} for text in DESK]
    path = folder / "calls.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_the_command_says_what_pays_and_goes_on_with_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_study, "embedding_model", lambda _model: Embedder())
    folder = tmp_path / "study"
    command = ["rehearse-cache", str(write(tmp_path)), "--out", str(folder), "--call-usd", "0.002"]
    told = CliRunner().invoke(main, [*command, "--threshold", "0.9", "--threshold", "0.7"])
    assert told.exit_code == 0, told.output
    assert "7 calls with 5 different texts, answers kept for ever. An exact cache answers 29%" in told.output
    assert re.search(r"\n +0\.7 +1 +4 +71% ", told.output)
    assert "No pair is labelled yet" in told.output
    assert "3 pairs without a label" in told.output
    made = labelled(CacheStudy.read(folder), a=True, b=False, c=False)
    later = CliRunner().invoke(main, ["rehearse-cache", "--out", str(folder), "--wrong-usd", "0.1"])
    assert later.output.strip() == study_text(made, wrong_usd=0.1)
    assert "0.9 pays if a wrong answer costs 0.10 USD" in later.output
    as_json = CliRunner().invoke(main, ["rehearse-cache", "--out", str(folder), "--json"])
    found = json.loads(as_json.output, parse_constant=lambda name: pytest.fail(name))
    assert found["thresholds"][0]["near_hits"] == 4
    assert found["exact_cache"] == {"hits": 2, "hit_rate": 2 / 7, "saved_usd": 0.004, "saved_s": None}


def test_the_command_refuses_in_a_sentence(tmp_path: Path) -> None:
    missing = CliRunner().invoke(main, ["rehearse-cache", "--out", str(tmp_path / "no")])
    assert missing.exit_code == 2
    assert "is no study of a cache" in missing.output
    out = ["--out", str(tmp_path / "study")]
    wrong = CliRunner().invoke(main, ["rehearse-cache", str(write(tmp_path)), "--threshold", "2", *out])
    assert wrong.exit_code == 2
    assert "above 0 and up to 1" in wrong.output
    cheap = CliRunner().invoke(main, ["rehearse-cache", *out, "--wrong-usd", "-1"])
    assert cheap.exit_code == 2
    assert "prices of 0 or more" in cheap.output
    taken = CliRunner().invoke(main, ["rehearse-cache", str(write(tmp_path)), "--out", str(write(tmp_path))])
    assert "is a file, but a folder is needed" in taken.output
