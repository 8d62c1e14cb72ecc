question = "What is an LLM gateway?"
fresh = {"cache": {"no-cache": True}}
my_answers = {model: gateway.ask(question, model, extra_body=fresh) for model in ["claude-haiku-4-5", "phi3"]}
cheaper = min(my_answers, key=lambda model: my_answers[model].call.cost_usd)
