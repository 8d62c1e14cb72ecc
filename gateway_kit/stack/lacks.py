"""Services that should run and do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway_kit.common.processes import runs
from gateway_kit.settings import Settings
from gateway_kit.stack.replicas import is_replica
from gateway_kit.stack.services import external
from gateway_kit.stack.supervisor import log_causes
from gateway_kit.stack.supervisor.record import StackRecord, owner

# What does not work without each service.
_EFFECTS: Mapping[str, str] = {
    "postgres": "the gateway cannot check keys",
    "redis": "the gateway has no cache and no limits",
    "tracing": "calls are not traced; to run without tracing: gateway-kit up --tracing off",
    "providers": "the simulated models do not answer",
    "chat-model": "smollm2 does not answer",
    "embeddings": "embedding models do not answer",
    "semantic": "there is no gateway with the semantic cache",
    "balancer": "calls reach no gateway",
    "replica": "the other replicas answer its calls",
}


@dataclass(frozen=True)
class Lack:
    """A missing service; `why` is the end of a sentence, `fix` the command that helps."""

    service: str
    why: str
    fix: str

    def __str__(self) -> str:
        effect = _EFFECTS.get("replica" if is_replica(self.service) else self.service)
        return (
            f"{self.service} {self.why}{f': {effect}' if effect else ''}. To find the fix: gateway-kit doctor"
        )


def lacks(record: StackRecord, settings: Settings) -> list[Lack]:
    """The recorded services whose process has ended, and those that did not start. No service is asked."""
    expected = {*(name for name in record.services if owner(name) == "stack"), *record.failures}
    result = []
    for name in sorted(expected):
        kept = record.services.get(name)
        if kept is not None and runs(kept.process.pid, kept.process.birth):
            continue
        if failure := record.failures.get(name):
            unknown = (
                f"gateway-kit logs {name}, which ends with the cause; once that is fixed: gateway-kit up"
            )
            fix = external.advice(name, failure) or log_causes.advice(failure) or unknown
            result.append(Lack(name, failure, fix))
            continue
        cause = log_causes.cause(settings.log_path(name))
        why = f"has ended since it was started{f' (its log ends: {cause})' if cause else ''}"
        result.append(Lack(name, why, log_causes.advice(cause) or "gateway-kit up"))
    return result
