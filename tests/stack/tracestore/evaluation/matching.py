"""Compares an answer with the recorded one.

Ids that the server made differ between any two servers. The first time a recorded one is met, it is bound to the one
that stands in its place; from then on it has to be that one, also in requests. Times that the server set only have to
be times, in the recorded order within their object.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_SERVER_TIMES = ("createdAt", "updatedAt", "lastUpdatedAt", "completedAt", "timestamp", "urlExpiry")
_ADDRESSES = ("uploadUrl", "url")  # signed, here and there in another way
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_CUID = r"cmx2[0-9a-z]{21}"  # all ids of this form were made on the day of the recording
_ID = re.compile(f"(?<![0-9a-zA-Z-])(?:{_UUID}|{_CUID})(?![0-9a-zA-Z-])")
_CURSOR = re.compile(r"eyJ2IjoxL[0-9A-Za-z_-]+")  # of experiments
_OWN_CUID = re.compile(r"c[0-9a-z]{24}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Matching:
    """The ids and times of one replay."""

    def __init__(self, runs: Mapping[str, tuple[str, str]]) -> None:
        self._runs = runs
        self.ids: dict[str, str] = {}  # recorded -> of this store
        self._times: dict[datetime, datetime] = {}
        self._sent: set[str] = set()

    def bind(self, recorded: str, answered: str) -> None:
        """Note that this store's id or time stands for the recorded one."""
        if _TIME.fullmatch(recorded):
            self._times[_read(recorded)] = _read(answered)
        else:
            self.ids[recorded] = answered

    def sent(self, value: Any) -> Any:
        """A request's part with this store's ids in it."""
        if isinstance(value, str):
            self._sent.update(found for found in _ID.findall(value) if found not in self.ids)
            return self._translated(value)
        if isinstance(value, dict):
            return {self._translated(name): self.sent(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.sent(item) for item in value]
        return value

    def moment(self, recorded: str) -> str:
        """The moment of this replay at which the same had happened as at the recorded one."""
        time = _read(recorded)
        before = [ours for theirs, ours in self._times.items() if theirs <= time]
        after = [ours for theirs, ours in self._times.items() if theirs > time]
        if not before:
            return recorded
        last = max(before)
        return _write(last + (min(after) - last) / 2 if after else last + timedelta(milliseconds=1))

    def differences(self, recorded: Any, answered: Any, path: str = "") -> list[str]:
        """What differs, a line each; binds new ids and times."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            return self._of_objects(recorded, answered, path)
        if isinstance(recorded, list) and isinstance(answered, list):
            if len(recorded) != len(answered):
                return [f"{path}: {len(recorded)} items were recorded, {len(answered)} answered"]
            lines = []
            for index, (theirs, ours) in enumerate(zip(recorded, answered, strict=True)):
                lines += self.differences(theirs, ours, f"{path}[{index}]")
            return lines
        if isinstance(recorded, str) and isinstance(answered, str):
            return self._of_texts(recorded, answered, path)
        same = recorded == answered and isinstance(recorded, bool) == isinstance(answered, bool)
        return [] if same else [f"{path}: {recorded!r} was recorded, {answered!r} answered"]

    def _of_objects(self, recorded: dict[str, Any], answered: dict[str, Any], path: str) -> list[str]:
        lines = []
        unknown = [name for name in answered if name not in {self._translated(key) for key in recorded}]
        for key, value in recorded.items():
            name = self._translated(key)
            if name not in answered and unknown and self._may_bind(key, unknown[0]):
                name = unknown.pop(0)
                self.ids[key] = name
            if name not in answered:
                lines.append(f"{path}.{key}: was recorded, is not answered")
            elif key in _ADDRESSES and isinstance(value, str) and "X-Amz-" in value:
                lines += self._of_addresses(answered[name], f"{path}.{key}")
            elif key == "timestamp" and value == answered[name]:
                continue  # a client's
            elif key in _SERVER_TIMES and isinstance(value, str):
                lines += self._of_times(value, answered[name], f"{path}.{key}")
            else:
                lines += self.differences(value, answered[name], f"{path}.{key}")
        lines += [f"{path}.{name}: is answered, was not recorded" for name in unknown]
        # Langfuse stores createdAt of a score in whole seconds, and so not to compare with.
        both = {"createdAt", "updatedAt"} <= set(recorded) & set(answered)
        if both and not recorded["createdAt"].endswith(".000Z") and not lines:
            same = recorded["createdAt"] == recorded["updatedAt"]
            if same != (answered["createdAt"] == answered["updatedAt"]):
                lines.append(f"{path}: createdAt and updatedAt are {'not ' * same}the same")
        return lines

    def _of_texts(self, recorded: str, answered: str, path: str) -> list[str]:
        if self._may_bind(recorded, answered):
            self.ids[recorded] = answered
        expected = self._translated(recorded)
        return [] if expected == answered else [f"{path}: {expected!r} was recorded, {answered!r} answered"]

    def _of_addresses(self, answered: Any, path: str) -> list[str]:
        is_address = isinstance(answered, str) and answered.startswith("http://127.0.0.1:")
        return [] if is_address else [f"{path}: {answered!r} is no address of this store"]

    def _of_times(self, recorded: str, answered: Any, path: str) -> list[str]:
        if not (isinstance(answered, str) and _TIME.fullmatch(answered)):
            return [f"{path}: {answered!r} is no time like {recorded!r}"]
        self._times.setdefault(_read(recorded), _read(answered))
        return []

    def _may_bind(self, recorded: str, answered: str) -> bool:
        if recorded in self.ids or recorded in self._sent or not _ID.fullmatch(recorded):
            return False
        return bool(re.fullmatch(_UUID, answered) if "-" in recorded else _OWN_CUID.fullmatch(answered))

    def _translated(self, text: str) -> str:
        """The text with this store's ids in it, also in a cursor."""
        text = _ID.sub(lambda found: self.ids.get(found[0], found[0]), text)
        for run, (dataset_id, name) in self._runs.items():
            if run in text:
                text = text.replace(run, _experiment_id(self._translated(dataset_id), name))
        return _CURSOR.sub(lambda found: self._of_cursor(found[0]), text)

    def _of_cursor(self, text: str) -> str:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return base64.urlsafe_b64encode(self._translated(decoded).encode()).decode().rstrip("=")


def _experiment_id(dataset_id: str, run_name: str) -> str:
    seed = f'["langfuse-experiment-v1","kit-project","{dataset_id}","{run_name}"]'
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _write(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
