"""Each table is declared once, and docstrings list the same columns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from gateway_kit.caching.cache import Cache
from gateway_kit.caching.entries import ENTRIES
from gateway_kit.caching.pairs import STUDY
from gateway_kit.caching.savings import SAVINGS
from gateway_kit.caching.study import SemanticStudy
from gateway_kit.caching.thresholds import THRESHOLDS
from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.record import CALLS, CallRecord
from gateway_kit.gateway.simulator import ANSWERS, FAULTS, JOURNAL, LATENCIES, PROFILES, SIMULATED
from gateway_kit.gateway.stack import CREDENTIALS, FINDINGS, STATUS, StackClient
from gateway_kit.keys.budgets import Budgets, EndUsers
from gateway_kit.keys.keys import Keys
from gateway_kit.keys.reports import (
    BY_DAY,
    BY_END_USER,
    BY_KEY,
    BY_MODEL,
    BY_TAG,
    BY_TEAM,
    BY_USER,
    COUNTS,
    Reports,
)
from gateway_kit.keys.tables import BUDGETS, END_USERS, KEYS, LIMITS, MEMBERS, TEAMS, USERS
from gateway_kit.keys.teams import Teams
from gateway_kit.keys.users import Users
from gateway_kit.lessons.growing_production import FINDINGS as PRODUCTION_FINDINGS
from gateway_kit.lessons.growing_production import production_findings
from gateway_kit.lessons.growing_stack import SERVICES, GrownStack
from gateway_kit.lessons.two_shops import CROSSED, crossed
from gateway_kit.litellm_api.models import MODELS, Models
from gateway_kit.litellm_api.spend import SPEND, Spend
from gateway_kit.load.result import ARRIVALS, LoadRun
from gateway_kit.load.saturation import SATURATION, saturation
from gateway_kit.load.summary import SUMMARY, load_summary
from gateway_kit.metrics.agreement import AGREEMENT, judge_agreement
from gateway_kit.metrics.alerts import EVALUATIONS, FIRINGS, alert_times, alert_values
from gateway_kit.metrics.budget import BURN_DOWN, FORECAST_LINE, BudgetForecast, budget_burn_down
from gateway_kit.metrics.calls import NORMALIZED, normalize_calls
from gateway_kit.metrics.capacity import CAPACITY, capacity_sheet
from gateway_kit.metrics.comparison import COMPARISON, compare_experiments
from gateway_kit.metrics.cost import COSTS, cost_by
from gateway_kit.metrics.rates import OUTCOMES, TRAFFIC, outcome_rates, traffic_rates
from gateway_kit.metrics.saturation import KNEES, saturation_knees
from gateway_kit.metrics.whatif import MIX, MONTH, monthly_cost, observed_mix
from gateway_kit.rehearsal import tables as rehearsal_tables
from gateway_kit.rehearsal.calibration import BY_MODEL as CALIBRATED_MODELS
from gateway_kit.rehearsal.calibration import CALIBRATION, Calibration
from gateway_kit.rehearsal.calibration_reasons import REASONS
from gateway_kit.rehearsal.comparison import COMPARISON as RUNS_COMPARED
from gateway_kit.rehearsal.comparison import Comparison
from gateway_kit.rehearsal.run_result import Run
from gateway_kit.rehearsal.study.cache_study import BY_CUSTOMER, PAIRS_TO_LABEL, CacheStudy
from gateway_kit.rehearsal.study.precision import HIT_RATES, PAYS
from gateway_kit.tracing.client import Tracing
from gateway_kit.tracing.evaluation import Evaluation
from gateway_kit.tracing.evaluation_tables import (
    DATASET_ITEMS,
    DATASETS,
    EXPERIMENT_ITEMS,
    EXPERIMENTS,
    PROMPTS,
    VERSIONS,
)
from gateway_kit.tracing.observations import OBSERVATIONS
from gateway_kit.tracing.queries import Queries
from gateway_kit.tracing.reconcile import RECONCILE
from gateway_kit.tracing.scores import SCORES
from gateway_kit.tracing.traces import SESSIONS, TRACES
from gateway_kit.tracing.tree import TREE, TraceTree
from gateway_kit.widgets import WorkshopBoard
from gateway_kit.workshop.board.tables import BOARD

TABLE = Table(
    Column("started", TIME, "when it began"),
    Column("tokens", "Int64", "how many"),
    Column("cache_hit", "bool", "answered from the cache"),
)


def without(table: Table, shared: Table) -> Table:
    """A table without the columns that its docstring refers to another one for."""
    return Table(*(column for column in table if column not in set(shared)))


# Each function that returns a declared table.
DOCUMENTED: list[tuple[Callable[..., Any], Table]] = [
    (CallRecord.frame, CALLS),
    (Models.list, MODELS),
    (Spend.logs, SPEND),
    (Providers.journal, JOURNAL),
    (Providers.latencies, LATENCIES),
    (Providers.faults, FAULTS),
    (Providers.answers, ANSWERS),
    (Providers.models, SIMULATED),
    (Providers.profiles, without(PROFILES, SIMULATED)),
    (StackClient.status, STATUS),
    (StackClient.credentials, CREDENTIALS),
    (StackClient.production_findings, FINDINGS),
    (Keys.list, KEYS),
    (Teams.list, without(TEAMS, LIMITS)),
    (Teams.members, MEMBERS),
    (Users.list, without(USERS, LIMITS)),
    (EndUsers.list, without(END_USERS, LIMITS)),
    (Budgets.list, without(BUDGETS, LIMITS)),
    (Reports.by_key, BY_KEY),
    (Reports.by_team, without(BY_TEAM, COUNTS)),
    (Reports.by_user, without(BY_USER, COUNTS)),
    (Reports.by_end_user, without(BY_END_USER, COUNTS)),
    (Reports.by_tag, without(BY_TAG, COUNTS)),
    (Reports.by_model, without(BY_MODEL, COUNTS)),
    (Reports.by_day, without(BY_DAY, COUNTS)),
    (normalize_calls, NORMALIZED),
    (outcome_rates, OUTCOMES),
    (traffic_rates, TRAFFIC),
    (compare_experiments, COMPARISON),
    (judge_agreement, AGREEMENT),
    (crossed, CROSSED),
    (GrownStack.services, SERVICES),
    (production_findings, PRODUCTION_FINDINGS),
    (cost_by, COSTS),
    (budget_burn_down, BURN_DOWN),
    (BudgetForecast.line, FORECAST_LINE),
    (alert_values, EVALUATIONS),
    (alert_times, FIRINGS),
    (observed_mix, MIX),
    (monthly_cost, MONTH),
    (Cache.entries, ENTRIES),
    (Cache.savings, SAVINGS),
    (SemanticStudy.pairs.fget, STUDY),  # type: ignore[attr-defined]  # a property
    (SemanticStudy.thresholds, THRESHOLDS),
    (Queries.observations, OBSERVATIONS),
    (Queries.traces, TRACES),
    (Queries.sessions, SESSIONS),
    (Queries.scores, SCORES),
    (TraceTree.frame, TREE),
    (Tracing.reconcile, RECONCILE),
    (Evaluation.prompts, PROMPTS),
    (Evaluation.prompt_versions, VERSIONS),
    (Evaluation.datasets, DATASETS),
    (Evaluation.dataset_items, DATASET_ITEMS),
    (Evaluation.experiments, EXPERIMENTS),
    (Evaluation.experiment_items, EXPERIMENT_ITEMS),
    (LoadRun.arrivals, ARRIVALS),
    (load_summary, SUMMARY),
    (saturation, SATURATION),
    (saturation_knees, KNEES),
    (capacity_sheet, CAPACITY),
    (WorkshopBoard.frame, BOARD),
    (CacheStudy.hit_rates.fget, HIT_RATES),  # type: ignore[attr-defined]  # a property
    (CacheStudy.pairs.fget, PAIRS_TO_LABEL),  # type: ignore[attr-defined]  # a property
    (CacheStudy.by_customer, BY_CUSTOMER),
    (CacheStudy.thresholds, PAYS),
    (Run.calls.fget, rehearsal_tables.FOUND),  # type: ignore[attr-defined]  # properties
    (Run.summary, rehearsal_tables.SUMMARY),
    (Run.deployments.func, rehearsal_tables.DEPLOYMENTS),  # type: ignore[attr-defined]
    (Run.refusals.func, rehearsal_tables.REFUSALS),  # type: ignore[attr-defined]
    (Run.routes.func, rehearsal_tables.ROUTES),  # type: ignore[attr-defined]
    (Run.troubles.func, rehearsal_tables.TROUBLES),  # type: ignore[attr-defined]
    (Run.timeline.func, rehearsal_tables.TIMELINE),  # type: ignore[attr-defined]
    (Comparison.table.fget, RUNS_COMPARED),  # type: ignore[attr-defined]
    (Calibration.table.fget, CALIBRATION),  # type: ignore[attr-defined]
    (Calibration.reasons.fget, REASONS),  # type: ignore[attr-defined]
    (Calibration.models.fget, CALIBRATED_MODELS),  # type: ignore[attr-defined]
]


def listed(function: Callable[..., Any]) -> list[str]:
    """The columns in a docstring, one a line; an empty line ends the list."""
    items = re.findall(
        r"^ *(- `\w+` \(.*?)(?=\n *- `|\n *\n|\Z)", inspect.getdoc(function) or "", re.M | re.S
    )
    return [" ".join(item.split()) for item in items]


@pytest.mark.parametrize(
    ("function", "table"), DOCUMENTED, ids=lambda value: getattr(value, "__qualname__", "")
)
def test_a_docstring_lists_the_columns_of_its_table(function: Callable[..., Any], table: Table):
    assert listed(function) == table.documentation().splitlines()


@pytest.mark.parametrize("table", [table for _, table in DOCUMENTED])
def test_a_table_without_rows_has_its_columns_and_dtypes(table: Table):
    frame = table.frame([])
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == table.dtypes


def test_rows_are_mappings_or_sequences_and_times_are_text_or_datetimes():
    moment = datetime(2026, 11, 25, 12, 0, 0, 1000, tzinfo=UTC)
    frame = TABLE.frame([
        {"started": "2026-11-25T12:00:00.001Z", "cache_hit": True},
        {"started": moment, "tokens": 3, "cache_hit": False},
    ])  # fmt: skip
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == TABLE.dtypes
    assert frame["started"].tolist() == [pd.Timestamp(moment)] * 2
    assert frame["tokens"].isna().tolist() == [True, False]
    pd.testing.assert_frame_equal(TABLE.frame([(moment, 3, False)]), frame.iloc[[1]].reset_index(drop=True))


def test_a_column_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        Table(Column("a", "string", ""), Column("a", "Int64", ""))
