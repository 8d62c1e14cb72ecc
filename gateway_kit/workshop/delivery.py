"""Handing in what waits in an outbox."""

from __future__ import annotations

from dataclasses import dataclass

from gateway_kit.workshop.outbox import Outbox
from gateway_kit.workshop.results import Result
from gateway_kit.workshop.store import ReportRefusedError, StoreClient


@dataclass(frozen=True)
class Delivery:
    """How many results the store took, and how many it will never take."""

    sent: int = 0
    refused: int = 0


def deliver(outbox: Outbox, store: StoreClient) -> Delivery | None:
    """Hand in all that waits, oldest first; None if another process is doing it.

    What was handed in before an error is remembered. Raises StoreUnreachableError, StoreRefusesError or OSError.
    """
    sent = refused = 0
    with outbox.delivering() as mine:
        if not mine:
            return None
        for report, signature in outbox.waiting():
            counts = isinstance(report, Result)
            try:
                store.write(report, signature)
            except ReportRefusedError as exc:
                outbox.mark_refused(signature, str(exc))
                refused += counts
            else:
                outbox.mark_sent(signature)
                sent += counts
    return Delivery(sent, refused)
