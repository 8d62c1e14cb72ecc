"""Calls at a steady rate to the gateways of lesson 08 while one of them is killed, or all are replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import GatewayError
from gateway_kit.gateway.client import Gateway
from gateway_kit.keys import VirtualKey
from gateway_kit.lessons.growing_stack import GrownStack

if TYPE_CHECKING:
    import pandas as pd

# Seconds of load before anything happens, and after it.
_BEFORE_S, _AFTER_S = 2.0, 2.5
_MOST_AT_ONCE = 128
_BOOKED_WITHIN_S = 15.0


@dataclass(frozen=True)
class Watched:
    """Calls, and what was done meanwhile: it began and ended so many seconds after the first call.

    `calls` has one row per call, as `gateway.calls.frame()`.
    """

    calls: pd.DataFrame
    begin_s: float
    end_s: float

    def timeline(self) -> pd.DataFrame:
        """How calls ended over time, as `charts.outcomes_over_time` draws it."""
        from gateway_kit.rehearsal.summaries import timeline_rows

        calls = self.calls
        columns = {
            "at_s": (calls["started"] - calls["started"].min()).dt.total_seconds(),
            "failed": calls["error"].notna(),
            "cache_hit": calls["cache_hit"].astype(bool),
            "fell_back": calls["fallbacks"].fillna(0).gt(0),
            "retried": calls["retries"].fillna(0).gt(0),
        }
        return timeline_rows(calls.assign(**columns), intervals=30)

    def begun_after(self, calls: pd.DataFrame) -> int:
        """How many of these calls began after what was done had ended."""
        since_s = (calls["started"] - self.calls["started"].min()).dt.total_seconds()
        return int((since_s > self.end_s).sum())

    def trouble(self, name: str, *, lasts: bool = False) -> pd.DataFrame:
        """What was done, as `charts.outcomes_over_time` shades it: to its end, or with `lasts` to that of the calls."""
        import pandas as pd

        end_s = float("nan") if lasts else self.end_s
        return pd.DataFrame({"subject": [name], "begin_s": [self.begin_s], "end_s": [end_s]})


def under_load(grown: GrownStack, key: VirtualKey, action: Callable[[], Any], calls_per_s: float) -> Watched:
    """Calls through the balancer, every second one a stream, at a steady rate whether or not answers come.

    After two seconds `action` begins; the calls go on until some time after it has ended. Raises what it raised.
    """
    acting = _Acting(action)
    gateway, begin, number = grown.gateway, time.monotonic(), 0
    with (
        gateway.calls.recording() as record,
        ThreadPoolExecutor(_MOST_AT_ONCE) as pool,
    ):
        while not acting.ended_before(time.monotonic() - _AFTER_S):
            time.sleep(max(0.0, begin + number / calls_per_s - time.monotonic()))
            pool.submit(_call, gateway, key, number)
            number += 1
            if number / calls_per_s >= _BEFORE_S:
                acting.begin()
    acting.join()
    return Watched(record.frame(), acting.times["begin"] - begin, acting.times["end"] - begin)


def booked(grown: GrownStack, key: VirtualKey, calls: pd.DataFrame) -> int:
    """How many of these calls are in the spend log; waits a while for all that were answered."""
    ids = set(calls.loc[calls["error"].isna(), "request_id"])

    def rows() -> int:
        return len(ids & set(grown.gateway.spend.logs(key=key.secret, limit=10_000)["request_id"]))

    found, _ = poll_until(rows, lambda count: count >= len(ids), timeout_s=_BOOKED_WITHIN_S, pause_s=0.5)
    return found


class _Acting:
    """What is done beside the calls, in a thread of its own."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._action = action
        self._thread = threading.Thread(target=self._run)
        self._failure: BaseException | None = None
        self.times: dict[str, float] = {}

    def begin(self) -> None:
        """Begin, unless it has begun."""
        if self._thread.ident is None:
            self._thread.start()

    def ended_before(self, moment: float) -> bool:
        """Whether it had ended at that time."""
        return self.times.get("end", float("inf")) < moment

    def join(self) -> None:
        """Raise what it raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        self.times["begin"] = time.monotonic()
        try:
            self._action()
        except BaseException as exc:  # told to who waits for it
            self._failure = exc
        self.times["end"] = time.monotonic()


def _call(gateway: Gateway, key: VirtualKey, number: int) -> None:
    fresh = {"cache": {"no-cache": True}}
    with suppress(GatewayError):  # the record has it
        if number % 2:
            for _ in gateway.stream("ping", api_key=key.secret, extra_body=fresh):
                pass
        else:
            gateway.ask("ping", api_key=key.secret, extra_body=fresh)
