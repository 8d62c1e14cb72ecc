"""A run as text, JSON and a file."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gateway_kit.errors import SettingsError
from gateway_kit.load.result import LoadRun

if TYPE_CHECKING:
    import pandas as pd

# Heading → column of the summary, and its number format.
_COLUMNS = {
    "calls": ("requests", "{:.0f}"),
    "failed": ("failures", "{:.0f}"),
    "calls/s": ("requests_per_s", "{:.1f}"),
    "n": ("n", "{:.0f}"),
    "p50 s": ("latency_p50_s", "{:.3f}"),
    "p95 s": ("latency_p95_s", "{:.3f}"),
    "since due p50 s": ("latency_from_schedule_p50_s", "{:.3f}"),
    "since due p95 s": ("latency_from_schedule_p95_s", "{:.3f}"),
    "first token p50 s": ("ttft_p50_s", "{:.3f}"),
    "cache hits": ("cache_hits", "{:.0f}"),
    "tokens": ("tokens", "{:.0f}"),
    "USD": ("cost_usd", "{:.6f}"),
}
_FILES = (".csv", ".jsonl")


def summary_text(run: LoadRun) -> str:
    """The run's summary as a table for the terminal, whose p95 are of too few calls, and the most frequent errors."""
    summary = run.summary
    # A closed loop has no schedule, and without streams there is no first token.
    shown = {title: how for title, how in _COLUMNS.items() if summary[how[0]].notna().any()}
    table = Table(
        title=f"{run.plan.describe()}: {run.ended}", title_justify="left", box=SIMPLE_HEAD, title_style=""
    )
    table.add_column("model")
    for title in shown:
        table.add_column(title, justify="right")
    for model, row in summary.iterrows():
        cells = [form.format(row[name]) if row[name] == row[name] else "" for name, form in shown.values()]
        table.add_row(str(model), *cells)
    errors = run.calls["error"].value_counts()
    lines = [*_too_few(summary), *(f"  {count} times: {text}" for text, count in errors.head(5).items())]
    return "\n".join([_printed(table), *lines])


def _too_few(summary: pd.DataFrame) -> list[str]:
    from gateway_kit.metrics.percentiles import least_calls

    least = least_calls(95)
    few = [f"{model} (n={n})" for model, n in summary["n"].items() if 0 < n < least]
    return [f"  Of fewer than {least} calls p95 is just the slowest one: {', '.join(few)}"] if few else []


def capacity_text(sheet: pd.DataFrame) -> str:
    """A capacity sheet, as `metrics.capacity_sheet` returns it, as a table for the terminal."""
    table = Table(box=SIMPLE_HEAD)
    for title in ("quantity", "value", "unit", "arithmetic", "source"):
        table.add_column(title, justify="right" if title == "value" else "left")
    for _, row in sheet.iterrows():
        value = f"{row['value']:,.2f}" if row["value"] < 100 else f"{row['value']:,.0f}"
        words = (str(row[name]) for name in ("unit", "arithmetic", "source"))
        table.add_row(str(row["quantity"]), value.removesuffix(".00"), *words)
    return _printed(table)


def _printed(table: Table) -> str:
    # As wide as its content: a line broken in two is hard to read.
    console = Console(file=StringIO(), width=1000, highlight=False, force_jupyter=False)
    console.print(table)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # StringIO, given above
    return "\n".join(line.rstrip() for line in text.splitlines())


def summary_json(run: LoadRun) -> str:
    """How the run ended and its summary, a row per model, as JSON."""
    rows = json.loads(run.summary.reset_index().to_json(orient="records"))
    return json.dumps({"ended": run.ended, "workers": run.workers, "summary": rows}, indent=2)


def check_file(path: Path) -> None:
    """Raise SettingsError if `write_calls` could not write, before the load is made."""
    if path.suffix not in _FILES:
        raise SettingsError("--out", str(path), f"must end with {' or '.join(_FILES)}")
    if not path.absolute().parent.is_dir():
        raise SettingsError("--out", str(path), f"there is no folder {path.absolute().parent}")
    if path.is_dir():
        raise SettingsError("--out", str(path), "is a folder; a file is needed")
    try:
        path.open("ab").close()
    except OSError as exc:
        raise SettingsError("--out", str(path), f"cannot be written: {exc.strerror}") from exc


def write_calls(run: LoadRun, path: Path) -> None:
    """Write a row per call with the columns of `calls` and `arrivals`: as CSV, or one JSON object per line."""
    rows: pd.DataFrame = run.calls.join(run.arrivals)
    if path.suffix == ".csv":
        rows.to_csv(path, index=False)
    else:
        rows.to_json(path, orient="records", lines=True, date_format="iso", date_unit="us")
