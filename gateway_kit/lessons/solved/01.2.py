def steady(prompt):
    return gateway.ask(prompt, model="gpt-4o-mini", extra_body={"fallbacks": ["claude-haiku-4-5"]})
