"""From logged calls to distributions of answer times for the simulated deployments."""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Literal

from gateway_kit.gateway.latency import Latency
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.run_folder import Deployment

# Why a call tells nothing of a provider's times.
LeftOut = Literal["error", "cache_hit", "no_latency", "zero_latency", "absurd_latency", "unknown_model"]

# A longer call is a clock that was set, or seconds that were milliseconds: LiteLLM gives up after 6,000 s.
LONGEST_S = 6_000.0
# Of each distribution so many calls are kept, chosen at random: p95 is then known within 0.5 % of the calls.
KEPT = 10_000
# A distribution is told as so many times at most, each as likely as the others.
TOLD = 1_000
# A deployment's own calls are a distribution of their own from this many on; fewer share their model's.
FEWEST = 20


class LatencyFit(list[Latency]):
    """The distributions, one per deployment that the log tells of.

    left_out  calls that tell nothing of a provider's times, by reason
    shared    label → whose calls its distribution is made of: "deployment" its own, "model" those of its group with
              the same model, "model group" all of its group, "same model" those of another group with that model
    """

    def __init__(self, found: Iterable[Latency], left_out: Counter[LeftOut], shared: dict[str, str]) -> None:
        super().__init__(found)
        self.left_out = left_out
        self.shared = shared


