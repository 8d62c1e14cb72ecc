def choose(study, wrong_usd, call_usd):
    table = study.thresholds(wrong_usd=wrong_usd, call_usd=call_usd)
    return table.loc[table["cost_usd"].idxmin(), "threshold"]
