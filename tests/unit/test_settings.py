from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import SettingsError
from gateway_kit.settings import BASE_PORTS, MAX_PORT_OFFSET, load_settings, patience


def test_an_empty_environment_gives_the_default_folder_and_ports():
    settings = load_settings({})
    assert settings.home == Path(__file__).resolve().parents[2] / ".gateway"
    assert settings.port("gateway") == 4000
    assert settings.port("lab") == 8888
    assert settings.external_urls == {}


def test_the_offset_moves_every_port_and_is_limited():
    settings = load_settings({}, port_offset=100)
    assert {name: settings.port(name) - 100 for name in BASE_PORTS} == dict(BASE_PORTS)
    assert max(load_settings({}, port_offset=MAX_PORT_OFFSET).port(n) for n in BASE_PORTS) == 65535


@pytest.mark.parametrize("offset", [-1, MAX_PORT_OFFSET + 1])
def test_an_impossible_offset_is_rejected_with_the_limits(offset: int):
    with pytest.raises(
        SettingsError, match=f"--port-offset='{offset}': must lie between 0 and {MAX_PORT_OFFSET}"
    ):
        load_settings({}, port_offset=offset)


def test_the_state_folder_is_absolute_whatever_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings({"GATEWAY_HOME": "here"}).home == tmp_path / "here"
    assert load_settings({"GATEWAY_HOME": "~/there"}).home == Path.home() / "there"
    assert load_settings({"GATEWAY_HOME": ""}).home == load_settings({}).home


def test_logs_keep_their_documented_names(tmp_path: Path):
    settings = load_settings({"GATEWAY_HOME": str(tmp_path)})
    assert settings.log_path("gateway") == tmp_path / "logs" / "llm-gateway.log"
    assert settings.log_path("redis") == tmp_path / "logs" / "redis.log"


def test_each_url_variable_names_an_external_service():
    env = {
        "GATEWAY_URL": "https://gateway.example.com/",
        "REDIS_URL": "rediss://:secret@cache.example.com:6380/1",
        "DATABASE_URL": "postgresql://me:secret@db.example.com/litellm",
        "LANGFUSE_HOST": " http://localhost:3000 ",
        "PROVIDERS_URL": "",
        "EMBEDDINGS_URL": "http://models.example.com/v1/",
    }
    settings = load_settings(env)
    assert settings.external_urls == {
        "gateway": "https://gateway.example.com",
        "redis": "rediss://:secret@cache.example.com:6380/1",
        "postgres": "postgresql://me:secret@db.example.com/litellm",
        "tracing": "http://localhost:3000",
        "embeddings": "http://models.example.com/v1",
    }
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_URL", "localhost:4000"),
        ("GATEWAY_URL", "redis://localhost:4000"),
        ("REDIS_URL", "redis://:hidden-password@"),
        ("DATABASE_URL", "mysql://me:hidden-password@db/litellm"),
        ("DATABASE_URL", "postgresql://me:hidden-password@db:port/litellm"),
        ("PROVIDERS_URL", "http://[::1"),
    ],
)
def test_an_invalid_url_is_rejected_by_its_variables_name_without_the_password(name: str, value: str):
    with pytest.raises(SettingsError, match=name) as raised:
        load_settings({name: value})
    assert "hidden-password" not in str(raised.value)


def test_patience_is_once_as_long_unless_a_variable_says_otherwise():
    assert patience({}) == 1
    assert patience({"GATEWAY_PATIENCE": ""}) == 1
    assert patience({"GATEWAY_PATIENCE": " 2.5 "}) == 2.5


@pytest.mark.parametrize("value", ["0.5", "-3", "101", "nan", "inf", "long"])
def test_an_impossible_patience_is_refused_before_anything_else(value: str):
    with pytest.raises(SettingsError, match=f"GATEWAY_PATIENCE='{value}': must be a number from 1 to 100"):
        load_settings({"GATEWAY_PATIENCE": value})
