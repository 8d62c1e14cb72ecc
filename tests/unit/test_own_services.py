"""The services that the kit runs itself, as they are described before any of them is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.settings import load_settings
from gateway_kit.stack.exporting.production_config import ENVIRONMENT
from gateway_kit.stack.options import Options, with_options
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.effective_config import build_effective_config
from gateway_kit.stack.services.endpoints import resolve_endpoints
from gateway_kit.stack.services.own_services import own_services
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.stack.supervisor.record import StackRecord, read_record, write_record

ELSEWHERE = {"DATABASE_URL": "postgresql://me:hidden@db.example.com/litellm"}


@pytest.mark.parametrize(
    ("environ", "record", "seldom"),
    [
        # The second gateway learns from the database what the first one was told. The first one is not started anew
        # because a second one comes.
        ({}, StackRecord(semantic=True), {"gateway"}),
        ({}, StackRecord(semantic=True, workers=2), set()),
        (ELSEWHERE, StackRecord(semantic=True), set()),
    ],
)
def test_only_a_gateway_whose_configuration_nobody_else_changes_reads_it_seldom(
    tmp_path: Path, environ: dict[str, str], record: StackRecord, seldom: set[str]
) -> None:
    services = described(record, {"GATEWAY_HOME": str(tmp_path), **environ})
    assert "semantic" in services
    assert {
        name for name in services if "PROXY_CONFIG_RELOAD_INTERVAL_SECONDS" in services[name].env
    } == seldom


def test_a_programs_own_stack_leaves_services_out_and_has_a_simulator_that_obeys_plans(
    tmp_path: Path,
) -> None:
    environ = {"GATEWAY_HOME": str(tmp_path)}
    options = Options(tracing="off", without=("chat-model", "embeddings"), rehearsal=True)
    record = with_options(StackRecord(), options)
    services = described(record, environ)
    assert set(services) == {"postgres", "redis", "providers", "gateway"}
    usual = described(StackRecord(), environ)["providers"]
    assert services["providers"].identity != usual.identity
    # The next `up`, such as that of a service that was stopped, keeps both.
    write_record(tmp_path, record)
    assert with_options(read_record(tmp_path), Options()) == record


# Seconds until a Redis that was gone is asked again, and that a call's spend and trace may take.
PATIENCE = {"REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT": "5", "LOGGING_WORKER_MAX_TIME_PER_COROUTINE": "120"}


@pytest.mark.parametrize("variable", PATIENCE)
def test_every_gateway_has_the_kits_patience_if_nobody_wants_otherwise(tmp_path: Path, variable: str) -> None:
    for environ, seconds in ({}, PATIENCE[variable]), ({variable: "60"}, "60"):
        services = described(StackRecord(semantic=True), {"GATEWAY_HOME": str(tmp_path), **environ})
        assert {services[name].env[variable] for name in ("gateway", "semantic")} == {seconds}


def test_exported_gateways_have_it_too() -> None:
    assert ENVIRONMENT.items() >= PATIENCE.items()


def described(record: StackRecord, environ: dict[str, str]) -> dict[str, Service]:
    """The services of a stack with this record."""
    settings, keys = load_settings(environ), resolve({}, {})
    endpoints = resolve_endpoints(settings, keys, tracing=record.tracing != "off")
    config = build_effective_config(settings, endpoints, environ, None)
    return own_services(settings, keys, endpoints, config, record, environ)
