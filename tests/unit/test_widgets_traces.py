"""The trace explorer on a trace store that is a list, and a trace as line, table, tree and timeline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit.errors import TraceMissingError, TracingUnreachableError
from gateway_kit.tracing.client import Tracing
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.observations import OBSERVATIONS
from gateway_kit.tracing.queries import Queries
from gateway_kit.tracing.traces import traces_frame
from gateway_kit.tracing.tree import TraceTree
from gateway_kit.widgets import TraceExplorer
from gateway_kit.widgets.trace_view import (
    MOST_OBSERVATIONS,
    timeline_figure,
    trace_line,
    traces_html,
    tree_html,
)
from tests.unit.widget_parts import Tags, find

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = '</pre></details><img src=x onerror="alert(1)"><script>alert(2)</script>'


def observation(trace_id: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(OBSERVATIONS.dtypes),
        "trace_id": trace_id, "observation_id": f"{trace_id}-{number}", "type": "SPAN", "name": f"step {number}",
        "started": BEGIN + timedelta(seconds=number), "latency_s": 0.5, "level": "DEFAULT", "tags": [], "metadata": {},
        **more,
    }  # fmt: skip


class Store(Queries):
    """A trace store that is a list; `asked` is what it was asked, `broken` what it raises."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.url = "http://127.0.0.1:9"
        self.tracing = Tracing(TraceConnection(self.url, "pk", "sk"), queries=self)
        self.rows = list(rows)
        self.asked: list[dict[str, Any]] = []
        self.threads: set[str] = set()
        self.broken: Exception | None = None

    def _found(self, **wanted: Any) -> list[dict[str, Any]]:
        self.threads.add(threading.current_thread().name)
        if self.broken:
            raise self.broken
        return [r for r in self.rows if all(v is None or r.get(k) == v for k, v in wanted.items())]

    def traces(  # type: ignore[override]  # the filters that the explorer uses
        self, *, name: str | None, user: str | None, session: str | None, tag: str | None, level: str | None,
        since: datetime | None, limit: int,
    ) -> pd.DataFrame:  # fmt: skip
        self.asked.append({"name": name, "user": user, "session": session, "tag": tag, "level": level,
                           "since": since, "limit": limit})  # fmt: skip
        found = self._found(name=name, user=user, session=session, level=level)
        ids = {r["trace_id"] for r in found if tag is None or tag in r["tags"]}
        rows = [r for r in self.rows if r["trace_id"] in ids]
        return traces_frame(OBSERVATIONS.frame(rows)).head(limit)

    def trace_tree(self, trace_id: str) -> TraceTree:
        found = self._found(trace_id=trace_id)
        if not found:
            raise TraceMissingError(f"There is no trace {trace_id}")
        self.asked.append({"trace_id": trace_id})
        return TraceTree(trace_id, OBSERVATIONS.frame(found))

    def trace_url(self, trace_id: str) -> str:
        return f"{self.url}/project/kit/traces/{trace_id}"


ROWS = (
    observation("old", 1, name="desk", user="ann", session="s1", tags=["lesson"], cost_usd=0.25),
    observation("old", 2, name="draft", type="GENERATION", parent_id="old-1", model="m", input={"q": HOSTILE},
                output="x" * 3000, total_tokens=7, cost_usd=0.5, cache_hit=True),
    observation("new", 60, name="desk", user="ben", level="ERROR", status_message=HOSTILE),
)  # fmt: skip


@pytest.fixture
def store() -> Store:
    return Store(*ROWS)


@pytest.fixture
def explorer(store: Store) -> Iterator[TraceExplorer]:
    before = set(_instances)
    with TraceExplorer(store.tracing) as made:
        yield made
    assert set(_instances) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("gateway-kit")]


def test_a_search_finds_lists_and_opens_the_newest(explorer: TraceExplorer, store: Store) -> None:
    found = explorer.search(window_min=0)
    assert [row["trace_id"] for row in found] == ["new", "old"]
    assert explorer.model.tree is not None
    assert explorer.model.trace_id == explorer.model.tree.trace_id == "new"
    assert explorer.model.status == "2 traces found, newest first."
    assert explorer.model.page_url == "http://127.0.0.1:9/project/kit/traces/new"
    assert explorer.model.png.startswith(b"\x89PNG")
    assert [asked for asked in store.asked if "trace_id" in asked] == [{"trace_id": "new"}], "read once"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"user": "ann"}, ["old"]),
        ({"session": "s1"}, ["old"]),
        ({"tag": "lesson"}, ["old"]),
        ({"level": "ERROR"}, ["new"]),
        ({"name": "draft"}, ["old"]),
        ({"user": "nobody"}, []),
    ],
)
def test_each_filter_is_passed_on(
    explorer: TraceExplorer, store: Store, filters: dict[str, Any], found: list[str]
) -> None:
    assert [row["trace_id"] for row in explorer.search(**filters)] == found
    asked = store.asked[0]
    assert {name: asked[name] for name in filters} == filters
    assert all(
        asked[name] is None for name in ("name", "user", "session", "tag", "level") if name not in filters
    )
    ago = datetime.now(UTC) - asked["since"]
    assert timedelta(minutes=59) < ago < timedelta(minutes=61)
    assert (explorer.model.tree is None) == (not found)


def test_an_unknown_filter_raises_an_error(explorer: TraceExplorer) -> None:
    with pytest.raises(
        TypeError, match=r"There is no filter colour\. Filters: name, user, session, tag, level"
    ):
        explorer.search(colour="red")


