"""Which scores of a store a workshop's seats have really written, each counted once. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway_kit.workshop.record import Workshop
from gateway_kit.workshop.results import Report, Result, SeatState, from_score, verify


@dataclass(frozen=True)
class Forged:
    """A score in the name of a seat that this seat has not signed, or not so."""

    score_id: str
    name: str
    seat: str


@dataclass
class Verified:
    """What a store holds of a workshop: results in the order in which they were checked, the newest state per kernel.

    `forged` are never counted. `results` holds one entry per signed result, however many copies were stored.
    """

    results: list[Result] = field(default_factory=list)
    states: list[SeatState] = field(default_factory=list)
    forged: list[Forged] = field(default_factory=list)


class Verifier:
    """Checks scores against a workshop's record, call after call: each report and each forgery is returned once."""

    def __init__(self, workshop: Workshop) -> None:
        self._name = workshop.name
        self._secrets = {seat.name: workshop.seat_secret(seat.name) for seat in workshop.seats}
        self._seen: set[str] = set()

    def new(self, scores: Iterable[Mapping[str, Any]]) -> Verified:
        """What is new in scores of `StoreClient.scores`; those of other workshops and of others are left out."""
        found = Verified()
        for score in scores:
            facts = score.get("metadata")
            if not isinstance(facts, Mapping) or str(facts.get("workshop")) != self._name:
                continue
            self._add(found, score, str(facts.get("seat")))
        found.results.sort(key=lambda result: result.at)
        newest: dict[str, SeatState] = {}
        for state in sorted(found.states, key=lambda state: state.at):
            newest[state.id] = state
        found.states = list(newest.values())
        return found

    def _add(self, found: Verified, score: Mapping[str, Any], seat: str) -> None:
        try:
            read = from_score(score)
        except ValueError:
            read = None
            signature = f"damaged {score.get('id')} {score.get('value')} {score.get('comment')}"
        else:
            if read is None:
                return
            signature = read[1]
        genuine = read is not None and seat in self._secrets and self._genuine(*read, seat)
        # A genuine report is the same wherever it was copied to; a forgery is one of its own.
        known = signature if genuine else f"{score.get('id')} {signature}"
        if known in self._seen:
            return
        self._seen.add(known)
        if not genuine or read is None:
            found.forged.append(Forged(str(score.get("id")), str(score.get("name")), seat))
        elif isinstance(read[0], Result):
            found.results.append(read[0])
        elif isinstance(read[0], SeatState):
            found.states.append(read[0])

    def _genuine(self, report: Report, signature: str, seat: str) -> bool:
        return verify(report, signature, self._secrets[seat])


def verified(scores: Iterable[Mapping[str, Any]], workshop: Workshop) -> Verified:
    """What scores of a store say of a workshop, all at once; see `Verifier`."""
    return Verifier(workshop).new(scores)
