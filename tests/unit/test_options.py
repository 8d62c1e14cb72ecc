"""The options of `up`: what a stack keeps, and what is refused before anything starts."""

from __future__ import annotations

import os

import pytest

from gateway_kit.common.processes import birth
from gateway_kit.errors import SettingsError
from gateway_kit.stack.options import Options, options_of, with_options
from gateway_kit.stack.replicas import MAX_REPLICAS
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord

RUNNING = ServiceRecord(ProcessRecord(os.getpid(), birth(os.getpid())), 4000, "", "", "")


def test_a_stack_keeps_the_number_of_replicas_until_another_is_given():
    three = with_options(StackRecord(), Options(replicas=3))
    assert three.replicas == 3
    assert with_options(three, Options(workers=2)).replicas == 3
    assert with_options(three, Options(replicas=1)).replicas == 1


@pytest.mark.parametrize("replicas", [0, -1, MAX_REPLICAS + 1, 99])
def test_impossible_numbers_of_replicas_are_refused(replicas: int):
    with pytest.raises(SettingsError, match=f"--replicas='{replicas}': must be between 1 and {MAX_REPLICAS}"):
        with_options(StackRecord(), Options(replicas=replicas))


def test_replicas_whose_workers_would_use_up_the_database_are_refused_whatever_was_given_last():
    with_options(StackRecord(), Options(replicas=5, workers=2))
    with pytest.raises(SettingsError, match=r"would hold 120 connections to PostgreSQL.*at most 5 replicas"):
        with_options(StackRecord(), Options(replicas=6, workers=2))
    with pytest.raises(SettingsError, match="at most 3 replicas"):
        with_options(StackRecord(replicas=4), Options(workers=3))
    assert with_options(StackRecord(), Options(workers=64)).workers == 64, (
        "one gateway has what it always had"
    )


def test_what_starts_a_stack_again_is_all_that_up_was_given():
    record = StackRecord(
        port_offset=100,
        workers=2,
        replicas=3,
        tracing="off",
        config="/a.yaml",
        semantic=True,
        answers="/b.jsonl",
    )
    assert with_options(StackRecord(), options_of(record)) == record
    stopped = record.with_service("redis", RUNNING)
    assert with_options(stopped, options_of(stopped)) == stopped
