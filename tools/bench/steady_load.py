"""Calls at a steady rate, half of them streams, each accounted for: its answer, its spend and its trace."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import psycopg

from gateway_kit.common.polling import poll_until

MODEL = "gpt-4o-mini"
_NUMBER = re.compile(r"number (\d+)")
_CALL_S, _ARRIVAL_S = 180.0, 60.0


@dataclass
class Call:
    """One call: `outcome` is `answered`, the HTTP status, `cut` for a stream without its end, or an error's name.

    `first` is the first attempt's, where there were several.
    """

    number: int
    stream: bool
    outcome: str = ""
    began_s: float = 0.0
    seconds: float = 0.0
    message: str = ""
    first: str = ""


@dataclass
class SteadyLoad:
    """Calls to the gateway of a stack, by `variables`; all of one run have the end user `tag`.

    `at_once` limits the calls that wait for their answers: with it a machine that is too busy gets fewer of them. A
    call that fails is made anew until it has had its `attempts`.
    """

    variables: Mapping[str, str]
    per_s: float = 20.0
    at_once: int | None = None
    attempts: int = 1
    tag: str = field(default_factory=lambda: f"steady-{uuid.uuid4().hex[:8]}")
    calls: list[Call] = field(default_factory=list)

    def run(self, count: int, *, until: threading.Event | None = None) -> None:
        """Make `count` calls, each at its time; no more once `until` is set."""
        asyncio.run(self._make(count, until))

    async def _make(self, count: int, until: threading.Event | None) -> None:
        free = asyncio.Semaphore(self.at_once or count)
        # Connections are kept, as a program's client keeps them.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        async with aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(_CALL_S), trust_env=False
        ) as session:
            begin = time.monotonic()
            tasks = []
            for number in range(count):
                await asyncio.sleep(max(0.0, begin + number / self.per_s - time.monotonic()))
                if until is not None and until.is_set():
                    break
                await free.acquire()
                call = Call(number, stream=number % 2 == 1, began_s=time.monotonic() - begin)
                self.calls.append(call)
                task = asyncio.create_task(self._one(session, call))
                task.add_done_callback(lambda _: free.release())
                tasks.append(task)
            await asyncio.gather(*tasks)

    async def _one(self, session: aiohttp.ClientSession, call: Call) -> None:
        begin = time.monotonic()
        for _ in range(self.attempts):
            await self._attempt(session, call)
            call.first = call.first or call.outcome
            if call.outcome == "answered":
                break
        call.seconds = time.monotonic() - begin

    async def _attempt(self, session: aiohttp.ClientSession, call: Call) -> None:
        body = {
            "model": MODEL,
            "messages": [{"role": "user", "content": f"{self.tag}, number {call.number}"}],
            "user": self.tag,
            "max_tokens": 40,
            "stream": call.stream,
        }
        url = f"{self.variables['GATEWAY_URL']}/v1/chat/completions"
        key = {"Authorization": f"Bearer {self.variables['GATEWAY_API_KEY']}"}
        try:
            async with session.post(url, json=body, headers=key) as answer:
                text = await answer.text()
                call.outcome = _outcome(answer.status, text, stream=call.stream)
                call.message = "" if call.outcome == "answered" else text[-300:]
        except (aiohttp.ClientError, TimeoutError) as exc:
            call.outcome, call.message = type(exc).__name__, str(exc)

    def outcomes(self) -> dict[str, int]:
        """How many calls ended in which way."""
        return dict(Counter(call.outcome for call in self.calls))

    def first_attempts(self) -> dict[str, int]:
        """How many calls' first attempts ended in which way."""
        return dict(Counter(call.first for call in self.calls))

    @property
    def answered(self) -> int:
        """How many calls were answered to their end."""
        return self.outcomes().get("answered", 0)

    def spend_rows(self) -> int:
        """How many calls the gateway's database has the cost of, once all that were answered are there."""
        with psycopg.connect(self.variables["DATABASE_URL"], autocommit=True) as database:

            def rows() -> int:
                query = 'select count(*) from "LiteLLM_SpendLogs" where end_user = %s and status = %s and spend > 0'
                row = database.execute(query, (self.tag, "success")).fetchone()
                return row[0] if row else 0

            return poll_until(rows, lambda count: count >= self.answered, timeout_s=_ARRIVAL_S)[0]

    def spent(self) -> tuple[float, float]:
        """What the calls cost by their rows, and what the gateway has added up for their end user."""
        with psycopg.connect(self.variables["DATABASE_URL"], autocommit=True) as database:

            def sums() -> tuple[float, float]:
                row = database.execute(
                    'select (select sum(spend) from "LiteLLM_SpendLogs" where end_user = %s), '
                    '(select spend from "LiteLLM_EndUserTable" where user_id = %s)',
                    (self.tag, self.tag),
                ).fetchone()
                return (row[0] or 0.0, row[1] or 0.0) if row else (0.0, 0.0)

            equal = lambda both: abs(both[0] - both[1]) < 1e-9  # noqa: E731  # the totals are written later
            return poll_until(sums, equal, timeout_s=_ARRIVAL_S)[0]

    def traced(self) -> set[int]:
        """The calls that have a trace, once all that were answered have one, or a minute later."""
        answered = {call.number for call in self.calls if call.outcome == "answered"}
        return poll_until(
            lambda: asyncio.run(self._generations()),
            lambda found: found >= answered,
            timeout_s=_ARRIVAL_S,
            pause_s=1.0,
        )[0]

    async def _generations(self) -> set[int]:
        url = f"{self.variables['LANGFUSE_HOST']}/api/public/v2/observations"
        keys = aiohttp.encode_basic_auth(
            self.variables["LANGFUSE_PUBLIC_KEY"], self.variables["LANGFUSE_SECRET_KEY"]
        )
        found, cursor = set[int](), ""
        async with aiohttp.ClientSession(headers={"Authorization": keys}, trust_env=False) as session:
            while True:
                asked = {"userId": self.tag, "type": "GENERATION", "limit": "1000", "fields": "core,io"}
                async with session.get(url, params=asked | ({"cursor": cursor} if cursor else {})) as answer:
                    page = await answer.json()
                found |= {int(number) for number in _NUMBER.findall(json.dumps(page["data"]))}
                cursor = page["meta"].get("cursor") or ""
                if not cursor:
                    return found


def _outcome(status: int, text: str, *, stream: bool) -> str:
    if status != 200:
        return str(status)
    if stream:
        return "answered" if text.rstrip().endswith("data: [DONE]") else "cut"
    return "answered" if json.loads(text)["choices"][0]["message"]["content"] else "empty"
