def choose(pairs, wrong_usd, call_usd):
    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    return table.loc[table["cost_usd"].idxmin(), "threshold"]
