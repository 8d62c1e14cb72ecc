"""What load to make: how many calls, how they come, and what they ask."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from numbers import Real
from typing import Any, Literal

from gateway_kit.errors import SettingsError
from gateway_kit.load.bank import prompt_bank

DEFAULT_MODEL = "gpt-4o-mini"
DEFAULT_USERS = 8

# What the plan itself decides about a request.
_OWN_PARAMETERS = ("model", "messages", "stream", "stream_options")


@dataclass(frozen=True)
class LoadPlan:
    """A load, whole and repeatable. Raises SettingsError for a value that cannot be meant.

    LoadPlan(requests=400)                                     # closed loop: 8 users, each asks when it was answered
    LoadPlan(users=20, think_time_s=(1, 3), duration_s=30)     # people who read what they get
    LoadPlan(rate_per_s=50, duration_s=20)                     # open loop: calls come whatever the answers do
    LoadPlan({"gpt-4o-mini": 0.7, "smart": 0.3}, requests=200, stream=0.5, zipf=1.1)

    model           a name, or names with their shares of the calls
    requests        end after so many calls; exactly one of `requests` and `duration_s` is needed
    duration_s      let no call begin after so many seconds; those under way are waited for
    users           closed loop: how many ask at the same time, 8 by default
    think_time_s    closed loop: seconds between an answer and the user's next call; a pair: uniformly between the two
    rate_per_s      open loop: calls a second, on average. A slow gateway does not slow them: a user in a closed loop
                    who waits asks nothing meanwhile, so that a closed loop leaves out the worst moments
    arrivals        open loop: "poisson", as independent people come, or "even", like clockwork
    max_in_flight   open loop: calls under way at the same time; one that finds no place waits, and is late
    stream          True, or the share of the calls that are streamed
    prompts         what is asked; by default `prompt_bank()`, 200 prompts that the simulator answers at once
    zipf            None: each prompt as often as any other. Else Zipf's law: the prompt of rank r, the r-th of the
                    list, is asked in proportion to 1 / r ** zipf. With 1.0 and 200 prompts the first is asked in 17 %
                    of the calls, the first ten in half of them, which is how caches come to pay
    unique          put a number behind each prompt, so that no two calls are alike and no exact cache has an answer;
                    the simulator does not see the number
    seed            the same seed, the same call number 0, 1, 2, …: prompt, model and whether it is streamed, however
                    many workers share them. Times of arrival and of thought are the seed's too
    max_tokens      as in the OpenAI API
    no_cache        ask the gateway not to answer from its cache
    user, tags      whom and what the calls are for, as LiteLLM's spend log has it
    params          any other parameter of the request, by its name in the OpenAI API or LiteLLM's
    timeout_s       seconds that a call may take until the next bytes arrive
    give_up_after   end early when a worker is refused so many times in a row (a key, model or request that the gateway
                    will not have, or no gateway at all): the next call would be refused too. None: never
    """

    model: str | Mapping[str, float] = DEFAULT_MODEL
    _: KW_ONLY
    requests: int | None = None
    duration_s: float | None = None
    users: int | None = None
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
        self._check_what_is_asked()
        _number("timeout_s", self.timeout_s, above=0)
        _whole("seed", self.seed, least=None)
        if self.give_up_after is not None:
            _whole("give_up_after", self.give_up_after)

    @property
    def is_open(self) -> bool:
        """Whether calls come at their own times (an open loop), not when an answer has come."""
        return self.rate_per_s is not None

    @property
    def asked(self) -> Sequence[str]:
        """The prompts, the one of rank 1 first."""
        return prompt_bank() if self.prompts is None else self.prompts

    def describe(self) -> str:
        """One line for people."""
        models = self.model if isinstance(self.model, str) else " and ".join(self.model)
        much = f"{self.requests} calls" if self.requests is not None else f"{self.duration_s:g} s of calls"
        how = f"{self.rate_per_s:g} a second" if self.is_open else f"{self.users or DEFAULT_USERS} users"
        return f"{much} to {models}, {how}"

    def job(self, url: str, *, workers: int, remote_workers: int, master_port: int) -> dict[str, Any]:
        """The plan for the program that carries it out (`gateway_kit.stack.servers.load_generator.job`)."""
        think = self.think_time_s or 0.0
        models = {self.model: 1.0} if isinstance(self.model, str) else self.model
        return {
            "url": url,
            "models": list(models.items()),
            "prompts": list(self.asked),
            "zipf": self.zipf,
            "tag": uuid.uuid4().hex[:8] if self.unique else None,
            "stream_share": float(self.stream),
            "body": self._body(),
            "users": self.users or DEFAULT_USERS,
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
                "give either requests or duration_s, or the load would never end",
            )
        if self.requests is not None:
            _whole("requests", self.requests)
        if self.duration_s is not None:
            _number("duration_s", self.duration_s, above=0)

    def _check_loop(self) -> None:
        if self.users is not None:
            _whole("users", self.users)
        if self.rate_per_s is not None:
            _number("rate_per_s", self.rate_per_s, above=0)
            for name in ("users", "think_time_s"):
                if getattr(self, name) is not None:
                    raise SettingsError(
                        name,
                        str(getattr(self, name)),
                        "belongs to a closed loop; with rate_per_s calls come at their own times",
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
                "think_time_s", str(self.think_time_s), "must be seconds, or a pair such as (1, 3), from 0 on"
            )

    def _check_what_is_asked(self) -> None:
        models = {self.model: 1.0} if isinstance(self.model, str) else self.model
        if not models or not all(isinstance(name, str) and name for name in models):
            raise SettingsError(
                "model", str(self.model), "must be a model's name, or names with their shares"
            )
        for name, share in models.items():
            _number(f"share of {name}", share, above=0)
        if not isinstance(self.stream, bool) and not (_is_number(self.stream) and 0 <= self.stream <= 1):
            raise SettingsError("stream", str(self.stream), "must be True, False or a share between 0 and 1")
        prompts = [] if isinstance(self.asked, str) else self.asked
        if not prompts or not all(isinstance(prompt, str) and prompt for prompt in prompts):
            raise SettingsError("prompts", f"{self.prompts!r:.60}", "must be a list of texts, one at least")
        if self.zipf is not None:
            _number("zipf", self.zipf, above=0)
        if self.max_tokens is not None:
            _whole("max_tokens", self.max_tokens)
        if isinstance(self.tags, str):
            raise SettingsError("tags", self.tags, f"must be a list: [{self.tags!r}]")
        for name in _OWN_PARAMETERS:
            if name in self.params:
                raise SettingsError("params", name, "is the plan's own matter: give it to LoadPlan")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _number(name: str, value: Any, *, above: float) -> None:
    if not _is_number(value) or value <= above:
        raise SettingsError(name, str(value), f"must be a number above {above:g}")


def _whole(name: str, value: Any, *, least: int | None = 1) -> None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or (least is not None and value < least):
        raise SettingsError(
            name, str(value), "must be a whole number" + ("" if least is None else f" from {least} on")
        )
