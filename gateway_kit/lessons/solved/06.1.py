import re


def assistant(question):
    if re.search(r"\d (\*|x|times) \d", question):  # an order
        return gateway.ask(messages(MANUAL, question), STRONG)
    model = "bedrock-nova-micro" if "story" in question else "gpt-4o-mini"
    cached = {"cache": {"namespace": f"{run}-assistant"}}
    return gateway.ask(messages(SHORT, question), model, extra_body=cached)
