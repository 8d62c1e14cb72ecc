"""`gateway-kit rehearse-cache`: what a semantic cache would have done with logged prompts."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway_kit.cli.group import check_folder

if TYPE_CHECKING:
    from gateway_kit.rehearsal.study.texts import Embedded

# Without a terminal a line is printed so often.
_LINE_EVERY_S = 5.0


@click.command("rehearse-cache")
@click.argument("traffic", required=False, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("out/cache-study"), show_default=True, metavar="DIR",
    help="The study's folder, labels included.",
)  # fmt: skip
@click.option(
    "--threshold", "thresholds", type=float, multiple=True, metavar="T",
    help="A least similarity; may be repeated.  [default: 11 from 0.6 to 0.98]",
)  # fmt: skip
@click.option(
    "--ttl", "ttl_s", type=float, metavar="S", help="Seconds that an answer is kept.  [default: for ever]"
)
@click.option(
    "--last-user", is_flag=True, help="Embed the last user text alone, not all messages as LiteLLM does."
)
@click.option(
    "--separate", "separated", type=click.Choice(["key", "user", "nobody"]), default="key", show_default=True,
    help="Whose entries are kept apart.",
)  # fmt: skip
@click.option(
    "--guard", is_flag=True, help="Questions whose numbers or negations differ never share an answer."
)
@click.option(
    "--max-messages",
    type=int,
    default=4,
    show_default=True,
    metavar="N",
    help="As in cache_params: requests with more messages are passed over.",
)
@click.option(
    "--embedding-model", "model", default="local-embed", show_default=True, metavar="NAME",
    help="By its name at the gateway.",
)  # fmt: skip
@click.option(
    "--call-usd", type=float, metavar="USD", help="The price of a call whose cost the log does not have."
)
@click.option(
    "--wrong-usd",
    type=float,
    default=0.05,
    show_default=True,
    metavar="USD",
    help="What a wrong answer costs.",
)
@click.option(
    "--question-usd",
    type=float,
    default=0.0,
    show_default=True,
    metavar="USD",
    help="What an embedding costs.",
)
@click.option(
    "--pairs", type=int, default=200, show_default=True, metavar="N", help="Pairs chosen for labels."
)
@click.option(
    "--limit", type=int, default=100_000, show_default=True, metavar="N", help="The first calls alone."
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed chooses the same pairs.")
@click.option("--json", "as_json", is_flag=True, help="Print the thresholds as JSON.")
def rehearse_cache(
    traffic: Path | None, out: Path, *, wrong_usd: float, question_usd: float, as_json: bool, **options: Any
) -> None:
    """Say what a semantic cache would have done with the prompts of a log, and which threshold pays.

    \b
    gateway-kit rehearse-cache calls.jsonl                 hit rate by threshold, and pairs to label
    gateway-kit rehearse-cache                             the same study again, with the labels so far
    gateway-kit rehearse-cache calls.jsonl --ttl 3600 --separate user --guard

    TRAFFIC is what gateway-kit rehearse takes. Each text is embedded once, by the local stack's model, by that of the
    variable EMBEDDINGS_URL, or by one of the gateway. How often an answer would be wrong is for a person to say: label
    pairs in a notebook with widgets.PairLabels(DIR), then run it again without TRAFFIC.
    """  # noqa: D301 - not a backslash but click's own mark of lines that are to stay as they are
    # Here, since the other commands need none of it.
    from gateway_kit.rehearsal.study import CacheStudy, study_cache
    from gateway_kit.rehearsal.study.run_study import THRESHOLDS
    from gateway_kit.rehearsal.study.text import study_text

    prices = {"wrong_usd": wrong_usd, "question_usd": question_usd}
    if any(not usd >= 0 for usd in prices.values()):
        raise click.UsageError("--wrong-usd and --question-usd are prices of 0 or more US dollars")
    if traffic is None:
        study = CacheStudy.read(out)
    else:
        check_folder("--out", out)
        show = _Progress()
        chosen = options.pop("thresholds") or THRESHOLDS
        embedded: Embedded = "last_user" if options.pop("last_user") else "messages"
        try:
            study = study_cache(
                traffic, out=out, thresholds=chosen, embedded=embedded, progress=show, **options
            )
        except ValueError as exc:
            raise click.UsageError(str(exc)) from exc
        finally:
            show.end()
    if as_json:
        rows = json.loads(study.thresholds(**prices).to_json(orient="records"))
        exact = {name: None if math.isnan(value) else value for name, value in study.exact_cache.items()}
        found = {
            "exact_cache": exact,
            "thresholds": rows,
            "verdict": study.verdict(**prices),
            "notes": study.notes,
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        click.echo(study_text(study, **prices))


class _Progress:
    """A line that shows how far the study is: the same one again on a terminal, a new one now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next_s = time.monotonic() + (0 if self._terminal else _LINE_EVERY_S)
        self._open = False

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if time.monotonic() < self._next_s and done != total:
            return
        self._next_s = time.monotonic() + (0.2 if self._terminal else _LINE_EVERY_S)
        line = f"  {done:,}{'' if total is None else f' of {total:,}'} {step}"
        click.echo(f"\r{line:<60}" if self._terminal else line, nl=not self._terminal, err=True)
        self._open = self._terminal

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            click.echo("", err=True)
