"""What a semantic cache would have done with one's own prompts, and which threshold pays.

    from gateway_kit.rehearsal.study import study_cache

    study = study_cache("calls.jsonl", out="out/cache-study")     # embeds each prompt once, and replays the log
    study.hit_rates                                               # by threshold
    PairLabels(study)                                             # a panel: say of pairs whether one answer fits both
    study.thresholds(wrong_usd=0.05)                              # precision and what it pays, with intervals
    study.verdict(wrong_usd=0.05)                                 # the threshold that pays, or that none does

`CacheStudy.read("out/cache-study")` goes on with a study and its labels.
"""

from gateway_kit.rehearsal.study.cache_study import CacheStudy
from gateway_kit.rehearsal.study.run_study import study_cache

__all__ = ["CacheStudy", "study_cache"]
