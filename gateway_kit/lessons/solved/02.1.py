keys.clean_up("02-interns")  # so that you can run this cell again
interns = keys.create(
    "02-interns",
    models=["phi3", "smollm2"],
    max_budget_usd=0.05,
    budget_duration="1d",
    rpm_limit=10,
    expires_in="30d",
)
