"""Every exception the kit raises on purpose. Each message says what happened, where, and the next command to type.

KitError
├── SettingsError
├── ShadowedPackageError
├── ConfigError
├── StackError
│   ├── PlatformError
│   ├── StateFolderError
│   │   └── RecordDamagedError
│   ├── NotSetUpError
│   ├── StackBusyError
│   ├── PortTakenError
│   ├── ServiceError
│   │   └── GatewayNotStartedError
│   └── IncompleteStackError
├── GatewayError
│   ├── GatewayUnreachableError
│   ├── KeyRefusedError
│   ├── ModelNotFoundError
│   ├── RateLimitedError
│   ├── BudgetExceededError
│   ├── ContextWindowError
│   ├── RequestRefusedError
│   └── ProviderFailedError
│       └── CooldownError
├── TracingError
│   ├── TracingUnreachableError
│   ├── TracingKeysRefusedError
│   └── TraceMissingError
├── CacheError
│   └── CacheUnreachableError
├── LoadError
│   └── LoadGivenUpError
├── ProvidersError, WorkshopError (in gateway_kit.workshop.errors)
└── LessonError
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway_kit.short_traceback import ShortTraceback


class KitError(ShortTraceback, Exception):
    """Base of all the kit's errors; its text is meant for the person at the keyboard."""

    command_exit_code = 1  # what a command exits with


class SettingsError(KitError):
    """A value in the environment or on the command line cannot be used."""

    def __init__(self, name: str, value: str, why: str) -> None:
        self.name = name
        super().__init__(f"{name}={value!r}: {why}")


class ShadowedPackageError(KitError, ImportError):
    """A file on the import path is imported instead of an installed package of the same name."""

    def __init__(self, package: str, file: str) -> None:
        super().__init__(
            f"{file} hides the package {package!r}: it is imported instead. Rename it, or take its folder out of "
            f"PYTHONPATH; then restart the kernel"
        )


class ConfigError(KitError):
    """A model configuration file is broken; `findings` holds one line of text per mistake."""

    def __init__(self, path: Path | str, findings: Sequence[str]) -> None:
        self.path = Path(path)
        self.findings = tuple(findings)
        lines = "\n".join(f"  {finding}" for finding in self.findings)
        super().__init__(
            f"{path} cannot be used:\n{lines}\n"
            f"Nothing was started or stopped. Fix it, then run: gateway-kit config check {path}"
        )


class StackError(KitError):
    """The stack cannot do what was asked."""


class PlatformError(StackError):
    """This machine lacks what the stack needs (system, architecture, memory)."""


class StateFolderError(StackError):
    """The state folder cannot be written, its disk is full, or a file in it is damaged."""


class RecordDamagedError(StateFolderError):
    """The record of what the stack consists of cannot be read; `gateway-kit down` works nevertheless."""


class NotSetUpError(StackError):
    """Something that the set-up installs is missing."""

    def __init__(self, what: str) -> None:
        checkout = (Path(__file__).resolve().parents[1] / "Makefile").is_file()
        command = "make setup" if checkout else "python -m gateway_kit.stack.toolchain"
        super().__init__(f"{what} is missing. Run: {command}")


class StackBusyError(StackError):
    """Another command is changing the stack right now."""

    def __init__(self, lock_path: Path, waited_s: float) -> None:
        self.lock_path = lock_path
        super().__init__(
            f"Another gateway-kit command is starting or stopping this stack (waited {waited_s:.0f} s for "
            f"{lock_path}). Wait for it to end, then run: gateway-kit status"
        )


class PortTakenError(StackError):
    """Ports that services need belong to other processes: (service, port, owner in words); nothing was started."""

    def __init__(self, taken: Sequence[tuple[str, int, str]]) -> None:
        lines = "\n".join(
            f"  {service} needs port {port}, which {owner} holds" for service, port, owner in taken
        )
        wait = "Wait a minute and try again. " if "TIME_WAIT" in lines else ""
        super().__init__(
            f"Nothing was started, since a port is taken:\n{lines}\n"
            f"{wait}End that process, or move the whole stack: gateway-kit up --port-offset 100"
        )


class ServiceError(StackError):
    """A service ended during its start, or was not ready before the deadline."""

    def __init__(
        self, service: str, what: str, *, log_path: Path, exit_code: int | None = None, log_tail: str = ""
    ) -> None:
        self.service = service
        self.what = what
        self.log_path = log_path
        self.exit_code = exit_code
        self.log_tail = log_tail
        tail = f"\nLast lines of {log_path}:\n{log_tail}" if log_tail else f"\nIts log is {log_path}."
        super().__init__(f"{service} {what}.{tail}\nNext: gateway-kit logs {service}, or gateway-kit doctor")


