at_openai = {"model": "openai/gpt-4o-mini", "api_base": f"{gateway.providers.url}/v1", "api_key": "sim-canary-old"}
at_anthropic = {"model": "anthropic/claude-haiku-4-5", "api_base": gateway.providers.url, "api_key": "sim-canary-new"}
gateway.models.add("canary", {**at_openai, "weight": 4})
gateway.models.add("canary", {**at_anthropic, "weight": 1})
