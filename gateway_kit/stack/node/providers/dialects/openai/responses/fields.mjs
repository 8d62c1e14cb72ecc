// The fields of POST /v1/responses.

import { anything, boolean, choice, either, integer, list, number, object, record, refused, text, variants } from "../../fields.mjs";
import { METADATA } from "../chat_fields.mjs";
import { INPUT } from "./input_fields.mjs";
import { EXAMPLE_TOOL, TOOLS, TOOL_CHOICE } from "./tool_fields.mjs";

const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const REASONING = { model: "gpt-5-mini" };
const WEATHER = { ...EXAMPLE_TOOL, name: "get_weather", parameters: { ...EXAMPLE_TOOL.parameters, properties: { city: { type: "string" } }, required: ["city"] } };

const INCLUDABLE = [
  "file_search_call.results", "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
  "computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
];
export const INCLUDE = list(choice(INCLUDABLE), {
  note: "`message.output_text.logprobs` gives made-up log probabilities, `reasoning.encrypted_content` an opaque text; "
    + "the others concern hosted tools, or what is listed anyway, and change nothing.",
  example: ["message.output_text.logprobs"],
});

export const FORMAT = variants("type", {
  text: object({}),
  json_object: object({}, { note: "The input must contain the word JSON." }),
  json_schema: object({
    name: text({ required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }),
    schema: record(anything(), { required: true }),
    description: text({ effect: "accepted" }),
    strict: boolean({ note: "The schema must follow OpenAI's rules for strict ones; the answer fits the schema either way." }),
  }),
}, { example: { type: "json_schema", name: "place", schema: SCHEMA, strict: true } });

const CONVERSATION = either([text(), object({ id: text({ required: true }) })], {
  note: "A conversation of POST /v1/conversations: its items come before the input, and the turn is added to it.",
});

/** What the model reads; the tokens of it can be counted. */
export const PROMPT_FIELDS = {
  model: text({ min: 1, note: "A model of GET /v1/models." }),
  input: INPUT,
  instructions: text({ note: "Counts as a system message; not carried over to the next response.", example: "Answer as a pirate would." }),
  previous_response_id: text({ note: "A stored response: its context and output come before the input, and count." }),
  conversation: CONVERSATION,
  parallel_tool_calls: boolean({
    note: "`false`: at most one call in an answer.",
    example: { value: false, with: { input: "What is the weather in Paris and Berlin?", tools: [WEATHER] } },
  }),
  reasoning: object({
    effort: choice(["none", "minimal", "low", "medium", "high", "xhigh", "max"], {
      note: "For models that reason; `none` and `minimal` give no reasoning tokens.", example: { value: "minimal", with: REASONING },
    }),
    summary: choice(["auto", "concise", "detailed"], { note: "The reasoning as it was, in one part.", example: { value: "auto", with: REASONING } }),
    generate_summary: choice(["auto", "concise", "detailed"], { note: "The older name of `summary`.", example: { value: "auto", with: REASONING } }),
    context: choice(["auto", "current_turn", "all_turns"], { effect: "accepted", example: { value: "auto", with: REASONING } }),
    mode: refused("Only `standard` is simulated.", { unless: (value) => value === "standard", example: { value: "pro", with: REASONING } }),
  }),
  text: object({
    format: FORMAT,
    verbosity: choice(["low", "medium", "high"], {
      note: "The usual length of an answer, if the prompt asks for none. Other than `medium` only for models that reason.",
      example: { value: "low", with: { ...REASONING, input: "Tell me about lighthouses." } },
    }),
  }),
  tools: TOOLS,
  tool_choice: TOOL_CHOICE,
  truncation: choice(["auto", "disabled"], { note: "`auto`: the oldest items are dropped if the context window is full.", example: "auto" }),
};

