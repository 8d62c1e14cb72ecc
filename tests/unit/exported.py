"""A stopped stack with a configuration in force, for tests of what is exported from it."""

from __future__ import annotations

from pathlib import Path

from gateway_kit.stack.services.credentials import resolve, save
from gateway_kit.stack.services.effective_config import build_effective_config
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor.record import StackRecord, write_record

# Ports that nobody uses: no service is asked.
OFFSET = 56_000


def stack_with(
    home: Path, config: str | None = None, environ: dict[str, str] | None = None, **record: object
) -> Stack:
    """A stack as after `up --config FILE` and `down`: its record, credentials and configuration in force."""
    env = {"GATEWAY_HOME": str(home), **(environ or {})}
    home.mkdir(parents=True, exist_ok=True)
    file = None
    if config is not None:
        path = home.parent / "mine" / "config.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(config)
        file = str(path)
    write_record(home, StackRecord(port_offset=OFFSET, config=file, **record))  # type: ignore[arg-type]
    save(home, resolve(env, {}))
    stack = Stack(env)
    (home / "config").mkdir()
    build_effective_config(stack.settings(), stack.endpoints(), env, file).publish()
    return stack
