def rule_for(ordinary):
    usual_s = ordinary["latency_s"].quantile(0.95)
    # Far above what is usual, on a quick machine and on a busy one.
    return metrics.AlertRule("latency_p95_s", above=1 + 2 * usual_s, window="2s", every="500ms", min_calls=8)
