for name in ["02-chat", "02-free", "02-gold"]:
    keys.clean_up(name)  # so that you can run this cell again
chat_key = keys.create("02-chat")
for name, budget in {"02-free": 0.00004, "02-gold": 0.01}.items():
    keys.budgets.create(name, max_budget_usd=budget, budget_duration="1d")
    keys.end_users.create(name, budget=name)
