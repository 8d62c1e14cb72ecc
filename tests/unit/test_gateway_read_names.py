"""Which environment variables some code reads."""

from __future__ import annotations

import os
import urllib.request

import pytest

from gateway_kit.stack.servers.gateway.read_names import looked_for, reading


def test_what_is_asked_by_name_is_noted_with_its_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KIT_SET", "yes")
    with reading() as read:
        os.getenv("KIT_SET")
        os.environ.get("KIT_MISSING", "default")
        assert "KIT_ASKED_FOR" not in os.environ
    assert {"KIT_SET": "yes", "KIT_MISSING": None, "KIT_ASKED_FOR": None}.items() <= read.items()
    os.getenv("KIT_AFTERWARDS")
    assert "KIT_AFTERWARDS" not in read


def test_going_through_all_of_them_counts_for_what_such_code_looks_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KIT_SET", "yes")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with reading() as read:
        urllib.request.getproxies_environment()
        dict(os.environ.items())
        os.environ.copy()
    assert "KIT_SET" not in read
    assert read["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert "no_proxy" in read
    assert looked_for("FASTMCP_LOG_LEVEL")
    assert not looked_for("KIT_SET")
