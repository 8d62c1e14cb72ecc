models = config["model_list"]
models[1]["litellm_params"] = {"model": "openai/gpt-4.1-mini", "api_key": "os.environ/OPENAI_API_KEY"}  # not at Azure
models[3]["litellm_params"]["model"] = "openai/gpt-4.1-nano"  # still there
models[4]["litellm_params"] |= {"input_cost_per_token": 0.40 / 1e6, "output_cost_per_token": 2.00 / 1e6}
limits["keys"][3]["tpm"] = 20_000  # tokens, not thousands
limits["keys"][1]["max_budget"] = 0.010  # the rest is for the help desk
config["litellm_settings"]["cache_params"]["supported_call_types"] = ["embedding", "aembedding"]  # no answers
mended = rehearse_changed(config, limits)
