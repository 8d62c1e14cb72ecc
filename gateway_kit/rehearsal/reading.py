"""The files of a run's folder as dataclasses and DataFrames; what cannot be read is counted or named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from gateway_kit.common.tables import Table
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.run_folder import RUN, Deployment, Replaced, RunFacts

_Made = TypeVar("_Made", RunFacts, Deployment, Replaced)


@dataclass(frozen=True)
class Rows:
    """The rows of a file, and how many of its lines are no rows: the last one of a run that was broken off."""

    frame: pd.DataFrame
    unread: int


def read_facts(folder: Path) -> RunFacts:
    """What was rehearsed in this folder. Raises RehearsalError if there is no such file, or another one."""
    path = folder / RUN
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise RehearsalError(
            f"{path} cannot be read: {exc.strerror}. Give the folder that gateway-kit rehearse wrote (--out)."
        ) from exc
    except ValueError as exc:
        raise RehearsalError(f"{path} is damaged: {exc}. Rehearse again.") from exc
    if not isinstance(read, dict):
        raise RehearsalError(f"{path} is damaged: it holds no object. Rehearse again.")
    try:
        facts = _known(RunFacts, read)
        facts["deployments"] = tuple(
            Deployment(**_known(Deployment, row)) for row in facts.get("deployments", ())
        )
        facts["replaced"] = tuple(Replaced(**_known(Replaced, row)) for row in facts.get("replaced", ()))
        return RunFacts(**facts)
    except (TypeError, AttributeError) as exc:
        raise RehearsalError(
            f"{path} is damaged: {exc}. Rehearse again with this version of the kit."
        ) from exc


def _known(made: type[_Made], row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that this version knows, so that a folder of a later one can be read too."""
    return {field.name: row[field.name] for field in fields(made) if field.name in row}


def read_rows(path: Path, table: Table) -> Rows:
    """The rows of a file of JSON lines, with the table's columns and dtypes; none if there is no file."""
    rows: list[dict[str, Any]] = []
    unread = 0
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    row = json.loads(line)
                except ValueError:
                    unread += bool(line.strip())
                    continue
                if isinstance(row, dict):
                    rows.append(row)
                else:
                    unread += 1
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise RehearsalError(f"{path} cannot be read: {exc.strerror}.") from exc
    columns = {}
    for name, dtype in table.dtypes.items():
        values = [row.get(name) for row in rows]
        try:
            columns[name] = _column(values, dtype)
        except (TypeError, ValueError, OverflowError) as exc:
            raise RehearsalError(f"{path} has a value in {name} that is no {dtype}: {exc}") from exc
    return Rows(pd.DataFrame(columns, columns=table.columns), unread)


def _column(values: list[Any], dtype: str) -> pd.Series[Any]:
    """Not by `Table.frame`, for which a missing bool is true, and which takes four times as long."""
    if dtype == "bool":
        return pd.Series([value is True for value in values], dtype="bool")
    if dtype.startswith("datetime64"):
        return _times(values)
    if dtype == "float64":
        return pd.Series(np.array([np.nan if value is None else value for value in values], dtype="float64"))
    if dtype == "string":
        return pd.Series([None if value is None else _text(value) for value in values], dtype="string")
    return pd.Series(values, dtype=dtype)


def _text(value: Any) -> str:
    """A value as text; half of a character, which JSON can hold, could not be written to a file."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _times(values: list[Any]) -> pd.Series[Any]:
    """Times as ISO 8601 text, or as seconds since 1970."""
    if any(isinstance(value, int | float) for value in values):
        return pd.Series(pd.to_datetime(values, utc=True, unit="s").as_unit("ns"))
    return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601").as_unit("ns"))
