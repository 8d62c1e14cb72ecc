"""The cache explorer without a kernel: what it shows, what it asks before it deletes, and that it ends cleanly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets
import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import ENTRIES
from gateway_kit.errors import CacheError, CacheUnreachableError
from gateway_kit.gateway import Call, CallRecord
from gateway_kit.widgets import CacheExplorer
from gateway_kit.widgets.cache_table import Snapshot, last_calls_html

PATIENCE_S = 20.0
HOSTILE = '<img src=x onerror="alert(1)">'


class Shelf(Cache):
    """A cache that is a list; `reads` counts how often it was looked at, `broken` is what it raises."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        super().__init__("redis://127.0.0.1:1/0")
        self.rows = [entry(number, **row) for number, row in enumerate(rows)]
        self.reads = 0
        self.broken: Exception | None = None

    def entries(self, calls: pd.DataFrame | None = None) -> pd.DataFrame:
        self.reads += 1
        if self.broken:
            raise self.broken
        return pd.DataFrame(self.rows, columns=ENTRIES.columns).astype(ENTRIES.dtypes)

    def delete(self, keys: str | Iterable[str]) -> int:
        return self._without(lambda row: row["key"] == keys)

    def delete_namespace(self, namespace: str) -> int:
        return self._without(lambda row: row["namespace"] == namespace)

    def _without(self, goes: Callable[[dict[str, Any]], bool]) -> int:
        if self.broken:
            raise self.broken
        before = len(self.rows)
        self.rows = [row for row in self.rows if not goes(row)]
        return before - len(self.rows)


def entry(number: int, **more: Any) -> dict[str, Any]:
    stored = datetime.now(UTC) - timedelta(seconds=10 * number)
    usual = {"kind": "answer", "namespace": "", "model": "gpt-4o-mini", "ttl_left_s": 50.0, "size_bytes": 900}
    return {"key": f"{number:064x}", "stored": stored, "answer": "Paris.", "hits": 0, **usual, **more}


def record(*hits: bool) -> CallRecord:
    calls = CallRecord()
    for number, hit in enumerate(hits):
        began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        saved = {"saved_usd": 0.001} if hit else {}
        calls.add(Call(began, "chat", model="m", latency_s=1.0, status=200, cache_hit=hit, **saved))
    return calls


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def own_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gateway-kit")]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = set(_instances)
    yield
    assert set(_instances) == before, "widgets, layouts or styles are left"
    assert own_threads() == []


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(
        {"namespace": "team-a", "answer": "A token is a piece of a word.", "hits": 3},
        {"namespace": "team-a", "answer": "Redis keeps data in memory.", "ttl_left_s": 400.0},
        {"namespace": "team-b", "answer": HOSTILE, "model": HOSTILE, "size_bytes": 12_345},
        {"kind": "embedding", "answer": None, "model": None, "ttl_left_s": None},
    )


@pytest.fixture
def explorer(shelf: Shelf) -> Iterator[CacheExplorer]:
    with CacheExplorer(shelf, record(False, True, True, False)) as made:
        yield made


