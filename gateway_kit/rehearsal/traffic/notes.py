"""What the reader of a report has to know of a log: what was assumed, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_kit.rehearsal.traffic.reading import Reading
from gateway_kit.rehearsal.traffic.summary import Counts


def notes(counts: Counts, reading: Reading, mapped: Mapping[str, str]) -> list[str]:
    """Sentences on the whole log."""
    found: list[str] = []
    if reading.unzoned:
        found.append(f"{_of(reading.unzoned, 'time')} without a zone: taken as UTC.")
    if counts.without_time == counts.calls:
        found.append("The log has no times: its calls are made in its order, as fast as it goes.")
    elif counts.without_time:
        found.append(
            f"{_of(counts.without_time, 'call')} without a time: made right after the one before it in the file."
        )
    if not counts.in_order:
        found.append("The log is not in order of time: its calls were sorted.")
    found += [
        f"The log's {name!r} does not say its unit: taken as {unit}."
        for name, unit in reading.units().items()
    ]
    for endpoint, count in reading.converted.items():
        found.append(f"{_of(count, 'call')} of {endpoint}: made as chat completions.")
    found += [f"Left out: {_of(count, what)}." for what, count in reading.left_out.items()]
    if counts.models.get(""):
        found.append(
            f"{_of(counts.models[''], 'call')} without a model: --map =NAME says which model they ask for."
        )
    unused = [name for name in mapped if name and name not in reading.replaced]
    found += [f"--map {name}={mapped[name]}: no call asks for {name!r}." for name in unused]
    return found


def _of(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 or what.endswith('s') else 's'}"
