"""What load to make: how many calls, when, and with which prompts."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from itertools import pairwise
from numbers import Real
from typing import Any, Literal

from gateway_kit.errors import SettingsError
from gateway_kit.load.prompts import prompt_bank

DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_USERS = 8

# Parameters that the plan itself sets.
_OWN_PARAMETERS = ("model", "messages", "stream", "stream_options")


@dataclass(frozen=True)
class LoadPlan:
    """A repeatable load.

    Args:
        model: A model name, or names with their shares of the calls.
        requests: End after so many calls. Give exactly one of `requests` and `duration_s`.
        duration_s: Begin no call after so many seconds; calls in progress are waited for.
        users: Closed loop: how many users ask at the same time, 8 by default. Each waits for its answer. Several
            numbers, each larger than the one before, are steps that divide `duration_s` equally: users join.
        think_time_s: Closed loop: seconds between an answer and the user's next call; a pair is a uniform range.
        rate_per_s: Open loop: mean calls per second. They do not wait for answers, so slow moments are not left out.
        arrivals: Open loop: "poisson", as from independent people, or "even".
        max_in_flight: Open loop: the most calls at the same time; a call above it waits, and is late.
        stream: True, or the share of the calls that are streamed.
        prompts: By default 200 prompts that the simulator answers at once.
        zipf: The exponent of Zipf's law: the prompt of rank r is sent in proportion to 1 / r ** zipf. With 1.0 and 200
            prompts the first one is 17 % of the calls. None: all prompts are sent equally often.
        unique: Append a number to each prompt, so that no exact cache has an answer. The simulator ignores it.
        seed: The same seed gives the same calls and times, however many workers share them.
        max_tokens: As in the OpenAI API.
        no_cache: Ask the gateway not to answer from its cache.
        user: The end user in LiteLLM's spend log.
        tags: Likewise.
        params: Other parameters of the request, by their name in the OpenAI API or LiteLLM's.
        timeout_s: Seconds that a call may take until the next bytes arrive.
        give_up_after: End early when a worker is refused so many times in a row (a wrong key or model, no gateway).
            None: never.

    Raises:
        SettingsError: An invalid value.

    Example:
        >>> LoadPlan(requests=400)                                     # closed loop: 8 users
        >>> LoadPlan(users=20, think_time_s=(1, 3), duration_s=30)     # people who read the answers
        >>> LoadPlan(users=[1, 2, 4, 8], duration_s=20)                # four steps of 5 s
        >>> LoadPlan(rate_per_s=50, duration_s=20)                     # open loop
        >>> LoadPlan({"gpt-4o-mini": 0.7, "smart": 0.3}, requests=200, stream=0.5, zipf=1.1)
    """

    model: str | Mapping[str, float] = DEFAULT_MODEL
    _: KW_ONLY
    requests: int | None = None
    duration_s: float | None = None
    users: int | Sequence[int] | None = None
    think_time_s: float | tuple[float, float] | None = None
    rate_per_s: float | None = None
    arrivals: Literal["poisson", "even"] = "poisson"
    max_in_flight: int = 1000
    stream: bool | float = False
    prompts: Sequence[str] | None = None
    zipf: float | None = None
    unique: bool = False
    seed: int = 7
    max_tokens: int | None = None
    no_cache: bool = False
    user: str | None = None
    tags: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    timeout_s: float = 60.0
    give_up_after: int | None = 20

    def __post_init__(self) -> None:
        self._check_end()
        self._check_loop()
        self._check_requests()
        _number("timeout_s", self.timeout_s, above=0)
        _whole("seed", self.seed, least=None)
        if self.give_up_after is not None:
            _whole("give_up_after", self.give_up_after)

    @property
    def is_open(self) -> bool:
        """Whether calls have times of their own (open loop), and do not wait for answers (closed loop)."""
        return self.rate_per_s is not None

    @property
    def steps(self) -> tuple[int, ...]:
        """How many users ask in each step; one step unless `users` has several numbers."""
        users = self.users or DEFAULT_USERS
        return (users,) if isinstance(users, int) else tuple(users)

    @property
    def prompt_list(self) -> Sequence[str]:
        """The prompts, the one of rank 1 first."""
        return prompt_bank() if self.prompts is None else self.prompts

    def describe(self) -> str:
        """The plan in a few words."""
        models = self.model if isinstance(self.model, str) else " and ".join(self.model)
        much = f"{self.requests} calls" if self.requests is not None else f"{self.duration_s:g} s of calls"
        users = ", ".join(map(str, self.steps))
        how = f"{self.rate_per_s:g} a second" if self.is_open else f"{users} users"
        return f"{much} to {models}, {how}"

    def job(self, url: str, *, workers: int, remote_workers: int, master_port: int) -> dict[str, Any]:
        """The plan as the load generator reads it."""
        think = self.think_time_s or 0.0
        models = {self.model: 1.0} if isinstance(self.model, str) else self.model
        return {
            "url": url,
            "models": list(models.items()),
            "prompts": list(self.prompt_list),
            "zipf": self.zipf,
            "tag": uuid.uuid4().hex[:8] if self.unique else None,
            "stream_share": float(self.stream),
            "body": self._body(),
            "joins_s": self._joins_s(),
            "think_s": think if isinstance(think, tuple) else (think, think),
            "rate_per_s": self.rate_per_s,
            "poisson": self.arrivals == "poisson",
            "max_in_flight": self.max_in_flight,
            "requests": self.requests,
            "duration_s": self.duration_s,
            "seed": self.seed,
            "timeout_s": self.timeout_s,
            "give_up_after": self.give_up_after,
            "workers": workers,
            "remote_workers": remote_workers,
            "master_port": master_port,
        }

    def _joins_s(self) -> list[float]:
        """When each user joins, in seconds since the run's start."""
        step_s = (self.duration_s or 0.0) / len(self.steps)
        joined = (0, *self.steps)
        return [
            step_s * step
            for step, (before, users) in enumerate(pairwise(joined))
            for _ in range(users - before)
        ]

    def _body(self) -> dict[str, Any]:
        body = dict(self.params)
        if self.max_tokens is not None:
            body["max_tokens"] = self.max_tokens
        if self.no_cache:
            body["cache"] = {**body.get("cache", {}), "no-cache": True}
        if self.user is not None:
            body["user"] = self.user
        if self.tags:
            body["metadata"] = {**body.get("metadata", {}), "tags": list(self.tags)}
        return body

    def _check_end(self) -> None:
        if (self.requests is None) == (self.duration_s is None):
            raise SettingsError(
                "requests",
                str(self.requests),
                "give either requests or duration_s: one of them must end the load",
            )
        if self.requests is not None:
            _whole("requests", self.requests)
        if self.duration_s is not None:
            _number("duration_s", self.duration_s, above=0)

    def _check_loop(self) -> None:
        if self.users is not None:
            self._check_users()
        if self.rate_per_s is not None:
            _number("rate_per_s", self.rate_per_s, above=0)
            for name in ("users", "think_time_s"):
                if getattr(self, name) is not None:
                    raise SettingsError(
                        name,
                        str(getattr(self, name)),
                        "is for a closed loop; with rate_per_s calls do not wait for users",
                    )
        if self.arrivals not in ("poisson", "even"):
            raise SettingsError("arrivals", str(self.arrivals), "must be poisson or even")
        _whole("max_in_flight", self.max_in_flight)
        think = self.think_time_s if isinstance(self.think_time_s, tuple) else (self.think_time_s or 0.0,) * 2
        if (
            len(think) != 2
            or not all(_is_number(value) and value >= 0 for value in think)
            or think[0] > think[1]
        ):
            raise SettingsError(
                "think_time_s",
                str(self.think_time_s),
                "must be seconds of at least 0, or a pair such as (1, 3)",
            )

    def _check_users(self) -> None:
        if not isinstance(self.users, list | tuple):
            _whole("users", self.users)
            return
        for users in self.users:
            _whole("users", users)
        if not self.users or any(users <= before for before, users in pairwise(self.users)):
            raise SettingsError(
                "users", str(self.users), "each step needs more users than the one before, as in [1, 2, 4]"
            )
        if self.duration_s is None:
            raise SettingsError("users", str(self.users), "several steps need duration_s, which they divide")

    def _check_requests(self) -> None:
        models = {self.model: 1.0} if isinstance(self.model, str) else self.model
        if not models or not all(isinstance(name, str) and name for name in models):
            raise SettingsError(
                "model", str(self.model), "must be a model's name, or names with their shares"
            )
        for name, share in models.items():
            _number(f"share of {name}", share, above=0)
        if not isinstance(self.stream, bool) and not (_is_number(self.stream) and 0 <= self.stream <= 1):
            raise SettingsError("stream", str(self.stream), "must be True, False or a share between 0 and 1")
        prompts = [] if isinstance(self.prompt_list, str) else self.prompt_list
        if not prompts or not all(isinstance(prompt, str) and prompt for prompt in prompts):
            raise SettingsError(
                "prompts", f"{self.prompts!r:.60}", "must be a list of texts, with at least one"
            )
        if self.zipf is not None:
            _number("zipf", self.zipf, above=0)
        if self.max_tokens is not None:
            _whole("max_tokens", self.max_tokens)
        if isinstance(self.tags, str):
            raise SettingsError("tags", self.tags, f"must be a list: [{self.tags!r}]")
        for name in _OWN_PARAMETERS:
            if name in self.params:
                raise SettingsError("params", name, "is set by the plan: give it to LoadPlan itself")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _number(name: str, value: Any, *, above: float) -> None:
    if not _is_number(value) or value <= above:
        raise SettingsError(name, str(value), f"must be a number above {above:g}")


def _whole(name: str, value: Any, *, least: int | None = 1) -> None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or (least is not None and value < least):
        raise SettingsError(
            name, str(value), "must be a whole number" + ("" if least is None else f" of at least {least}")
        )
