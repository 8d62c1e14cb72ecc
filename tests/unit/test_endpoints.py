from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.settings import Settings, load_settings
from gateway_kit.stack.services.credentials import Credentials, resolve
from gateway_kit.stack.services.endpoints import resolve_endpoints, same_address, without_password
from gateway_kit.stack.services.gateway import pooled, redis_env
from gateway_kit.stack.services.postgres import psycopg_url


@pytest.fixture
def keys() -> Credentials:
    return resolve({"REDIS_PASSWORD": "redispass", "POSTGRES_PASSWORD": "pgpass"}, {})


def settings(**env: str) -> Settings:
    return load_settings({"GATEWAY_HOME": "/nowhere", **env}, port_offset=200)


def test_without_urls_every_service_is_the_kits_own(keys: Credentials):
    endpoints = resolve_endpoints(settings(), keys)
    assert endpoints.external == frozenset()
    assert endpoints.gateway_url == "http://127.0.0.1:4200"
    assert endpoints.redis_url == "redis://:redispass@127.0.0.1:6579/0"
    assert endpoints.database_url == "postgresql://gateway:pgpass@127.0.0.1:5632/litellm"
    assert endpoints.providers_url == "http://127.0.0.1:4210"
    assert endpoints.chat_model_url == "http://127.0.0.1:8290/v1"
    assert endpoints.embeddings_url == "http://127.0.0.1:8291/v1"
    assert endpoints.langfuse_host == "http://127.0.0.1:3201"


def test_without_tracing_an_external_langfuse_is_not_used(keys: Credentials):
    for given in ({}, {"LANGFUSE_HOST": "http://127.0.0.1:3201"}, {"LANGFUSE_HOST": "https://l.example.com"}):
        endpoints = resolve_endpoints(settings(**given), keys, tracing=False)
        assert endpoints.langfuse_host == ""
        assert endpoints.external == frozenset()


def test_with_an_external_gateway_only_an_external_langfuse_is_used(keys: Credentials):
    given = {"GATEWAY_URL": "https://gateway.example.com"}
    assert resolve_endpoints(settings(**given), keys).langfuse_host == ""
    given["LANGFUSE_HOST"] = "https://l.example.com"
    assert resolve_endpoints(settings(**given), keys).langfuse_host == "https://l.example.com"


def test_the_kits_own_addresses_in_the_environment_are_not_external(keys: Credentials):
    own = resolve_endpoints(settings(), keys)
    exported = settings(
        GATEWAY_URL=own.gateway_url.replace("127.0.0.1", "localhost") + "/",
        REDIS_URL=own.redis_url,
        DATABASE_URL=own.database_url,
        PROVIDERS_URL=own.providers_url,
        CHAT_MODEL_URL=own.chat_model_url,
        EMBEDDINGS_URL=own.embeddings_url,
        LANGFUSE_HOST=own.langfuse_host,
    )
    again = resolve_endpoints(exported, keys)
    assert again.external == frozenset()
    assert again.gateway_url == own.gateway_url


@pytest.mark.parametrize(
    ("name", "url", "service"),
    [
        ("GATEWAY_URL", "https://gateway.example.com", "gateway"),
        ("GATEWAY_URL", "http://127.0.0.1:4000", "gateway"),
        ("REDIS_URL", "redis://127.0.0.1:6579/1", "redis"),
        ("DATABASE_URL", "postgresql://me@db.example.com:5632/litellm", "postgres"),
        ("LANGFUSE_HOST", "http://127.0.0.1:3001", "tracing"),
        ("CHAT_MODEL_URL", "http://127.0.0.1:8090/v1", "chat-model"),
        ("EMBEDDINGS_URL", "https://models.example.com/v1", "embeddings"),
    ],
)
def test_any_other_address_is_external(keys: Credentials, name: str, url: str, service: str):
    endpoints = resolve_endpoints(settings(**{name: url}), keys)
    assert endpoints.external == {service}
    shown = {
        "gateway": endpoints.gateway_url, "redis": endpoints.redis_url,
        "postgres": endpoints.database_url, "tracing": endpoints.langfuse_host,
        "chat-model": endpoints.chat_model_url, "embeddings": endpoints.embeddings_url,
    }  # fmt: skip
    assert shown[service] == url


def test_a_kits_address_that_another_process_holds_is_external(keys: Credentials):
    url = "redis://127.0.0.1:6579/0"
    endpoints = resolve_endpoints(
        settings(REDIS_URL=url), keys, is_external=lambda service: service == "redis"
    )
    assert endpoints.external == {"redis"}
    assert endpoints.redis_url == url


def test_repr_and_displayed_urls_contain_no_password(keys: Credentials):
    endpoints = resolve_endpoints(settings(), keys)
    assert "pass" not in repr(endpoints)
    assert without_password(endpoints.database_url) == "postgresql://127.0.0.1:5632/litellm"
    assert without_password("redis://:a@b@host:1/0") == "redis://host:1/0"


def test_addresses_are_compared_by_host_port_and_path():
    assert same_address("http://localhost:1/", "http://127.0.0.1:1")
    assert not same_address("http://localhost:1", "http://localhost:2")
    assert not same_address("redis://h:1/0", "redis://h:1/1")
    assert not same_address("http://h:1", "")


def test_only_prisma_gets_prismas_url_parameters():
    url = "postgresql://me:p%40ss@h:5/db?schema=public&connection_limit=3&sslmode=disable"
    assert psycopg_url(url) == "postgresql://me:p%40ss@h:5/db?sslmode=disable"
    assert pooled("postgresql://h/db") == "postgresql://h/db?connection_limit=10&pool_timeout=60"
    assert "connection_limit=3" in pooled(url)
    assert "connection_limit=10" not in pooled(url)


def test_a_redis_url_as_litellms_variables():
    assert redis_env("redis://:pw@cache:7/0") == {
        "REDIS_URL": "redis://:pw@cache:7/0", "REDIS_HOST": "cache", "REDIS_PORT": "7", "REDIS_PASSWORD": "pw",
    }  # fmt: skip
    assert redis_env("redis://cache")["REDIS_PORT"] == "6379"


def test_the_state_folder_is_not_created_or_changed(keys: Credentials):
    resolve_endpoints(settings(), keys)
    assert not Path("/nowhere").exists()
