"""`--fail-if`: what must not hold of a rehearsal, as a comparison of its measures.

    cost_usd > 1.1 * against.cost_usd          the candidate costs a tenth more than the baseline
    failed > 0.01                              more than 1 % of the calls fail
    p95_s > 2 or ttft_p95_s > 1
    failed.by_model["gpt-4o"] > failed.by_model["claude"]
    abs(calibration.cost_usd) > 0.01           the rehearsal's cost is more than 1 % from the log's
    higher(failed)                             more than chance tells from the baseline

A measure is the candidate's; `against.` before it takes that of the first baseline, `against_2.` of the second, `log.`
what the log says of the same calls. `.by_model`, `.by_team`, `.by_key`, `.by_user`, `.by_feature`, `.by_deployment` and
`.by_cause` take those of one group. A measure that is not known, such as the latency of no answer, decides nothing: a
condition that depends on it counts as met, so that it never passes by accident.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway_kit.rehearsal.condition_syntax import one_line, parse_condition
from gateway_kit.rehearsal.condition_values import Outcome, Values

if TYPE_CHECKING:
    from gateway_kit.rehearsal.result import Rehearsal

__all__ = ["Broken", "check_conditions", "parse_condition"]


@dataclass(frozen=True)
class Broken:
    """A condition that holds and must not.

    condition  as it was given
    sentence   the condition with its values, or what is not known
    values     each measure in it → its value; missing (NaN) if it is not known
    """

    condition: str
    sentence: str
    values: Mapping[str, float]

    def __str__(self) -> str:
        return self.sentence


def check_conditions(rehearsal: Rehearsal, conditions: Iterable[str]) -> list[Broken]:
    """Those of the conditions that hold, or that cannot be decided.

    Raises RehearsalError for one that is no condition, or names something that the rehearsal does not have.
    """
    parsed = [(one_line(text), parse_condition(text)) for text in conditions]
    values = Values(rehearsal)
    return [broken for text, tree in parsed if (broken := _check(text, tree, values)) is not None]


def _check(text: str, tree: ast.expr, values: Values) -> Broken | None:
    outcome: Outcome = values.outcome(text, tree)
    if outcome.holds is False:
        return None
    known = ", ".join(
        f"{name} = {_number(value)}" for name, value in outcome.values.items() if value == value
    )
    missing = [name for name, value in outcome.values.items() if value != value]
    if outcome.holds is None:
        why = outcome.undecided or f"{' and '.join(missing)} is not known: {values.why_missing()}"
        sentence = f"{text}: cannot be decided, since {why}" + (f" ({known})" if known else "")
    else:
        # Both sides of each comparison; they may be sums and products of measures.
        sides = "; ".join([
            *(f"{_number(left)} {sign} {_number(right)}" for left, sign, right in outcome.comparisons),
            *outcome.compared,
        ])  # fmt: skip
        sentence = f"{text}: {sides}" if sides else f"{text}: it holds"
        sentence += f" ({known})" if known else ""
    return Broken(text, sentence, outcome.values)


def _number(value: float) -> str:
    whole = abs(value) < 1e15 and value == int(value)
    return f"{value:,.0f}" if whole else f"{value:.4g}"
