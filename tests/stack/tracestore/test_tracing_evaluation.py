"""`gateway.tracing.evaluation` with the real store: what the SDK makes, read back as tables."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from langfuse import Evaluation

from gateway_kit.errors import TraceMissingError, TracingError
from gateway_kit.tracing.client import Tracing, connect_tracing

from .store_program import StoreProgram


@pytest.fixture(scope="module")
def tracing(store: StoreProgram) -> Iterator[Tracing]:
    services = {
        "LANGFUSE_HOST": store.url,
        "LANGFUSE_PUBLIC_KEY": store.public_key,
        "LANGFUSE_SECRET_KEY": store.secret_key,
    }
    with connect_tracing(services) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name with what names may have: a folder, a space, letters that are not ASCII."""
    return f"desk/bücher {uuid.uuid4().hex[:8]}"


def test_versions_of_a_prompt_with_labels_and_reasons(tracing: Tracing, name: str) -> None:
    make = tracing.client.create_prompt
    make(name=name, prompt="Answer {{question}}", labels=["production"], tags=["shop"], config={"model": "m"})
    make(name=name, prompt="Answer briefly: {{question}}", commit_message="shorter")
    tracing.client.update_prompt(name=name, version=2, new_labels=["production"])

    versions = tracing.evaluation.prompt_versions(name)
    assert versions["version"].tolist() == [2, 1]
    assert sorted(versions["labels"][0]) == ["latest", "production"]
    assert versions["labels"][1] == []
    assert versions["prompt"].tolist() == ["Answer briefly: {{question}}", "Answer {{question}}"]
    assert versions["commit_message"][0] == "shorter"
    assert versions["config"][1] == {"model": "m"}
    assert versions["created"].notna().all()

    prompts = tracing.evaluation.prompts(tag="shop").set_index("name")
    assert prompts.loc[name, "versions"] == [1, 2]
    assert prompts.loc[name, "type"] == "text"
    assert name not in set(tracing.evaluation.prompts(label="never")["name"])


def test_a_chat_prompt_is_a_list_of_messages(tracing: Tracing, name: str) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Be short."},
        {"type": "placeholder", "name": "history"},
    ]
    tracing.client.create_prompt(name=name, type="chat", prompt=messages)
    found = tracing.evaluation.prompt_versions(name)["prompt"][0]
    assert found[0]["role"] == "system"
    assert found[0]["content"] == "Be short."
    assert found[1]["name"] == "history"


def test_an_unknown_prompt_and_dataset_are_named(tracing: Tracing) -> None:
    with pytest.raises(TracingError, match="nobody"):
        tracing.evaluation.prompt_versions("nobody")
    with pytest.raises(TracingError, match="Dataset not found"):
        tracing.evaluation.dataset_items("nobody")


def test_items_of_a_dataset_also_as_they_were(tracing: Tracing, name: str) -> None:
    client = tracing.client
    client.create_dataset(name=name, description="questions", metadata={"shop": 1})
    client.create_dataset_item(dataset_name=name, id=f"{name} 1", input={"q": "a"}, expected_output={"must": ["b"]},
                               metadata={"kind": "returns"}, source_trace_id="ab" * 16)  # fmt: skip
    before = datetime.now(UTC)
    client.create_dataset_item(dataset_name=name, id=f"{name} 2", input={"q": "c"})

    items = tracing.evaluation.dataset_items(name)
    assert items["item_id"].tolist() == [f"{name} 2", f"{name} 1"]
    first = items.iloc[1]
    assert (first["input"], first["expected"]) == ({"q": "a"}, {"must": ["b"]})
    assert (first["metadata"], first["trace_id"]) == ({"kind": "returns"}, "ab" * 16)
    assert tracing.evaluation.dataset_items(name, at=before)["item_id"].tolist() == [f"{name} 1"]
    datasets = tracing.evaluation.datasets().set_index("name")
    assert (datasets.loc[name, "description"], datasets.loc[name, "metadata"]) == ("questions", {"shop": 1})


def test_all_pages_are_read(tracing: Tracing, name: str) -> None:
    tracing.client.create_dataset(name=name)
    for number in range(101):
        tracing.client.create_dataset_item(dataset_name=name, id=f"{name} {number}", input=number)
    assert tracing.evaluation.dataset_items(name)["item_id"].nunique() == 101


def test_an_experiment_has_its_items_with_scores(tracing: Tracing, name: str) -> None:
    client = tracing.client
    client.create_dataset(name=name)
    for number in range(3):
        client.create_dataset_item(dataset_name=name, id=f"{name} {number}", input={"n": number},
                                   expected_output=str(number * 2), metadata={"kind": "even"})  # fmt: skip

    def twice(*, item: Any, **_: Any) -> str:
        return str(item.input["n"] * 2)

    def right(*, output: str, expected_output: Any, **_: Any) -> Evaluation:
        good = output == str(expected_output)
        return Evaluation(name="right", value=float(good), comment="as expected" if good else "no")

    client.get_dataset(name).run_experiment(
        name="doubling", run_name=f"{name} run", description="by two", task=twice, evaluators=[right],
        run_evaluators=[lambda **_: Evaluation(name="whole", value=0.5)], metadata={"model": "m"},
    )  # fmt: skip
    items = (
        tracing.evaluation.wait_for_experiment(f"{name} run", items=3, scores=1)
        .set_index("item_id")
        .sort_index()
    )
    assert items["output"].tolist() == ["0", "2", "4"]
    assert items["scores"].tolist() == [{"right": 1.0}] * 3
    assert items["metadata"].tolist() == [{"kind": "even"}] * 3
    assert items["input"].tolist() == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert items["latency_s"].ge(0).all()

    experiment = tracing.evaluation.experiments(name=f"{name} run").iloc[0]
    assert experiment["items"] == 3
    assert experiment["metadata"]["model"] == "m"
    assert experiment["scores"] == {"whole": 0.5}


def test_waiting_for_an_experiment_ends_with_what_arrived(tracing: Tracing) -> None:
    with pytest.raises(TraceMissingError, match=r"3 items of the experiment 'never' with 1 score\(s\) each"):
        tracing.evaluation.wait_for_experiment("never", items=3, scores=1, timeout_s=0.2)


def test_cost_and_latency_by_version_of_a_prompt(tracing: Tracing, name: str) -> None:
    client = tracing.client
    versions = [client.create_prompt(name=name, prompt=f"{text} {{{{q}}}}") for text in ("one", "two")]
    for prompt, cost in zip([*versions, versions[1]], (0.1, 0.2, 0.3), strict=True):
        with client.start_as_current_observation(
            as_type="generation", name="answer", model="m", prompt=prompt, cost_details={"total": cost}
        ):
            pass
    tracing.flush()
    by_version = tracing.cost_and_latency("prompt_version", prompt=name).set_index("prompt_version")
    assert by_version["observations"].to_dict() == {"2": 2, "1": 1}
    assert by_version["cost_usd"].round(9).to_dict() == {"2": 0.5, "1": 0.1}
    assert tracing.cost_and_latency("prompt", prompt=name)["prompt"].tolist() == [name]
    linked = tracing.observations(name="answer").query("prompt_name == @name")
    assert sorted(linked["prompt_version"]) == [1, 2, 2]