def test_fields_and_button_do_the_same_in_the_panels_thread(explorer: TraceExplorer, store: Store) -> None:
    root = explorer.widget
    find(root, "gk-filter-user").value = "ann"
    find(root, "gk-filter-window").value = 0
    find(root, "gk-search").click()
    explorer.wait()
    assert store.asked[0]["user"] == "ann"
    assert store.asked[0]["since"] is None
    assert store.threads == {"gateway-kit TraceExplorer jobs"}
    assert find(root, "gk-trace-list").value == "old"
    assert "draft" in Tags(find(root, "gk-tree").value).words


def test_choosing_a_trace_opens_it(explorer: TraceExplorer, store: Store) -> None:
    root = explorer.widget
    explorer.search(window_min=0)
    chosen = find(root, "gk-trace-list")
    assert [value for _, value in chosen.options] == ["new", "old"]
    assert chosen.value == "new"
    chosen.value = "old"
    explorer.wait()
    assert explorer.model.tree is not None
    assert explorer.model.tree.trace_id == "old"
    asked = len(store.asked)
    explorer.open("old")
    assert len(store.asked) == asked, "it is open already"
    explorer.search(user="nobody")
    assert (chosen.options, chosen.value, explorer.model.tree, explorer.model.png) == ((), None, None, b"")


def test_an_error_of_the_store_is_shown_and_the_list_stays(explorer: TraceExplorer, store: Store) -> None:
    root = explorer.widget
    explorer.search(window_min=0)
    store.broken = TracingUnreachableError("No trace store answers.")
    find(root, "gk-search").click()
    explorer.wait()
    assert explorer.model.error == "No trace store answers."
    assert "No trace store answers." in Tags(find(root, "gk-status-line").value).words
    assert len(explorer.model.rows) == 2
    with pytest.raises(TracingUnreachableError):
        explorer.search()
    store.broken = None
    explorer.search()
    assert explorer.model.error == ""


def test_a_missing_trace_is_reported(explorer: TraceExplorer) -> None:
    with pytest.raises(TraceMissingError):
        explorer.open("gone")
    assert explorer.model.error == "There is no trace gone"


def test_a_page_without_widgets_has_list_tree_timeline_and_link(explorer: TraceExplorer) -> None:
    explorer.search(window_min=0)
    explorer.open("old")
    page = Tags(explorer._repr_html_())
    assert [row[1] for row in page.rows] == ["name", "desk", "desk"]
    assert page.attributes("a")[0]["href"] == "http://127.0.0.1:9/project/kit/traces/old"
    assert page.attributes("img")[0]["alt"] == explorer.model.alt
    assert [len(page.attributes("details")), page.names() & {"script"}] == [2, set()]


def tree(*rows: dict[str, Any]) -> TraceTree:
    return TraceTree("t", OBSERVATIONS.frame(rows))


def test_a_tree_is_nested_as_the_observations_are_and_escaped() -> None:
    page = Tags(tree_html(TraceTree("old", OBSERVATIONS.frame(ROWS[:2]))))
    assert page.deepest == 2
    assert "script" not in page.names()
    assert not any("onerror" in attrs for _, attrs in page.found)
    assert HOSTILE in page.words.replace('\\"', '"')
    assert (
        "draft [GENERATION] · 1.000 s after the start · took 0.500 s · m · 7 tokens · 0.5000000 USD"
        in page.words
    )
    assert "from the cache" in page.words
    assert "x… (1,000 more characters)" in page.words


def test_a_tree_of_any_shape_is_balanced_html() -> None:
    # Tags() itself asserts that every tag is closed.
    deep = [observation("t", n, parent_id=f"t-{n - 1}" if n else None) for n in range(60)]
    assert Tags(tree_html(tree(*deep))).deepest == 60
    wide = [observation("t", 0), *(observation("t", n, parent_id="t-0") for n in range(1, 5))]
    assert Tags(tree_html(tree(*wide))).deepest == 2
    back = [*deep[:4], observation("t", 70), observation("t", 71, parent_id="t-70")]
    assert len(Tags(tree_html(tree(*back))).attributes("li")) == 6


def test_a_large_trace_is_shown_in_part_and_says_so() -> None:
    many = tree(*(observation("t", n) for n in range(MOST_OBSERVATIONS + 5)))
    page = Tags(tree_html(many, "http://127.0.0.1/t"))
    assert len(page.attributes("li")) == MOST_OBSERVATIONS
    assert "And 5 more observations" in page.words
    _, alt = timeline_figure(many)
    assert f"Of {MOST_OBSERVATIONS + 5} observations these are the first 40." in alt


def test_an_error_shows_its_message_and_missing_values_are_left_out() -> None:
    page = Tags(
        tree_html(tree(observation("t", 0, name=None, latency_s=None, level="ERROR", status_message="boom")))
    )
    assert "(no name) [SPAN] · 0.000 s after the start · ERROR boom" in page.words
    assert page.attributes("details") == []


def test_a_trace_in_a_line_and_in_a_table() -> None:
    rows = traces_frame(OBSERVATIONS.frame(ROWS)).to_dict("records")
    assert trace_line(rows[1]) == (
        "01-02 03:04:06 · desk · ann · 2 observations · 1 from the cache · 1.50 s · 0.750000 USD"
    )
    table = Tags(traces_html(rows))
    assert table.rows[2] == ["2026-01-02 03:04:06", "desk", "ann", "s1", "lesson",
                             "2 observations, 1 from the cache, 1.50 s, 0.750000 USD"]  # fmt: skip
    assert table.rows[1][5] == "1 observation, 1 failed, 0.50 s"


def test_it_can_be_closed_twice(explorer: TraceExplorer) -> None:
    explorer.close()
    explorer.close()
    assert explorer.closed
