"""What the stack lacks: services that were started, or should have been, and are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway_kit.common.processes import runs
from gateway_kit.settings import Settings
from gateway_kit.stack.supervisor import log_causes
from gateway_kit.stack.supervisor.record import StackRecord, owner

# What does not work without a service.
_EFFECTS: Mapping[str, str] = {
    "postgres": "the gateway knows no keys",
    "redis": "the gateway has no cache and no limits",
    "tracing": "calls leave no traces; gateway-kit up --tracing off does without them",
    "providers": "the simulated models do not answer",
    "chat-model": "smollm2 does not answer, nor simulated models what is not in their bank of answers",
    "embeddings": "embedding models do not answer",
    "semantic": "there is no gateway with the semantic cache",
}


@dataclass(frozen=True)
class Lack:
    """A service that is not there; `why` is the end of a sentence, `mend` the command that helps."""

    service: str
    why: str
    mend: str

    def __str__(self) -> str:
        effect = _EFFECTS.get(self.service)
        return (
            f"{self.service} {self.why}{f': {effect}' if effect else ''}. For what helps: gateway-kit doctor"
        )


def lacks(record: StackRecord, settings: Settings) -> list[Lack]:
    """What the record says should be there and is not, from the processes alone: nothing is asked."""
    wanted = {*(name for name in record.services if owner(name) == "stack"), *record.failures}
    found = []
    for name in sorted(wanted):
        kept = record.services.get(name)
        if kept is not None and runs(kept.process.pid, kept.process.birth):
            continue
        if failure := record.failures.get(name):
            unknown = f"gateway-kit logs {name}, which ends with the cause; after its mend: gateway-kit up"
            found.append(Lack(name, failure, log_causes.mend(failure) or unknown))
            continue
        told = log_causes.cause(settings.log_path(name))
        why = f"has ended since it was started{f' (its log ends: {told})' if told else ''}"
        found.append(Lack(name, why, log_causes.mend(told) or "gateway-kit up"))
    return found