class GatewayNotStartedError(ServiceError):
    """A gateway did not start, or did not answer as it should.

    `reason` is what its log says, `goes_on` the configuration with which the gateway that ran goes on, if one ran.
    """

    def __init__(
        self, reason: str, *, log_path: Path, log_tail: str, config: str | None, goes_on: str
    ) -> None:
        super().__init__("gateway", "did not start", log_path=log_path, log_tail=log_tail)
        self.reason = reason
        kept = f"The previous gateway goes on with {goes_on}." if goes_on else "No gateway runs now."
        tail = f"\nLast lines of {log_path}:\n{log_tail}" if log_tail else ""
        with_config, next_step = "", "To try again: gateway-kit up"
        if config is not None:
            with_config = f" with {config}"
            next_step = f"Fix it, then run: gateway-kit up --config {shlex.quote(config)}\n"
            next_step += "With the kit's own configuration: gateway-kit up --config default"
        self.args = (f"The gateway did not start{with_config}: {reason}\n{kept}{tail}\n{next_step}",)


class IncompleteStackError(StackError):
    """The gateway serves, but other services did not start; `missing` maps each of them to why."""

    command_exit_code = 3

    def __init__(self, missing: Mapping[str, str]) -> None:
        self.missing = dict(missing)
        listed = "; ".join(f"{service}, which {why}" for service, why in self.missing.items())
        super().__init__(f"The stack is up without {listed}. To find the fix: gateway-kit doctor")


class IncompleteStackWarning(UserWarning):
    """A service of the local stack does not run: cells that need it will fail."""


class GatewayError(KitError):
    """The gateway answered with an error, or could not be reached.

    `status` is the HTTP status, None if no answer came. `gateway_message` is LiteLLM's own text. `request_id` names the
    call in LiteLLM's spend log.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        gateway_message: str = "",
        request_id: str | None = None,
    ) -> None:
        self.status = status
        self.gateway_message = gateway_message
        self.request_id = request_id
        super().__init__(message)


class GatewayUnreachableError(GatewayError):
    """Nothing answers at the gateway's address, or not in time."""


class KeyRefusedError(GatewayError):
    """The key is wrong, expired or blocked, or may not do this."""


class ModelNotFoundError(GatewayError):
    """The gateway has no model of that name."""


class RateLimitedError(GatewayError):
    """Too many requests or tokens. Wait `retry_after_s` seconds, None if the answer does not say.

    `whose` says whose limit it is, for instance `the team's limit`; empty if the answer does not say.
    """

    retry_after_s: float | None = None
    whose: str = ""


class BudgetExceededError(GatewayError):
    """A budget is spent; `whose` names it, for instance `the key's budget`, empty if the answer does not say."""

    whose: str = ""


class ContextWindowError(GatewayError):
    """The prompt is longer than the model can read."""


class RequestRefusedError(GatewayError):
    """The request itself is wrong: a parameter is missing or has an invalid value."""


class ProviderFailedError(GatewayError):
    """The provider behind the gateway failed, or broke its stream."""


class CooldownError(ProviderFailedError):
    """All deployments of the model failed before and are cooling down, for `retry_after_s` seconds if that is known."""

    retry_after_s: float | None = None
    first_failure: str | None = None  # LiteLLM's message for the failure before, if this process has met it


class TracingError(KitError):
    """Langfuse, or the trace store, refused a request or cannot be used; `status` is the HTTP status, if any."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class TracingUnreachableError(TracingError):
    """Nothing answers at the trace store's address, or not in time."""


class TracingKeysRefusedError(TracingError):
    """The public or the secret key is wrong."""


class TraceMissingError(TracingError):
    """A trace or a score did not appear in time."""


class CacheError(KitError):
    """The cache cannot do what was asked."""


class CacheUnreachableError(CacheError):
    """No Redis answers at its address, or it refuses the password."""


class ProvidersError(KitError):
    """The provider simulator refused a control call, or could not be reached."""


class LoadError(KitError):
    """The load generator failed."""


class LoadGivenUpError(LoadError):
    """The gateway refused call after call; `run` is the LoadRun of the calls that were made."""

    def __init__(self, message: str, run: Any) -> None:
        self.run = run
        super().__init__(message)


class LessonError(KitError):
    """A lesson, an exercise or a notebook run is broken, or unknown."""
