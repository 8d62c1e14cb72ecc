"""Fields that logs name in many ways: times, durations, tokens, money, who asked, what for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.usage import read_usage

Names = tuple[str, ...]

# Names are compared without case, blanks, hyphens and underscores.
TIMES: Names = (
    "timestamp", "@timestamp", "time", "ts", "starttime", "startedat", "start", "starttimestamp", "requesttime",
    "requestedat", "requestcreatedat", "requesttimestamp", "createdat", "created", "datetime", "date", "eventtime",
    "timereceived", "receivedat", "loggedat", "when", "at", "timeofgeneration", "starttimeunixnano",
)  # fmt: skip
ENDS: Names = ("endtime", "endedat", "end", "endtimestamp", "responsecreatedat", "completedat", "finishedat")
FIRSTS: Names = ("completionstarttime", "firsttokentime", "firsttokenat")
DURATIONS: Names = (
    "latency", "duration", "responsetime", "elapsed", "elapsedtime", "totaltime", "totallatency", "requestlatency",
    "requestduration", "delay", "tooktime", "took", "runtime", "timetaken", "processingtime", "e2elatency", "total",
)  # fmt: skip
FIRST_DURATIONS: Names = (
    "ttft",
    "timetofirsttoken",
    "firsttokenlatency",
    "timetofirstbyte",
    "ttfb",
    "firsttoken",
)
PROMPT_TOKENS: Names = (
    "prompttokens", "inputtokens", "tokensin", "requnits", "requesttokens", "numinputtokens", "tokensinput",
    "numprompttokens", "inputtokencount", "prompttokencount", "promptusage", "inputusage", "tokensprompt",
)  # fmt: skip
COMPLETION_TOKENS: Names = (
    "completiontokens", "outputtokens", "tokensout", "resunits", "responsetokens", "numoutputtokens", "tokensoutput",
    "numcompletiontokens", "outputtokencount", "completiontokencount", "completionusage", "outputusage",
    "tokenscompletion", "generatedtokens",
)  # fmt: skip
CACHED_TOKENS: Names = ("cachedtokens", "cachereadtokens", "cachereadinputtokens", "promptcachereadtokens")
CACHE_WRITE_TOKENS: Names = ("cachewritetokens", "cachecreationinputtokens", "promptcachewritetokens")
REASONING_TOKENS: Names = ("reasoningtokens", "thinkingtokens")
COSTS: Names = (
    "cost",
    "costusd",
    "responsecost",
    "spend",
    "totalcost",
    "price",
    "totalprice",
    "usd",
    "amountusd",
)
STATUSES: Names = (
    "status",
    "statuscode",
    "httpstatus",
    "responsestatus",
    "responsestatuscode",
    "code",
    "httpstatuscode",
)
ERRORS: Names = ("error", "errormessage", "errorstr", "exception", "statusmessage")
KEYS: Names = (
    "keyalias", "apikeyalias", "keyname", "apikeyname", "virtualkey", "key", "apikey", "apikeyhash", "keyhash", "keyid",
    "apikeyid", "consumer", "client", "clientid", "application", "app",
)  # fmt: skip
TEAMS: Names = (
    "teamalias",
    "team",
    "teamname",
    "teamid",
    "workspace",
    "workspaceslug",
    "department",
    "group",
    "project",
)
USERS: Names = (
    "enduser",
    "user",
    "userid",
    "requestuserid",
    "username",
    "useremail",
    "customer",
    "customerid",
    "author",
)
TAGS: Names = ("tags", "requesttags", "tag", "feature", "usecase", "task", "label", "labels")
MODELS: Names = (
    "model",
    "requestmodel",
    "modelgroup",
    "modelname",
    "aimodel",
    "modelrequested",
    "requestedmodel",
    "llm",
)
ANSWERING_MODELS: Names = ("providermodel", "responsemodel", "modelused", "provideranswered")
STREAMS: Names = ("stream", "streaming", "streamed", "isstream", "isstreaming")
CACHE_HITS: Names = ("cachehit", "cached", "cachestatus", "iscached", "fromcache", "cacheenabledhit")
ENDPOINTS: Names = (
    "endpoint", "path", "url", "uri", "requestpath", "requesturl", "route", "calltype", "operation", "requesttype",
    "targetpath", "requesturi", "kind",
)  # fmt: skip

_UNIT = re.compile(
    r"[_\- ]?\(?(ns|us|ms|msec|millis|milliseconds|s|sec|secs|seconds)\)?$|(?<=[a-z])(Ms|Seconds|Sec)$"
)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "milliseconds": 1e-3}
_NOT_IN_NAMES = str.maketrans("", "", "_- .")
_TRUE, _FALSE = ("true", "1", "yes", "hit", "t"), ("false", "0", "no", "miss", "f", "none", "disabled")


def plain(name: str) -> str:
    """A name as it is compared with those above."""
    return name.translate(_NOT_IN_NAMES).lower()


class Named:
    """A record's values, found by any of several names."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = {}
        for name in record:
            self._names.setdefault(plain(name), name)
        self.record = record

    def first(self, names: Iterable[str]) -> tuple[Any, str]:
        """The first value that is neither missing nor empty, with its name in the record; else None and ""."""
        for name in names:
            given = self._names.get(name)
            if given is not None:
                value = self.record[given]
                if value is not None and value != "":
                    return value, given
        return None, ""

    def durations(self, names: Iterable[str]) -> tuple[Any, str, float | None]:
        """As `first`, also for names that end in a unit, which is the third, in seconds; None without one."""
        wanted = set(names)
        for plain_name, given in self._names.items():
            if plain_name in wanted:
                unit = None
            else:
                found = _UNIT.search(given)
                if found is None or plain(given[: found.start()]) not in wanted:
                    continue
                unit = _SECONDS.get((found[1] or found[2]).lower(), 1.0)
            value = self.record[given]
            if value is not None and value != "" and not isinstance(value, Mapping | list):
                return value, given, unit
        return None, "", None


