"""The reason for a failed gateway start, from its log: the first error of the chain, at its line in the user's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import ServiceError
from gateway_kit.stack.failed_start import NotReplacedError, not_started, reason_in

CHAIN = """\
--- 2026-11-30 01:00:00 gateway starts
INFO:     Started server process [7]
ERROR:    Traceback (most recent call last):
  File "/srv/venv/lib/python3.11/site-packages/litellm/proxy/types_utils/utils.py", line 56, in get_instance_fn
    module = importlib.import_module(module_name)
  File "/home/me/my_hooks.py", line 3, in <module>
    import audit
ModuleNotFoundError: No module named 'audit'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/venv/lib/python3.11/site-packages/starlette/routing.py", line 693, in lifespan
    async with self.lifespan_context(app) as maybe_state:
ImportError: Could not import handler from my_hooks

ERROR:    Application startup failed. Exiting.
"""
EARLIER = """\
ERROR: something else
Traceback (most recent call last):
  File "/srv/venv/lib/python3.11/site-packages/litellm/x.py", line 1, in f
ValueError: of a request, long ago

"""
CRASH = """\
Traceback (most recent call last):
  File "/srv/gateway_kit/stack/servers/gateway.py", line 70, in <module>
    main()
OSError: [Errno 98] Address already in use
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (CHAIN, "my_hooks.py line 3: ModuleNotFoundError: No module named 'audit'"),
        (EARLIER + CHAIN, "my_hooks.py line 3: ModuleNotFoundError: No module named 'audit'"),
        (CHAIN + EARLIER, "my_hooks.py line 3: ModuleNotFoundError: No module named 'audit'"),
        (CRASH, "OSError: [Errno 98] Address already in use"),
        ("INFO: all is well\n", ""),
        ("", ""),
    ],
)
def test_the_reason(log: str, reason: str) -> None:
    assert reason_in(log) == reason


def test_the_error_names_the_reason_what_keeps_running_and_both_commands(tmp_path: Path) -> None:
    log = tmp_path / "llm-gateway.log"
    failed = NotReplacedError("no audit service", log_path=log, log_tail="    the end")
    message = str(not_started(failed, config="/home/me/a.yaml", goes_on="/home/me/b.yaml"))
    for part in (
        "/home/me/a.yaml: no audit service", "goes on with /home/me/b.yaml", "the end",
        "gateway-kit up --config /home/me/a.yaml", "gateway-kit up --config default",
    ):  # fmt: skip
        assert part in message
    log.write_text(CHAIN)
    ended = ServiceError("gateway", "ended during its start", log_path=log)
    message = str(not_started(ended, config="/home/me/a.yaml"))
    assert "No module named 'audit'" in message
    assert "No gateway runs now." in message
    log.write_text("")
    message = str(not_started(ended, config=None))
    assert "it ended during its start" in message
    assert "--config" not in message
