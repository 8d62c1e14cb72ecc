"""The words of the API itself, which stay in a masked request: they say how it is served, not what it says."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Fields whose text is one of the API's words, and those words.
WORD_FIELDS = _words(
    "role type object detail format finish_reason tool_choice effort summary service_tier encoding_format "
    "truncation status verbosity voice media_type mime_type reasoning_effort modalities include ttl "
    "prompt_cache_retention function_call syntax search_context_size size quality background tag"
)
WORDS = _words(
    # roles and types of content
    "system user assistant tool developer function text image_url image input_text output_text input_image input_file "
    "input_audio file audio refusal message reasoning function_call function_call_output tool_use tool_result "
    "custom custom_tool_call custom_tool_call_output item_reference summary_text reasoning_text thinking "
    "redacted_thinking document ephemeral computer_call computer_call_output web_search web_search_preview "
    "file_search file_search_call web_search_call code_interpreter code_interpreter_call mcp mcp_call "
    "image_generation image_generation_call local_shell shell apply_patch allowed_tools grammar regex lark "
    # values of parameters
    "auto none required any minimal low medium high xhigh default flex priority scale standard float base64 int8 "
    "concise detailed disabled enabled completed incomplete in_progress failed stop length tool_calls content_filter "
    "json_object json_schema text/plain application/json application/pdf image/png image/jpeg image/webp image/gif "
    "audio/wav audio/mpeg wav mp3 opus flac pcm16 in_memory 24h 5m 1h original standard hd url content "
    "alloy ash ballad coral echo fable nova onyx sage shimmer verse approximate "
    "message.output_text.logprobs reasoning.encrypted_content file_search_call.results "
    "web_search_call.action.sources computer_call_output.output.image_url code_interpreter_call.outputs "
    # types and formats of JSON schemas
    "object array string number integer boolean null date-time date time duration email hostname ipv4 ipv6 uuid uri "
    "uri-reference int32 int64 double byte binary password"
)

# Of a JSON schema: keywords stay. What these map from is a name of the user's, what those hold is a value of theirs.
SCHEMA_FIELDS = _words("parameters schema input_schema inputSchema")
NAMED_IN_SCHEMA = _words("properties $defs definitions patternProperties dependentSchemas dependentRequired")
VALUES_IN_SCHEMA = _words("enum const default examples example required")

# Fields with values of the user's own, names included.
FREE_FIELDS = _words(
    "metadata arguments args variables attributes extra_body litellm_metadata spend_logs_metadata"
)
# Texts that are JSON as a rule.
JSON_TEXTS = _words("arguments partial_json")
# Who asks.
USER_FIELDS = _words("user safety_identifier prompt_cache_key user_id")
# Data of files and pictures.
DATA_FIELDS = _words("url data file_data image_url image b64_json")
# Input that may be numbers of tokens instead of text.
TOKEN_FIELDS = _words("input prompt")