def parts(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def part(explorer: CacheExplorer, css_class: str) -> Any:
    (found,) = [p for p in parts(explorer.widget) if css_class in p._dom_classes]
    return found


def press(explorer: CacheExplorer, css_class: str) -> None:
    part(explorer, css_class).click()
    explorer.wait()


def test_entries_are_a_table_with_escaped_text(explorer: CacheExplorer) -> None:
    for html in (explorer._repr_html_(), part(explorer, "gk-entries").value):
        assert "<img" not in html
        assert html.count("&lt;img src=x onerror=") == 2  # the model and the answer
        cells = [cell.split("<")[0] for cell in html.split('top">')]
        assert cells[-28:-21] == [
            "team-a",
            "gpt-4o-mini",
            "0\u00a0s",
            "50\u00a0s",
            "900\u00a0B",
            "3",
            "A token is a piece of a word.",
        ]
        assert cells[-21:-14][2:5] == ["10\u00a0s", "7\u00a0min", "900\u00a0B"]
        assert cells[-14:-7][4] == "12.3\u00a0kB"
        assert cells[-7:] == ["(none)", "", "30\u00a0s", "never expires", "900\u00a0B", "0", "(an embedding)"]


def test_the_status_line_counts_entries_and_hits(explorer: CacheExplorer) -> None:
    said = "4 entries in 3 namespaces, 15.0\u00a0kB. Of 4 calls the cache answered 2, 50%, and saved 0.002000 USD."
    assert explorer.model.status == said
    assert repr(explorer) == f"CacheExplorer: {said}"
    assert said in part(explorer, "gk-status-line").value
    assert said in explorer._repr_html_()


def test_a_circle_per_call_in_their_order() -> None:
    html = last_calls_html(record(False, True, True, False).frame())
    assert ">○●●○<" in html
    assert "The last 4 calls: 2 from the cache (●), 2 from the provider (○)" in html
    assert last_calls_html(record().frame()) == last_calls_html(None) == ""


def test_without_calls_or_a_record_it_says_so(shelf: Shelf) -> None:
    with CacheExplorer(shelf, record()) as one, CacheExplorer(shelf) as other:
        assert "No call was answered yet." in one.model.status
        assert "without a call record" in other.model.status


def test_choosing_and_searching_do_not_ask_redis(explorer: CacheExplorer, shelf: Shelf) -> None:
    assert part(explorer, "gk-namespace").label == "all namespaces"
    part(explorer, "gk-namespace").value = "team-a"
    assert explorer.model.status.startswith("4 entries in 3 namespaces, 15.0\u00a0kB; 2 match.")
    part(explorer, "gk-search").value = " REDIS keeps "
    assert explorer.model.status.split("; ")[1].startswith("1 matches")
    assert "Redis keeps data" in explorer.model.table
    assert "A token" not in explorer.model.table
    part(explorer, "gk-search").value = "(no such text"
    assert "No entries" in explorer.model.table
    explorer.model.namespace, explorer.model.text = "", ""
    assert "(an embedding)" in explorer.model.table
    assert "Redis keeps" not in explorer.model.table
    assert part(explorer, "gk-namespace").label == "(none) (1)"
    part(explorer, "gk-namespace").label = "all namespaces"
    assert explorer.model.namespace is None
    assert shelf.reads == 1


def test_the_search_finds_namespaces_too(explorer: CacheExplorer) -> None:
    explorer.model.text = "team-b"
    assert [label for label, _ in part(explorer, "gk-selected").options] == [f"{HOSTILE} (team-b, 000002)"]


def test_long_lists_and_long_answers_are_cut() -> None:
    many = Shelf(*({"answer": f"{number} {'x' * 90}\nsecond line"} for number in range(30)))
    with CacheExplorer(many, rows=5) as explorer:
        assert explorer.model.table.count("<tr>") == 1 + 5
        assert "… and 25 more" in explorer.model.table
        assert "second line" not in explorer.model.table
        assert len(part(explorer, "gk-selected").options) == 5


def test_a_choice_survives_a_refresh_with_other_entries(explorer: CacheExplorer, shelf: Shelf) -> None:
    part(explorer, "gk-namespace").value = "team-b"
    part(explorer, "gk-selected").value = shelf.rows[2]["key"]
    shelf.rows.insert(0, entry(8, namespace="team-b", answer="newer"))
    shelf.rows.insert(0, entry(9, namespace="another"))
    press(explorer, "gk-refresh")
    assert part(explorer, "gk-namespace").value == explorer.model.namespace == "team-b"
    assert part(explorer, "gk-selected").value == explorer.model.selected == shelf.rows[4]["key"]
    shelf.rows = []
    press(explorer, "gk-refresh")
    assert part(explorer, "gk-namespace").label == "team-b (0)"
    assert explorer.model.selected is part(explorer, "gk-selected").value is None


def test_newer_entries_do_not_deselect_the_selected_one(shelf: Shelf) -> None:
    with CacheExplorer(shelf, rows=2) as explorer:
        explorer.model.selected = shelf.rows[1]["key"]
        explorer.ask_to_delete_entry()
        question = explorer.model.question
        shelf.rows[:0] = [entry(7), entry(8), entry(9)]
        explorer.refresh()
        assert explorer.model.question == question
        explorer.confirm()
        assert "Redis keeps data in memory." not in [row["answer"] for row in shelf.rows]


def test_a_deletion_from_a_semantic_cache_is_immediate(shelf: Shelf) -> None:
    shelf.deletes_at_once = True
    with CacheExplorer(shelf) as explorer:
        explorer.delete(shelf.rows[0]["key"])
        assert explorer.model.status.startswith("Deleted 1 entry. 3 entries")


def test_an_entry_is_deleted_only_after_confirmation(explorer: CacheExplorer, shelf: Shelf) -> None:
    sure = part(explorer, "gk-question")
    row = next(p for p in parts(explorer.widget) if sure in getattr(p, "children", ()))
    assert row.layout.display == "none"
    part(explorer, "gk-selected").value = shelf.rows[1]["key"]
    press(explorer, "gk-delete-entry")
    assert len(shelf.rows) == 4
    assert row.layout.display == "flex"
    assert "Delete the entry Redis keeps data in memory. (team-a, 000001)?" in sure.value
    press(explorer, "gk-keep")
    assert row.layout.display == "none"
    press(explorer, "gk-confirm")
    assert len(shelf.rows) == 4, "nothing was asked, so nothing is confirmed"
    press(explorer, "gk-delete-entry")
    press(explorer, "gk-confirm")
    assert [row["answer"] for row in shelf.rows] == ["A token is a piece of a word.", HOSTILE, None]
    assert explorer.model.status.startswith("Deleted 1 entry. The worker that stored")
    assert "3 entries" in explorer.model.status
    assert "Redis keeps" not in explorer.model.table


def test_a_namespace_is_deleted_only_if_one_is_chosen(explorer: CacheExplorer, shelf: Shelf) -> None:
    press(explorer, "gk-delete-namespace")
    assert explorer.model.pending == ()
    assert explorer.model.status.startswith("Choose a namespace first.")
    explorer.model.namespace = "team-a"
    press(explorer, "gk-delete-namespace")
    assert explorer.model.question == "Delete 2 entries of the namespace team-a?"
    press(explorer, "gk-confirm")
    assert [row["namespace"] for row in shelf.rows] == ["team-b", ""]


@pytest.mark.parametrize(
    ("name", "value"), [("namespace", "team-b"), ("text", "redis"), ("selected", f"{1:064x}")]
)
def test_choosing_something_else_cancels_the_question(explorer: CacheExplorer, name: str, value: str) -> None:
    explorer.ask_to_delete_entry()
    assert explorer.model.question
    setattr(explorer.model, name, value)
    assert (explorer.model.pending, explorer.model.question) == ((), "")


def test_the_question_goes_when_its_entry_expires(explorer: CacheExplorer, shelf: Shelf) -> None:
    explorer.ask_to_delete_entry()
    del shelf.rows[0]
    explorer.refresh()
    assert (explorer.model.pending, explorer.model.question) == ((), "")
    explorer.confirm()
    assert len(shelf.rows) == 3


def test_without_entries_there_is_nothing_to_delete() -> None:
    with CacheExplorer(Shelf()) as explorer:
        press(explorer, "gk-delete-entry")
        assert explorer.model.status.startswith("There is no entry to delete. 0 entries")


def test_a_deletion_from_code_is_immediate_and_raises_errors(explorer: CacheExplorer, shelf: Shelf) -> None:
    assert explorer.delete(shelf.rows[0]["key"]) == 1
    assert explorer.delete_namespace("team-a") == 1
    assert explorer.delete_namespace("team-a") == 0
    assert explorer.model.status.startswith("There was nothing to delete.")
    shelf.broken = CacheError("Redis refused.")
    with pytest.raises(CacheError, match="refused"):
        explorer.delete_namespace("team-b")
    assert explorer.model.error == "Redis refused."
    assert "Deleting" not in explorer.model.status


def test_a_deletion_that_fails_says_so_and_keeps_the_rest(explorer: CacheExplorer, shelf: Shelf) -> None:
    explorer.ask_to_delete_entry()
    shelf.broken = CacheError(f"Redis refused {HOSTILE}")
    press(explorer, "gk-confirm")
    line = part(explorer, "gk-status-line").value
    assert "Redis refused &lt;img" in line
    assert 'role="alert"' in line
    assert len(shelf.rows) == 4


def test_without_redis_the_error_is_shown_until_it_is_back(explorer: CacheExplorer, shelf: Shelf) -> None:
    shelf.broken = CacheUnreachableError("No Redis answers. Start it with: gateway-kit up")
    press(explorer, "gk-refresh")
    assert explorer.model.error == str(shelf.broken)
    for html in (part(explorer, "gk-status-line").value, explorer._repr_html_()):
        assert "gateway-kit up" in html
    assert "A token" in explorer.model.table, "what was read before stays"
    shelf.broken = ZeroDivisionError("nobody thought of this")
    explorer.refresh()
    assert explorer.model.error == "ZeroDivisionError: nobody thought of this"
    shelf.broken = None
    press(explorer, "gk-refresh")
    assert explorer.model.error == ""
    assert "gateway-kit up" not in part(explorer, "gk-status-line").value


def test_it_can_be_created_while_redis_is_down() -> None:
    with CacheExplorer(Cache("redis://127.0.0.1:1/0"), record(True)) as explorer:
        assert "No Redis answers at redis://127.0.0.1:1/0" in explorer.model.error
        assert explorer.model.status == "The cache was not read yet."
        assert "gateway-kit up" in explorer._repr_html_()


def test_it_refreshes_itself_until_it_is_paused(explorer: CacheExplorer, shelf: Shelf) -> None:
    explorer.model.interval_s = 0.5
    live = part(explorer, "gk-live")
    assert live.description == "Live"
    press(explorer, "gk-live")
    assert live.description == "Pause"
    shelf.rows.append(entry(7, answer="It came later."))
    until(lambda: "It came later." in part(explorer, "gk-entries").value)
    shelf.broken = CacheUnreachableError("No Redis answers.")
    until(lambda: explorer.model.error == "No Redis answers.")
    shelf.broken = None
    until(lambda: explorer.model.error == "")
    press(explorer, "gk-live")
    assert (live.description, explorer.model.live) == ("Live", False)
    assert own_threads() == ["gateway-kit CacheExplorer jobs"]
    reads = shelf.reads
    explorer.start()
    explorer.start()
    assert own_threads().count("gateway-kit CacheExplorer live") == 1
    until(lambda: shelf.reads > reads)


def test_a_new_interval_counts_at_once(explorer: CacheExplorer, shelf: Shelf) -> None:
    explorer.model.interval_s = 3600
    explorer.start()
    until(lambda: shelf.reads == 2)
    explorer.model.interval_s = 0.5
    until(lambda: shelf.reads > 2)


def test_closing_ends_thread_and_view_and_keeps_the_last_table(shelf: Shelf) -> None:
    explorer = CacheExplorer(shelf, record(True))
    root = explorer.widget
    explorer.start()
    explorer.close()
    explorer.close()
    assert own_threads() == []
    assert root.comm is None
    assert set(explorer._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert "A token" in explorer._repr_html_()
    explorer.start()
    assert own_threads() == []


def test_every_control_has_a_label_and_a_tooltip(explorer: CacheExplorer) -> None:
    controls = [p for p in parts(explorer.widget) if hasattr(p, "disabled")]
    assert len(controls) == 10
    assert all(control.description and control.tooltip for control in controls)


def test_a_snapshot_without_a_reading_is_empty() -> None:
    assert Snapshot().entries.empty
    assert dict(Snapshot().entries.dtypes.astype(str)) == ENTRIES.dtypes
