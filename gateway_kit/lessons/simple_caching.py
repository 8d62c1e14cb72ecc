"""The exercises of lesson 03: one question in many spellings, and customers who can be forgotten."""

from __future__ import annotations

from gateway_kit.lessons.exercise import Exercise
from gateway_kit.lessons.faq_spellings import FAQ, TTL_S, grade_faq
from gateway_kit.lessons.forgetful_desk import DESK, grade_desk

EXERCISES = (
    Exercise(
        "03.1",
        grade_faq,
        (
            "The cache compares letter by letter. So make the spellings equal before you ask, and change nothing else.",
            '`" ".join(question.split())` leaves one space between words and none around them; '
            "`.lower()` makes all letters lowercase.",
            f'Where and how long: `**cache.controls(namespace="{FAQ}", ttl_s={TTL_S})`.',
        ),
    ),
    Exercise(
        "03.2",
        grade_desk,
        (
            f'Use a namespace for each customer: `namespace=f"{DESK}-{{customer}}"`.',
            "`cache.delete_namespace(…)` empties it in Redis. Why does the old answer still come? See section 5.",
            "You cannot clear the worker's memory. But it never uses a namespace in which you no longer ask: after "
            "`forget`, ask in another one, which nobody has used before.",
            "Keep a count per customer in a dict, and make it part of the namespace's name. `forget` deletes, and then "
            "adds one to the count.",
        ),
    ),
)
