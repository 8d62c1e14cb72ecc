"""From what a call costs, measured, and a wanted load to replicas, cores, memory and connections: a capacity sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

CAPACITY = Table(
    Column("quantity", "string", "what is needed"),
    Column("value", "float64", "how much"),
    Column("unit", "string", "of what"),
    Column("arithmetic", "string", "how the value follows from others"),
    Column("source", "string", "where the figures come from: measured, wanted, or whose number"),
)

# Of every PostgreSQL, unless set: connections for administrators alone, and the most in all.
RESERVED_CONNECTIONS, MAX_CONNECTIONS = 3, 100
# From so many gateways or requests a second on, spend should be collected in Redis before it is written.
BUFFER_FROM_INSTANCES, BUFFER_FROM_REQUESTS_PER_S = 10, 1000
_NAMES = {
    "query_engine": "query engines",
    "tracing": "the trace store",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "balancer": "the load balancer",
}

_MEASURED, _WANTED = "measured (n={calls:,})", "wanted"
_PRODUCTION_PAGE = "LiteLLM: docs.litellm.ai/docs/proxy/prod"
_POSTGRES = "PostgreSQL's default"


@dataclass(frozen=True)
class Footprint:
    """What a call costs and what a replica holds, as `load.measure_footprint` measures it.

    calls                    that were measured
    cpu_ms                   service → milliseconds of CPU time per call that is not streamed
    stream_cpu_ms_per_token  service → milliseconds more for each token of a stream
    tokens_per_request       that models wrote per call
    replicas, workers        gateways that were measured, and the worker processes of each
    replica_mb               MB (10⁶ bytes) of a replica that shares memory with nothing, as in a container of its own
    copy_mb                  MB that a further replica takes on one machine, where replicas are copies of one process
    service_mb               service → MB
    pool                     connections to PostgreSQL that a worker may open
    database_connections     that a worker had open
    redis_connections        likewise, to Redis
    redis_operations         commands to Redis per call
    spend_row_bytes          bytes of a row of the spend log, with its indexes; 0 if not known
    """

    calls: int
    cpu_ms: Mapping[str, float]
    stream_cpu_ms_per_token: Mapping[str, float] = field(default_factory=dict)
    tokens_per_request: float = 0.0
    replicas: int = 1
    workers: int = 1
    replica_mb: float = 0.0
    copy_mb: float = 0.0
    service_mb: Mapping[str, float] = field(default_factory=dict)
    pool: int = 10
    database_connections: float = 0.0
    redis_connections: float = 0.0
    redis_operations: float = 0.0
    spend_row_bytes: float = 0.0


@dataclass(frozen=True)
class WantedLoad:
    """The load to plan for.

    requests_per_s  at the busiest time
    stream_share    part of the calls that are streamed, from 0 to 1
    tokens_per_s    that models write in all answers; by default as many per call as measured
    headroom        part of each core that stays free, for bursts and for what was not measured
    spare           replicas more than the load needs, for one that is restarted or lost
    workers         worker processes of each replica
    max_connections  of PostgreSQL, as it is set now
    """

    requests_per_s: float
    stream_share: float = 0.5
    tokens_per_s: float | None = None
    headroom: float = 0.4
    spare: int = 1
    workers: int = 1
    max_connections: int = MAX_CONNECTIONS

    def __post_init__(self) -> None:
        """Raise ValueError for what no load can be."""
        if not (self.requests_per_s > 0 and math.isfinite(self.requests_per_s)):
            raise ValueError(f"requests_per_s is {self.requests_per_s}: it must be above 0")
        if not 0 <= self.stream_share <= 1:
            raise ValueError(f"stream_share is {self.stream_share}: it must lie between 0 and 1")
        if self.tokens_per_s is not None and not self.tokens_per_s >= 0:
            raise ValueError(f"tokens_per_s is {self.tokens_per_s}: it must be at least 0")
        if not 0 <= self.headroom < 1:
            raise ValueError(f"headroom is {self.headroom}: it must be at least 0 and below 1")
        for name, least in (("spare", 0), ("workers", 1), ("max_connections", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be at least {least}")


def capacity_sheet(measured: Footprint, wanted: WantedLoad) -> pd.DataFrame:
    """What a wanted load needs, one row per quantity, each with its arithmetic and the source of its figures.

    CPU times are those of the measured machine and configuration, and are taken to grow in proportion to the calls: an
    estimate for other machines. What nobody measured is not in it: providers, the network, long histories, big bodies.

    Returns:
        - `quantity` (string): what is needed
        - `value` (float64): how much
        - `unit` (string): of what
        - `arithmetic` (string): how the value follows from others
        - `source` (string): where the figures come from: measured, wanted, or whose number

    Example:
        >>> footprint = load.measure_footprint(LoadPlan(duration_s=10, unique=True))
        >>> metrics.capacity_sheet(footprint, metrics.WantedLoad(requests_per_s=200, stream_share=0.5))
    """
    return CAPACITY.frame(_rows(measured, wanted))


_Row = tuple[str, float, str, str, str]


def _rows(measured: Footprint, wanted: WantedLoad) -> Iterator[_Row]:
    seen = _MEASURED.format(calls=measured.calls)
    rate, share = wanted.requests_per_s, wanted.stream_share
    yield "requests", rate, "/s", f"{share:.0%} of them streamed", _WANTED
    tokens_per_s = wanted.tokens_per_s
    if tokens_per_s is None:
        tokens_per_s = rate * measured.tokens_per_request
        yield "tokens", tokens_per_s, "/s", f"{_n(rate)}/s * {_n(measured.tokens_per_request)} per call", seen
    else:
        yield "tokens", tokens_per_s, "/s", "that models write", _WANTED
    streamed = tokens_per_s * share
    yield "streamed tokens", streamed, "/s", f"{_n(tokens_per_s)}/s * {share:.0%}", _WANTED

    cores = {name: _cores(measured, name, rate, streamed) for name in measured.cpu_ms}
    used = cores.pop("gateway", (0.0, ""))
    yield "cores that gateways keep busy", used[0], "cores", used[1], seen
    free = 1 - wanted.headroom
    workers = math.ceil(round(used[0] / free, 9)) or 1
    yield (
        "workers", workers, "processes",
        f"{_n(used[0])} / (1 - {wanted.headroom:g}), rounded up: a worker, one Python process, fills one core at most",
        "wanted headroom",
    )  # fmt: skip
    needed = math.ceil(workers / wanted.workers)
    replicas = needed + wanted.spare
    yield (
        "replicas", replicas, "gateways",
        f"{workers} / {wanted.workers}, rounded up, + {wanted.spare} spare, for one that is restarted or lost", _WANTED,
    )  # fmt: skip
    for name, (busy, arithmetic) in cores.items():
        spread = f"({arithmetic})" if "+" in arithmetic else arithmetic
        yield f"cores of {_NAMES.get(name, name)}", busy / free, "cores", f"{spread} / {free:g}", seen
    others = sum(busy / free for busy, _ in cores.values())
    workers_in_all = replicas * wanted.workers
    yield (
        "cores in all", workers_in_all + others, "cores",
        f"{replicas} * {wanted.workers} + {_n(others)}", "the lines above",
    )  # fmt: skip
    yield from _memory(measured, wanted, replicas, seen)
    yield from _connections(measured, wanted, workers_in_all, seen)
    operations = rate * measured.redis_operations
    yield (
        "commands to Redis", operations, "/s",
        f"{_n(rate)}/s * {_n(measured.redis_operations)} per call", seen,
    )  # fmt: skip
    buffer = workers_in_all >= BUFFER_FROM_INSTANCES or rate >= BUFFER_FROM_REQUESTS_PER_S
    yield (
        "use_redis_transaction_buffer", float(buffer), "1: yes, 0: no",
        f"yes from {BUFFER_FROM_INSTANCES} instances or {BUFFER_FROM_REQUESTS_PER_S:,} requests/s on; "
        f"here {workers_in_all} and {_n(rate)}", _PRODUCTION_PAGE,
    )  # fmt: skip
    rows = rate * 86_400
    yield (
        "rows of the spend log",
        rows,
        "a day",
        f"{_n(rate)}/s * 86,400 s, if it is as busy all day",
        _WANTED,
    )
    if measured.spend_row_bytes:
        row = measured.spend_row_bytes
        yield "size of the spend log", rows * row / 1e9, "GB a day", f"{_n(rows)} * {_n(row)} bytes", seen


def _cores(measured: Footprint, name: str, rate: float, streamed: float) -> tuple[float, str]:
    """The cores that a service keeps busy, and how they are computed."""
    call_ms, token_ms = measured.cpu_ms[name], measured.stream_cpu_ms_per_token.get(name, 0.0)
    arithmetic = f"{_n(rate)}/s * {_n(call_ms)} ms"
    if streamed and token_ms:
        arithmetic += f" + {_n(streamed)}/s * {_n(token_ms)} ms a streamed token"
    return (rate * call_ms + streamed * token_ms) / 1000, arithmetic


def _memory(measured: Footprint, wanted: WantedLoad, replicas: int, seen: str) -> Iterator[_Row]:
    # A replica's workers are alike, and have a query engine each.
    each_mb = measured.replica_mb / measured.workers * wanted.workers
    yield (
        "memory of the replicas", replicas * each_mb, "MB",
        f"{replicas} * {_n(each_mb)} MB, each in a container of its own", seen,
    )  # fmt: skip
    if measured.copy_mb:
        copy_mb = measured.copy_mb / measured.workers * wanted.workers
        yield (
            "memory of the replicas on one machine", replicas * copy_mb, "MB",
            f"{replicas} * {_n(copy_mb)} MB, as copies of one process", seen,
        )  # fmt: skip
    yield (
        "memory to allow each replica", 4096.0 * wanted.workers, "MB",
        f"4 GiB * {wanted.workers}: it grows with open streams and large bodies", _PRODUCTION_PAGE,
    )  # fmt: skip
    for name, used_mb in measured.service_mb.items():
        yield f"memory of {_NAMES.get(name, name)}", used_mb, "MB", "as measured; data comes on top", seen


def _connections(measured: Footprint, wanted: WantedLoad, workers: int, seen: str) -> Iterator[_Row]:
    # A rolling restart has one replica more for a while.
    most = workers + wanted.workers
    pools = most * measured.pool
    yield (
        "connections to PostgreSQL, at most", pools, "connections",
        f"({workers} workers + {wanted.workers} during a rolling restart) * {measured.pool} of each pool",
        "the pool's setting",
    )  # fmt: skip
    held = workers * measured.database_connections
    yield (
        "connections to PostgreSQL, as measured", held, "connections",
        f"{workers} * {_n(measured.database_connections)} that a worker had open", seen,
    )  # fmt: skip
    yield (
        "max_connections of PostgreSQL", pools + RESERVED_CONNECTIONS, "connections",
        f"{pools} + {RESERVED_CONNECTIONS} reserved for administrators; other clients come on top", _POSTGRES,
    )  # fmt: skip
    whose = _POSTGRES if wanted.max_connections == MAX_CONNECTIONS else _WANTED
    fits = (wanted.max_connections - RESERVED_CONNECTIONS) // most
    yield (
        "database_connection_pool_limit that fits", fits, "connections",
        f"({wanted.max_connections} - {RESERVED_CONNECTIONS}) / {most} workers, rounded down; "
        "at 0 raise max_connections or put PgBouncer in front", whose,
    )  # fmt: skip
    yield (
        "connections to Redis", most * measured.redis_connections, "connections",
        f"{most} * {_n(measured.redis_connections)} that a worker had open", seen,
    )  # fmt: skip


def _n(value: float) -> str:
    """A number with three significant digits, thousands separated."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
