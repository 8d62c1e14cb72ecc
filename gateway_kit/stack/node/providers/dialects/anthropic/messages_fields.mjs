// The declared fields of Anthropic's Messages API, of its token count, and of Bedrock's Claude.

import { anything, boolean, choice, either, integer, list, number, object, record, refused, text, variants } from "../fields.mjs";
import { BLOCKS, SYSTEM_BLOCKS, cacheControl } from "./blocks_fields.mjs";

const TOOL = {
  name: "get_weather", description: "The weather in a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
};
const ASK_WEATHER = { messages: [{ role: "user", content: "What is the weather in Paris?" }] };
const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const THINK = { thinking: { type: "enabled", budget_tokens: 1_024 }, max_tokens: 2_000 };
const nothing = (value) => value === null || value === false || (Array.isArray(value) && value.length === 0);

const WITH_TOOL = { tools: [TOOL] };
const TWO_CITIES = { ...WITH_TOOL, messages: [{ role: "user", content: "What is the weather in Paris and Tokyo?" }] };

const COMMON = {
  cache_control: cacheControl(),
  strict: boolean({ effect: "accepted", note: "The schema must then be one that answers can be held to; inputs fit their schema always.", example: { value: true, with: WITH_TOOL } }),
  defer_loading: refused("Loading tools later needs Anthropic's tool search, which is not simulated.", { unless: nothing, example: { value: true, with: WITH_TOOL } }),
  allowed_callers: refused("Only the model itself calls tools here; code execution is not simulated.", { unless: (value) => nothing(value) || String(value) === "direct", example: { value: ["code_execution_20250825"], with: WITH_TOOL } }),
  input_examples: list(record(anything()), { effect: "accepted", example: { value: [{ city: "Rome" }], with: WITH_TOOL } }),
};

const clientTool = (name, more = {}) => object({ name: choice([name], { required: true }), ...COMMON, ...more }, { brief: true, note: "A tool that the caller runs. Its calls only look, at a folder or the screen, or say `simulated`." });
const computer = clientTool("computer", {
  display_width_px: integer({ required: true, min: 1, effect: "accepted" }), display_height_px: integer({ required: true, min: 1, effect: "accepted" }),
  display_number: integer({ effect: "accepted" }), enable_zoom: boolean({ effect: "accepted" }),
});
const editor = (name) => clientTool(name, { max_characters: integer({ effect: "accepted" }) });
const server = refused("Anthropic runs this tool itself, which is not simulated. Define a tool of your own instead.");
const SERVER_TOOLS = [
  "web_search_20250305", "web_search_20260209", "web_search_20260318", "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309",
  "web_fetch_20260318", "code_execution_20250522", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521",
  "tool_search_tool_bm25_20251119", "tool_search_tool_bm25", "tool_search_tool_regex_20251119", "tool_search_tool_regex", "advisor_20260301",
  "mcp_toolset", "browser_toolset_20260801", "computer_toolset_20260801",
];

const TOOLS = list(variants("type", {
  custom: object({
    name: text({ required: true, pattern: /^[a-zA-Z0-9_-]{1,128}$/ }),
    description: text({ note: "Read to decide whether a prompt asks for the tool." }),
    input_schema: record(anything(), { required: true, note: "The call's input fits it." }),
    ...COMMON,
    eager_input_streaming: boolean({ effect: "accepted", example: { value: true, with: WITH_TOOL } }),
  }),
  bash_20241022: clientTool("bash"), bash_20250124: clientTool("bash"),
  text_editor_20241022: editor("str_replace_editor"), text_editor_20250124: editor("str_replace_editor"),
  text_editor_20250429: editor("str_replace_based_edit_tool"), text_editor_20250728: editor("str_replace_based_edit_tool"),
  memory_20250818: clientTool("memory"),
  computer_20241022: computer, computer_20250124: computer, computer_20251124: computer,
  ...Object.fromEntries(SERVER_TOOLS.map((name) => [name, server])),
}, { absent: "custom", tagged: true }), { example: { value: [TOOL], with: ASK_WEATHER } });

const parallel = (type) => boolean({ note: "One call instead of several.", example: type && { value: true, with: { ...TWO_CITIES, tool_choice: { type } } } });
const display = choice(["summarized", "omitted"], { note: "`omitted` leaves the text out and keeps the signature." });
const FORMAT = object({ type: choice(["json_schema"], { required: true }), schema: record(anything(), { required: true }) }, {
  note: "The answer is JSON that fits the schema.",
});

