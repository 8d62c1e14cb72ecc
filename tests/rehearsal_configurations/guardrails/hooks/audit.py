from litellm.integrations.custom_logger import CustomLogger


class Audit(CustomLogger):
    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        data.setdefault("metadata", {})["audited"] = True
        return data


handler = Audit()
