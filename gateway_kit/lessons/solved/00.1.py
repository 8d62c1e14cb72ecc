question = "What is an LLM gateway?"
my_answers = {model: gateway.ask(question, model=model) for model in ["claude-haiku-4-5", "phi3"]}
cheaper = min(my_answers, key=lambda model: my_answers[model].call.cost_usd)
