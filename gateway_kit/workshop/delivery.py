"""Handing in what waits in an outbox."""

from __future__ import annotations

from dataclasses import dataclass

from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.results import Result
from gateway_kit.workshop.store import ReportRefusedError, StoreClient


@dataclass(frozen=True)
class Delivery:
    """The results that the store took, and those that it will never take."""

    sent: tuple[Result, ...] = ()
    refused: tuple[Result, ...] = ()


def deliver(outbox: Outbox, store: StoreClient, *, again: bool = False) -> Delivery | None:
    """Hand in all that waits, oldest first; None if another process is doing it.

    With `again` also what was handed in before: that changes nothing, unless somebody has changed it in the store.
    What was handed in before an error is remembered. Raises StoreUnreachableError, StoreRefusesError or OSError.
    """
    sent: list[Result] = []
    refused: list[Result] = []
    with outbox.delivering() as mine:
        if not mine:
            return None
        waiting = outbox.waiting()
        before = [pair for pair in outbox.results() if pair not in waiting] if again else []
        for report, signature in (*before, *waiting):
            try:
                store.write(report, signature)
            except ReportRefusedError as exc:
                outbox.mark_refused(signature, str(exc))
                refused += [report] if isinstance(report, Result) else []
            else:
                if (report, signature) not in before:
                    outbox.mark_sent(signature)
                sent += [report] if isinstance(report, Result) else []
    return Delivery(tuple(sent), tuple(refused))