export const FIELDS = {
  ...PROMPT_FIELDS,
  background: boolean({ note: "Answers at once with status `queued`; the response is completed at the model's pace.", example: true }),
  background_options: object({
    completion_window: refused("Only `soonest` is simulated.", { unless: (value) => value === "soonest", example: { value: "2h", with: { background: true } } }),
    continuation_id: text({ effect: "accepted", example: { value: "job-7", with: { background: true } } }),
  }),
  include: INCLUDE,
  max_output_tokens: integer({ min: 16, note: "Cuts the answer, reasoning included.", example: { value: 16, with: { input: "Write 100 words about rivers." } } }),
  max_tool_calls: integer({ min: 1, effect: "accepted", note: "Limits calls of hosted tools, of which there are none.", example: 2 }),
  metadata: METADATA,
  prompt_cache_key: text({ effect: "accepted", max: 64, note: "No prompt is cached.", example: "some-id" }),
  prompt_cache_retention: choice(["in_memory", "24h"], { effect: "accepted", note: "No prompt is cached.", example: "24h" }),
  prompt_cache_options: object({
    mode: choice(["implicit", "explicit"], { effect: "accepted" }),
    ttl: choice(["30m", "12h"], { effect: "accepted" }),
    prewarm: refused("No prompt is cached.", { unless: (value) => value === false, example: true }),
    comparison_response_id: refused("There are no diagnostics of the prompt cache.", { example: "resp_1" }),
  }, { effect: "accepted", note: "No prompt is cached.", example: { mode: "implicit" } }),
  safety_identifier: text({ effect: "accepted", max: 128, example: "user-1" }),
  service_tier: choice(["auto", "default", "fast", "flex", "priority", "scale"], {
    note: "Echoed as the tier that served: `auto` as `default`, `fast` as `priority`. It changes neither the speed nor a price.", example: "flex",
  }),
  store: boolean({ note: "`false`: the response cannot be retrieved or continued.", example: false }),
  stream: boolean({ note: "One event per token, each at its time.", example: true }),
  stream_options: object({
    include_obfuscation: boolean({ note: "`false`: no padding in the events." }),
  }),
  temperature: number({ min: 0, max: 2, effect: "accepted", note: "The same request has the same answer. Models that reason take 1 only.", example: 0.3 }),
  top_p: number({ min: 0, max: 1, effect: "accepted", note: "The same request has the same answer. Models that reason take 1 only.", example: 0.5 }),
  top_logprobs: integer({ min: 0, max: 20, example: { value: 2, with: { include: ["message.output_text.logprobs"] } } }),
  user: text({ effect: "accepted", example: "user-1" }),
  image: object({
    context_compression: refused("Images are not compressed.", { unless: (value) => value === "auto" || value === "disabled", example: "enabled" }),
  }),
  access_programs: refused("There are no access programs but `standard`.", { unless: (value) => value?.cyber === "standard", example: { cyber: "daybreak_blue" } }),
  context_management: list(object({
    type: choice(["compaction"], { required: true, effect: "accepted" }),
    compact_threshold: integer({ min: 1, effect: "accepted" }),
  }), {
    effect: "accepted", note: "A context of as many tokens as `compact_threshold` is refused: compaction within a response is not simulated.",
    example: [{ type: "compaction", compact_threshold: 200_000 }],
  }),
  multi_agent: refused("Several agents are not simulated.", { example: { enabled: true } }),
  moderation: refused("The moderation of a response is not simulated; POST /v1/moderations is.", { example: { model: "omni-moderation-latest" } }),
  prompt: refused("It has no prompt templates.", { example: { id: "pmpt_1" } }),
};

/** The fields of POST /v1/responses/compact. */
export const COMPACT_FIELDS = {
  model: { ...PROMPT_FIELDS.model, required: true },
  input: { ...INPUT, example: undefined },
  instructions: PROMPT_FIELDS.instructions,
  previous_response_id: PROMPT_FIELDS.previous_response_id,
  prompt_cache_key: FIELDS.prompt_cache_key,
  prompt_cache_options: FIELDS.prompt_cache_options,
  prompt_cache_retention: FIELDS.prompt_cache_retention,
  service_tier: { ...FIELDS.service_tier, effect: "accepted", note: "It changes neither the speed nor a price." },
  image: FIELDS.image,
};

const accepted = (field) => ({ ...field, effect: "accepted", note: "Changes no count." });
const allAccepted = (field) => ({
  ...field, fields: Object.fromEntries(Object.entries(field.fields).map(([name, one]) => [name, one.effect === "refused" ? one : accepted(one)])),
});

/** The fields of POST /v1/responses/input_tokens. */
export const TOKEN_FIELDS = {
  ...PROMPT_FIELDS,
  parallel_tool_calls: accepted(PROMPT_FIELDS.parallel_tool_calls),
  reasoning: allAccepted(PROMPT_FIELDS.reasoning),
  text: allAccepted(PROMPT_FIELDS.text),
  tool_choice: accepted(PROMPT_FIELDS.tool_choice),
  truncation: choice(["auto", "disabled"], { note: "`auto`: what would be dropped is not counted." }),
  personality: text({ effect: "accepted", note: "Adds no tokens here." }),
};
