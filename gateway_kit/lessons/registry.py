"""All exercises by name."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_kit.lessons import (
    cost_and_latency,
    growing_exercises,
    prompts_and_experiments,
    rehearse,
    routing,
    semantic_caching,
    simple_caching,
    start_here,
    tracing,
    virtual_keys,
)
from gateway_kit.lessons.exercise import Exercise

EXERCISES: Mapping[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        *start_here.EXERCISES,
        *routing.EXERCISES,
        *virtual_keys.EXERCISES,
        *simple_caching.EXERCISES,
        *semantic_caching.EXERCISES,
        *tracing.EXERCISES,
        *cost_and_latency.EXERCISES,
        *prompts_and_experiments.EXERCISES,
        *growing_exercises.EXERCISES,
        *rehearse.EXERCISES,
    )
}
