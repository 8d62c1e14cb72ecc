"""What a gateway that nobody calls leaves undone: looking for budgets to reset that are not due."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from gateway_kit.stack.servers.gateway.idle_work import DUE, read_yaml_in_c, when_due
from gateway_kit.stack.services.effective_config import TEMPLATES


class Database:
    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, [""]

    async def query_raw(self, query: str) -> Any:
        self.asked.append(query)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        ([{"due": False}], 0),
        ([{"due": True}], 1),
        (OSError("no database"), 1),
        ([], 1),
    ],
)
def test_the_job_runs_if_a_budget_is_due_or_nobody_can_tell(answer: Any, times: int):
    done = []

    async def reset_budget(job: Any) -> None:
        done.append(job)

    database = Database(answer)
    job = SimpleNamespace(prisma_client=SimpleNamespace(db=database))
    asyncio.run(when_due(reset_budget)(job))  # type: ignore[arg-type]  # a coroutine, as asyncio wants it
    assert done == [job] * times
    assert database.asked[1:] == [DUE]


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.yaml")), ids=lambda path: path.stem)
def test_yaml_read_in_c_is_the_same(template: Any, monkeypatch: pytest.MonkeyPatch):
    text = template.read_text()
    slow = yaml.safe_load(text)
    monkeypatch.setattr(yaml, "safe_load", yaml.safe_load)  # to be restored
    read_yaml_in_c()
    assert yaml.safe_load(text) == slow
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        yaml.safe_load("!!python/object/apply:os.system [ls]")