def fit_latencies(
    calls: Iterable[LoggedCall],
    deployments: Sequence[Deployment],
    *,
    overhead_s: float = 0.0,
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> LatencyFit:
    """How long each deployment's answers take by the log, for `gateway.providers.latencies`.

    A call counts for the deployment whose id it has, else for the deployments of its group with the provider's model
    that it has, else for all of its group. A deployment without calls takes after others of its model or its group; one
    that nothing is known of has no distribution, and the simulator keeps its own profile. Cache hits, errors and times
    that cannot be are left out. Memory does not grow with the number of calls.

    Args:
        calls: the log; read once.
        deployments: those of the configuration that is rehearsed.
        aliases: the group that the configuration's other names for it stand for.
        overhead_s: seconds that the rehearsal's own gateway adds to each call; taken off, never below 0.
    """
    finder = _Finder(deployments, aliases)
    left_out: Counter[LeftOut] = Counter()
    pools: dict[_Key, _Pool] = {}
    for call in calls:
        latency_s = call.latency_s
        reason = _unfit(call, latency_s)
        key = None if reason else finder.find(call)
        if key is None or latency_s is None:
            left_out[reason or "unknown_model"] += 1
            continue
        if key not in pools:
            pools[key] = _Pool(seed=len(pools))
        first_s = call.ttft_s if call.ttft_s is not None and 0 < call.ttft_s <= latency_s else None
        pools[key].add(
            max(0.0, latency_s - overhead_s),
            None if first_s is None else max(0.0, first_s - overhead_s),
            stream=call.stream,
        )
    found, shared = [], {}
    for deployment in deployments:
        chosen = finder.best(deployment, pools)
        if chosen is not None:
            found.append(pools[chosen[0]].latency(deployment.label))
            shared[deployment.label] = chosen[1]
    return LatencyFit(found, left_out, shared)


def _unfit(call: LoggedCall, latency_s: float | None) -> LeftOut | None:
    if call.cache_hit:
        return "cache_hit"
    if call.error is not None or (call.status is not None and call.status >= 400):
        return "error"
    if latency_s is None:
        return "no_latency"
    if not math.isfinite(latency_s) or not 0 <= latency_s <= LONGEST_S:
        return "absurd_latency"
    return "zero_latency" if latency_s == 0 else None


# What a pool of calls stands for: ("deployment", labels), ("model", labels) or ("model group", labels).
_Key = tuple[str, tuple[str, ...]]


class _Finder:
    """Which deployments a call tells of."""

    def __init__(self, deployments: Sequence[Deployment], aliases: Mapping[str, str]) -> None:
        self._deployments, self._aliases = deployments, aliases
        self._by_id = {name: one.label for one in deployments for name in (one.label, one.id) if name}
        self._found: dict[tuple[str | None, str, str | None], _Key | None] = {}

    def find(self, call: LoggedCall) -> _Key | None:
        asked = (call.deployment, call.model, call.provider_model)
        if asked not in self._found:
            self._found[asked] = self._find(*asked)
        return self._found[asked]

    def _find(self, deployment: str | None, group: str, provider_model: str | None) -> _Key | None:
        if deployment in self._by_id:
            return "deployment", (self._by_id[deployment],)
        group = self._aliases.get(group, group)
        in_group = [one for one in self._deployments if _serves(one, group)]
        if provider_model:
            same = [one for one in in_group or self._deployments if _is_model(one, provider_model)]
            if same:
                return "model", tuple(one.label for one in same)
        return ("model group", tuple(one.label for one in in_group)) if in_group else None

    def best(self, deployment: Deployment, pools: dict[_Key, _Pool]) -> tuple[_Key, str] | None:
        """The calls that stand for a deployment, and whose they are.

        The narrowest of its own pools with enough calls, else its largest. A deployment that the log does not know
        takes after those of the same model, else after those of its group.
        """
        own = _largest_last(pools, {deployment.label})
        if own:
            order = {"deployment": 0, "model": 1, "model group": 2}
            enough = sorted(
                (key for key in own if pools[key].calls >= FEWEST),
                key=lambda key: (order[key[0]], len(key[1])),
            )
            best = enough[0] if enough else own[-1]
            return best, best[0]
        alike = [one for one in self._deployments if _is_model(one, deployment.model)]
        beside = [one for one in self._deployments if one.model_name == deployment.model_name]
        for others, whose in ((alike, "same model"), (beside, "model group")):
            if taken := _largest_last(pools, {one.label for one in others}):
                return taken[-1], whose
        return None


def _largest_last(pools: dict[_Key, _Pool], labels: set[str]) -> list[_Key]:
    """The pools that tell of one of these deployments."""
    return sorted((key for key in pools if labels & set(key[1])), key=lambda key: pools[key].calls)


def _serves(deployment: Deployment, group: str) -> bool:
    return deployment.model_name == group or (
        "*" in deployment.model_name and fnmatchcase(group, deployment.model_name)
    )


def _is_model(deployment: Deployment, provider_model: str) -> bool:
    """Whether LiteLLM's name of a model (`azure/gpt-4o`) is the deployment's; either may lack the provider."""
    names = {deployment.model, deployment.model.partition("/")[2] or deployment.model}
    return provider_model in names or provider_model.partition("/")[2] in names


@dataclass
class _Pool:
    """Calls that share a distribution: a random choice of them, as large as it may be."""

    seed: int
    calls: int = 0
    whole: _Reservoir = field(init=False)
    streams: _Reservoir = field(init=False)
    firsts: _Reservoir = field(init=False)

    def __post_init__(self) -> None:
        self.whole, self.streams, self.firsts = (_Reservoir(self.seed * 3 + place) for place in range(3))

    def add(self, latency_s: float, ttft_s: float | None, *, stream: bool) -> None:
        self.calls += 1
        (self.streams if stream else self.whole).add(latency_s)
        if stream and ttft_s is not None:
            self.firsts.add(ttft_s)

    def latency(self, label: str) -> Latency:
        return Latency(
            deployment=label,
            whole_s=self.whole.quantiles(),
            ttft_s=self.firsts.quantiles(),
            stream_s=self.streams.quantiles(),
            calls=self.calls,
        )


class _Reservoir:
    """At most `KEPT` numbers of any many, each with the same chance (Vitter's algorithm R)."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # a sample, no secret
        self._seen = 0
        self._kept = array("d")

    def add(self, value: float) -> None:
        self._seen += 1
        if len(self._kept) < KEPT:
            self._kept.append(value)
            return
        place = int(self._random.random() * self._seen)
        if place < KEPT:
            self._kept[place] = value

    def quantiles(self) -> tuple[float, ...]:
        """All numbers in order; of many, those in the middles of equal shares."""
        ordered = sorted(self._kept)
        if len(ordered) > TOLD:
            ordered = [ordered[int((step + 0.5) * len(ordered) / TOLD)] for step in range(TOLD)]
        return tuple(round(value, 6) for value in ordered)
