import house_words
from litellm.integrations.custom_guardrail import CustomGuardrail


class HouseRules(CustomGuardrail):
    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        if house_words.FORBIDDEN in str(data.get("messages")):
            raise ValueError("against the rules of the house")
        return data
