"""Reading a story's YAML with the line of each mistake, and the words of `--fault`. Internal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from gateway_kit.gateway.fault import FaultKind
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.moments import Moment, read_length, read_moment
from gateway_kit.rehearsal.story import ServiceName, StoryEvent

_FAULTS: tuple[str, ...] = get_args(FaultKind)
_SERVICES: tuple[str, ...] = get_args(ServiceName)
# Settings of faults: the range, and which faults have it (None: all).
_STREAMS = ("cut_stream", "stream_error")
_SETTINGS: Mapping[str, tuple[float, float, tuple[str, ...] | None]] = {
    "share": (0.0, 1.0, None),
    "probability": (0.0, 1.0, None),
    "count": (1, 1e9, None),
    "latency_s": (0.0, 3600.0, ("slow",)),
    "retry_after_s": (0, 86400, ("rate_limit",)),
    "hold_s": (0.0, 3600.0, ("timeout",)),
    "after_chunks": (0, 1e6, _STREAMS),
}
_WHOLE = ("count", "retry_after_s", "after_chunks")
_WHOM = ("provider", "model", "deployment")
_FAULT_FIELDS = ("at", "for", "fault", *_WHOM, *_SETTINGS)
_SERVICE_FIELDS = ("at", "service", "gone for", "stop", "restart")
_TIMES = 'a time: "00:10" (mm:ss), "01:00:00", 30s, 2m, or 25% of the calls'


class _MistakeError(Exception):
    """A field that cannot be used, and how to mend it; `field` finds its line."""

    def __init__(self, field: str | None, text: str) -> None:
        super().__init__(text)
        self.field = field


def read_events(name: str, text: str) -> list[StoryEvent]:
    """The events of a story's text, in the order of time; `name` is for the messages."""
    mistakes: list[tuple[int, str]] = []
    events: list[StoryEvent] = []
    for line, lines, fields in _entries(name, text):
        try:
            events.append(_event(line, fields))
        except _MistakeError as mistake:
            mistakes.append((lines.get(mistake.field or "", line), str(mistake)))
    if mistakes:
        listed = "\n".join(f"  {name}:{line}: {mistake}" for line, mistake in mistakes)
        raise RehearsalError(f"The story {name} cannot be carried out:\n{listed}")
    return sorted(events, key=lambda event: (event.at.seconds or 0.0, event.at.share or 0.0))


def event_of_words(text: str) -> StoryEvent:
    """See `story.read_fault`."""
    fields: dict[str, Any] = {}
    try:
        for word in shlex.split(text):
            name, equals, value = word.partition("=")
            if equals:
                fields[name] = value
            elif word in _FAULTS and "fault" not in fields:
                fields["fault"] = word
            elif "provider" not in fields:
                fields["provider"] = word
            else:
                raise _MistakeError(None, f"`{word}` is no fault: {_one_of(word, _FAULTS)}")
        if "fault" not in fields and "service" not in fields:
            unknown = fields.get("provider", "")
            raise _MistakeError(None, f"it names no fault: {_one_of(unknown, _FAULTS)}")
        return _event(0, fields)
    except (_MistakeError, ValueError) as exc:
        raise RehearsalError(
            f"--fault {text!r} cannot be carried out: {exc}. Write it as in: "
            '--fault "azure rate_limit share=0.5", --fault "deployment=gpt-4o-1 slow latency_s=3 at=00:10 for=2m"'
        ) from None


