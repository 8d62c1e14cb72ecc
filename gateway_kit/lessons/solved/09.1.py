run = proposed().candidate
lost, reports = run.calls.query("failed and model == 'chat'"), run.calls.query("not failed and model == 'reports'")
outage_calls = len(lost)
hidden = (reports["prompt_tokens"] * 0.40 + reports["completion_tokens"] * 2.00) / 1e6
hidden_usd = hidden.sum()
known_usd = run.calls.loc[run.calls["key"].str.startswith("harbour"), "cost_usd"].sum()
over_usd = known_usd + hidden[reports["key"] == "harbour-reports"].sum() - shops.HARBOUR_USD