// What a message and a count of tokens have in common.
const SHARED = {
  model: text({ required: true, min: 1 }),
  messages: list(object({
    role: choice(["user", "assistant", "system"], { required: true, note: "`system` for models that take instructions within a conversation." }),
    content: either([text(), BLOCKS], { required: true }),
  }), { required: true, min: 1, max: 100_000, range: "at least one message is required" }),
  system: either([text(), SYSTEM_BLOCKS], { note: "Counts as tokens; the answer follows the form that it asks for.", example: "You are a poet." }),
  thinking: variants("type", {
    enabled: object({ budget_tokens: integer({ required: true, min: 1_024 }), display: { ...display, example: { value: "omitted", with: THINK } } }),
    adaptive: object({ display }),
    disabled: object({}),
    between_tools: object({}, { note: "Sonnet 5.5; there are no notes between tool calls here." }),
  }, { tagged: true, note: "As each model has it: a budget until 4.6, adaptive from 4.6 on, unasked from 5 on.", example: { value: THINK.thinking, with: { max_tokens: 2_000 } } }),
  tools: TOOLS,
  tool_choice: variants("type", {
    auto: object({ disable_parallel_tool_use: parallel("auto") }), any: object({ disable_parallel_tool_use: parallel("any") }),
    tool: object({ name: text({ required: true }), disable_parallel_tool_use: parallel() }), none: object({}),
  }, { tagged: true, example: { value: { type: "tool", name: "get_weather" }, with: { tools: [TOOL] } } }),
  output_config: object({
    effort: choice(["low", "medium", "high", "xhigh", "max"], { effect: "accepted", note: "As each model has it.", example: { value: "low", with: { model: "claude-opus-4-6" } } }),
    format: { ...FORMAT, example: { type: "json_schema", schema: SCHEMA } },
    task_budget: refused("Task budgets are not simulated.", { unless: nothing, example: { type: "tokens", total: 20_000 } }),
  }),
  output_format: { ...FORMAT, note: "As output_config.format; needs the beta structured-outputs-2025-11-13." },
  cache_control: cacheControl(),
  speed: choice(["standard", "fast"], { effect: "accepted", note: "`fast` is refused.", example: "standard" }),
  context_management: object({ edits: list(object({ type: text({ required: true }), trigger: anything(), keep: anything(), clear_at_least: anything(), exclude_tools: anything(), clear_tool_inputs: anything(), pause_after_compaction: anything(), instructions: anything() })) }, {
    note: "Needs its beta. Edits whose time has not come are answered with an empty list; one that would change the conversation is refused.",
  }),
  mcp_servers: refused("Anthropic connects to these servers itself, which is not simulated.", { unless: nothing, example: [{ type: "url", name: "n", url: "https://example.com" }] }),
};

export const FIELDS = {
  ...SHARED,
  max_tokens: integer({ required: true, min: 0, note: "0 fills the prompt cache and answers nothing.", example: 5 }),
  stop_sequences: list(text({ min: 1 }), { example: ["o"] }),
  stream: boolean({ example: true }),
  temperature: number({ min: 0, max: 1, range: "range: 0..1", effect: "accepted", note: "Refused by models from Opus 4.7 on, and in the API version 2026-10-21.", example: 0.5 }),
  top_p: number({ min: 0, max: 1, range: "range: 0..1", effect: "accepted", note: "As temperature.", example: 0.9 }),
  top_k: integer({ min: 0, effect: "accepted", note: "As temperature.", example: 5 }),
  metadata: object({ user_id: text({ max: 256, effect: "accepted", example: "user-1" }) }, { effect: "accepted" }),
  service_tier: choice(["auto", "standard_only"], { effect: "accepted", note: "All answers are `standard`.", example: "auto" }),
  inference_geo: text({ effect: "accepted", note: "Echoed in the usage.", example: "us" }),
  diagnostics: object({ previous_message_id: text() }, { effect: "accepted", note: "The diagnosis is always `unavailable`.", example: { previous_message_id: "msg_1" } }),
  container: refused("Containers belong to Anthropic's code execution, which is not simulated.", { unless: nothing, example: "container_1" }),
  fallbacks: either([choice(["default"]), list(object({
    model: text({ required: true }), max_tokens: integer(), thinking: anything(), output_config: anything(), speed: text(),
  }), { max: 3 })], { effect: "accepted", note: "Needs its beta. The request that a model declines, every other declines too." }),
  fallback_credit_token: refused("A request that is declined earns no credit here.", { unless: nothing, example: "token" }),
  compaction: refused("Compaction is not simulated.", { unless: nothing, example: { type: "summarize" } }),
  thread: variants("type", {
    create: object({}), continue: object({ previous_message_id: text({ required: true }) }),
  }, { tagged: true, effect: "accepted", note: "Needs its beta. The newest 200 conversations are held; each message can be continued once." }),
  billing_policy: refused("Nothing is billed here.", { unless: nothing, example: { type: "billing_policy", bill_to: "user_profile" } }),
};

/** A count of tokens: what does not change the prompt is checked only. */
export const COUNT_FIELDS = {
  ...SHARED,
  messages: { ...SHARED.messages, brief: true, note: "As of a message." },
  tools: { ...SHARED.tools, brief: true, note: "As of a message." },
  thinking: { ...SHARED.thinking, brief: true, effect: "accepted", example: THINK.thinking },
  tool_choice: { ...SHARED.tool_choice, brief: true, effect: "accepted" },
};

const { model: _model, stream: _stream, thread: _thread, ...ELSEWHERE } = FIELDS;
/** Claude through Bedrock's InvokeModel: the model stands in the path, and so does whether to stream. */
export const BEDROCK_FIELDS = {
  anthropic_version: text({ required: true, effect: "accepted", note: "bedrock-2023-05-31, or 2026-10-21, from which on there is no temperature." }),
  anthropic_beta: list(text(), { effect: "accepted" }),
  ...ELSEWHERE,
};