def _entries(name: str, text: str) -> Iterator[tuple[int, dict[str, int], dict[str, Any]]]:
    """Each entry's line, the lines of its fields, and the fields."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        loader = yaml.SafeLoader("")
        if isinstance(root, yaml.MappingNode) and [key.value for key, _ in root.value] == ["story"]:
            root = root.value[0][1]
        if root is None or not isinstance(root, yaml.SequenceNode) or not root.value:
            raise RehearsalError(
                f"The story {name} has no list of events. Each begins with `- at:`, as in:\n"
                '  - at: "00:10"\n    provider: azure\n    fault: slow\n    for: 2m'
            )
        for node in root.value:
            line = node.start_mark.line + 1
            if not isinstance(node, yaml.MappingNode):
                raise RehearsalError(
                    f'{name}:{line}: an event has fields, such as `at: "00:10"` and `fault: slow`'
                )
            lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
            fields: dict[Any, Any] = loader.construct_mapping(node, deep=True)
            yield line, lines, fields
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        why = getattr(exc, "problem", None) or str(exc)
        raise RehearsalError(f"{where}: this is no YAML: {why}. Correct that line") from exc


def _event(line: int, fields: Mapping[Any, Any]) -> StoryEvent:
    given = {str(name).strip().replace("gone_for", "gone for"): value for name, value in fields.items()}
    if ("fault" in given) == ("service" in given):
        what = (
            "has both `fault` and `service`: make two of it"
            if "fault" in given
            else (f"has neither `fault` ({', '.join(_FAULTS)}) nor `service` ({', '.join(_SERVICES)})")
        )
        raise _MistakeError("service" if "fault" in given else None, f"the event {what}")
    known = _FAULT_FIELDS if "fault" in given else _SERVICE_FIELDS
    for name in given:
        if name not in known:
            raise _MistakeError(
                name,
                f"`{name}` is no field of a {'fault' if 'fault' in given else 'service'}: {_one_of(name, known)}",
            )
    at = _time(given, "at", read_moment) or Moment(seconds=0.0)
    return (_fault if "fault" in given else _service)(line, at, given)


def _fault(line: int, at: Moment, given: Mapping[str, Any]) -> StoryEvent:
    kind = given["fault"]
    if kind not in _FAULTS:
        raise _MistakeError("fault", f"`fault: {kind}` is not known: {_one_of(str(kind), _FAULTS)}")
    for name in _WHOM:
        if name in given and (not isinstance(given[name], str) or not given[name].strip()):
            raise _MistakeError(name, f"`{name}` has to be a name, and is {given[name]!r}")
    if "share" in given and "probability" in given:
        raise _MistakeError("probability", "`share` and `probability` are the same: leave one out")
    settings = {
        {"share": "probability"}.get(name, name): _setting(kind, name, given[name])
        for name in _SETTINGS
        if name in given
    }
    whom = {name: given.get(name) for name in _WHOM}
    return StoryEvent(line, at, _time(given, "for", read_length), fault=kind, settings=settings, **whom)


def _service(line: int, at: Moment, given: Mapping[str, Any]) -> StoryEvent:
    service = given["service"]
    if service not in _SERVICES:
        raise _MistakeError(
            "service", f"`service: {service}` is not known: {_one_of(str(service), _SERVICES)}"
        )
    actions = [name for name in ("gone for", "stop", "restart") if name in given]
    if len(actions) != 1:
        raise _MistakeError(
            actions[1] if actions else "service",
            "a service needs one of `gone for: 30s`, `stop: true` and `restart: true`",
        )
    action = actions[0]
    if action != "gone for" and given[action] not in (True, None, "true"):
        raise _MistakeError(
            action, f"`{action}: {given[action]}`: write `{action}: true`, or leave the event out"
        )
    lasts = _time(given, "gone for", read_length)
    return StoryEvent(line, at, lasts, service=service, action="restart" if action == "restart" else "stop")


def _time(given: Mapping[str, Any], name: str, read: Callable[[object], Moment]) -> Moment | None:
    if name not in given:
        return None
    try:
        return read(given[name])
    except ValueError:
        raise _MistakeError(name, f"`{name}: {given[name]}` is no time: write {_TIMES}") from None


def _setting(kind: str, name: str, value: Any) -> float:
    least, most, faults = _SETTINGS[name]
    if faults is not None and kind not in faults:
        raise _MistakeError(name, f"`{name}` is for {' and '.join(faults)}, not for {kind}: leave it out")
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    whole = name in _WHOLE
    fits = least <= number <= most and (not whole or number == int(number)) and (most != 1.0 or number > 0)
    if not fits:
        what = (
            "a share above 0 and at most 1"
            if most == 1.0
            else f"a {'whole ' if whole else ''}number of at least {least:g}"
        )
        raise _MistakeError(name, f"`{name}: {value}` has to be {what}")
    return int(number) if whole else number


def _one_of(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, 1, 0.6)
    listed = ", ".join(known)
    return f"did you mean `{near[0]}`? There are {listed}" if near else f"there are {listed}"