def common_fields(named: Named, reading: Reading) -> Fields:
    """What a record says of its call beside the request: all fields but kind, body and stream."""
    fields: Fields = {}
    value, name = named.first(TIMES)
    fields["at"] = reading.time(value, name)
    _add_durations(fields, named, reading)
    for field, names in (
        ("prompt_tokens", PROMPT_TOKENS),
        ("completion_tokens", COMPLETION_TOKENS),
        ("cached_tokens", CACHED_TOKENS),
        ("cache_write_tokens", CACHE_WRITE_TOKENS),
        ("reasoning_tokens", REASONING_TOKENS),
    ):
        value, name = named.first(names)
        if value is not None:
            fields[field] = reading.count(value, name)
    usage, _ = named.first(("usage", "tokenusage", "tokens", "usageobject"))
    fields |= read_usage(usage, reading)
    value, name = named.first(COSTS)
    if value is not None and not isinstance(value, Mapping):
        fields["cost_usd"] = reading.amount(value, name)
    _add_outcome(fields, named)
    for field, names in (("key", KEYS), ("team", TEAMS), ("user", USERS), ("model", MODELS)):
        value, _ = named.first(names)
        if isinstance(value, Mapping):
            value = value.get("alias") or value.get("name") or value.get("username") or value.get("id")
        if isinstance(value, str | int) and not isinstance(value, bool):
            fields[field] = str(value)
    value, _ = named.first(ANSWERING_MODELS)
    if isinstance(value, str):
        fields["provider_model"] = value
    value, _ = named.first(TAGS)
    fields["tags"] = read_tags(value)
    return fields


def _add_durations(fields: Fields, named: Named, reading: Reading) -> None:
    at = fields["at"]
    field: str
    names: Names
    moments: Names
    for field, names, moments in (("latency_s", DURATIONS, ENDS), ("ttft_s", FIRST_DURATIONS, FIRSTS)):
        value, name, unit = named.durations(names)
        if value is not None:
            fields[field] = reading.seconds(value, name, unit)
            continue
        value, name = named.first(moments)
        moment = reading.time(value, name) if at is not None else None
        if moment is not None and at is not None:
            if moment >= at:
                fields[field] = moment - at
            else:
                reading.remark("bad time", f"{name} is before the start")


def _add_outcome(fields: Fields, named: Named) -> None:
    value, _ = named.first(STATUSES)
    fields["status"] = read_status(value)
    value, _ = named.first(ERRORS)
    if isinstance(value, Mapping):
        value = value.get("message") or value.get("type") or value.get("code")
    if isinstance(value, str) and value.lower() not in _FALSE:
        fields["error"] = value
    value, _ = named.first(CACHE_HITS)
    fields["cache_hit"] = read_flag(value)
    value, _ = named.first(STREAMS)
    if (stream := read_flag(value)) is not None:
        fields["stream"] = stream


def read_status(value: Any) -> int | None:
    """An HTTP status; `success` counts as 200."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("success", "succeeded", "ok", "completed"):
            return 200
        value = int(text) if text.isdecimal() and len(text) == 3 else None
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    return None


def read_flag(value: Any) -> bool | None:
    """True or False, also from text and numbers; None for all else."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def read_tags(value: Any) -> tuple[str, ...]:
    """Tags from a list, from `a,b`, from `["a","b"]` or from PostgreSQL's `{a,b}`."""
    if isinstance(value, list | tuple):
        return tuple(str(tag) for tag in value if isinstance(tag, str | int) and str(tag))
    if not isinstance(value, str) or not value.strip():
        return ()
    text = value.strip()
    if text[0] + text[-1] in ("[]", "{}"):
        text = text[1:-1]
    return tuple(tag for part in text.split(",") if (tag := part.strip().strip("\"'")))


_OF_LOG = frozenset(
    {*TIMES, *ENDS, *FIRSTS, *DURATIONS, *FIRST_DURATIONS, *PROMPT_TOKENS, *COMPLETION_TOKENS, *CACHED_TOKENS}
    | {*CACHE_WRITE_TOKENS, *REASONING_TOKENS, *COSTS, *STATUSES, *ERRORS, *KEYS, *TEAMS, *ANSWERING_MODELS}
    | {
        *CACHE_HITS,
        *ENDPOINTS,
        "response",
        "responsebody",
        "output",
        "answer",
        "completion",
        "usage",
        "totaltokens",
    }
    | {"id", "requestid", "method", "headers", "provider"}
)


def is_of_log(name: str) -> bool:
    """Whether a field beside those of a bare request is the log's own."""
    if plain(name) in _OF_LOG:
        return True
    unit = _UNIT.search(name)
    return unit is not None and plain(name[: unit.start()]) in {*DURATIONS, *FIRST_DURATIONS}
