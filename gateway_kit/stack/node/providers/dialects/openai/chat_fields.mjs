// The fields of OpenAI's chat completions, in the order in which OpenAI checks them.

import { anything, boolean, choice, either, integer, list, number, object, record, refused, text, variants } from "../fields.mjs";
import { MESSAGE } from "./message_fields.mjs";
import { TOOL_FIELDS } from "./tool_fields.mjs";

const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const JSON_PLEASE = { messages: [{ role: "user", content: "Name a city, as JSON." }] };
const REASONING = { model: "gpt-5-nano" };
const text64 = (note) => text({ effect: "accepted", max: 64, note, example: "some-id" });

export const RESPONSE_FORMAT = variants("type", {
  json_object: object({ type: text() }, { note: "The messages must contain the word JSON." }),
  json_schema: object({
    type: text(),
    json_schema: object({
      name: text({ required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }),
      description: text({ effect: "accepted" }),
      schema: record(anything()),
      strict: boolean({ note: "The schema must follow OpenAI's rules for strict ones; the answer fits the schema either way." }),
    }, { required: true }),
  }),
  text: object({ type: text() }),
}, {
  strict: true, example: { value: { type: "json_schema", json_schema: { name: "place", schema: SCHEMA, strict: true } }, with: JSON_PLEASE },
});

export const METADATA = record(text({ max: 512, effect: "accepted" }), {
  effect: "accepted", called: "a metadata object", max: 16, maxName: 64, note: "Up to 16 texts, echoed.", example: { lesson: "routing" },
});

export const SAMPLING = {
  max_tokens: integer({ min: 1, note: "Cuts the answer. Models that reason refuse it, as at OpenAI.", example: 3 }),
  n: integer({ min: 1, max: 128, note: "Usage counts all choices.", example: 2 }),
  stop: either([text(), list(text(), { max: 4 })], { note: "Up to four texts; the answer ends before the first.", example: "e" }),
  temperature: number({ min: 0, max: 2, effect: "accepted", note: "The answer depends on `seed` alone.", example: 0.3 }),
  top_p: number({ min: 0, max: 1, effect: "accepted", note: "The answer depends on `seed` alone.", example: 0.5 }),
  presence_penalty: number({ min: -2, max: 2, effect: "accepted", example: 0.5 }),
  frequency_penalty: number({ min: -2, max: 2, effect: "accepted", example: 0.5 }),
  logit_bias: record(integer({ min: -100, max: 100, effect: "accepted" }), { effect: "accepted", note: "There are no logits here.", example: { 50256: -100 } }),
};

export const STREAM_OPTIONS = object({
  include_usage: boolean({ note: "A last chunk with the usage." }),
  include_obfuscation: boolean({ note: "`false`: no padding in the chunks." }),
}, { example: { value: { include_usage: true }, with: { stream: true } } });

const { max_tokens, n, stop, temperature, top_p, presence_penalty, frequency_penalty, logit_bias } = SAMPLING;

export const FIELDS = {
  model: text({ required: true }),
  messages: list(MESSAGE, { required: true, min: 1 }),
  ...TOOL_FIELDS,
  max_tokens,
  max_completion_tokens: integer({ min: 1, note: "Cuts the answer, reasoning included.", example: 3 }),
  n,
  stop,
  temperature,
  top_p,
  presence_penalty,
  frequency_penalty,
  logit_bias,
  logprobs: boolean({ note: "Made up, and the same for the same answer.", example: true }),
  top_logprobs: integer({ min: 0, max: 20, example: { value: 2, with: { logprobs: true } } }),
  user: text({ effect: "accepted", strict: true, example: "user-1" }),
  seed: integer({ note: "Another seed, another made-up answer.", example: { value: 7, with: { messages: [{ role: "user", content: "Tell me about lighthouses." }] } } }),
  safety_identifier: text({ effect: "accepted", max: 128, example: "user-1" }),
  prompt_cache_options: object({ mode: choice(["implicit", "explicit"], { effect: "accepted" }), ttl: choice(["30m"], { effect: "accepted" }) }, {
    effect: "accepted", strict: true, note: "No prompt is cached.", example: { mode: "implicit" },
  }),
  prompt_cache_key: text64("No prompt is cached."),
  prompt_cache_retention: choice(["in_memory", "24h"], { effect: "accepted", note: "No prompt is cached.", example: "24h" }),
  service_tier: choice(["auto", "default", "fast", "flex", "priority", "scale"], { note: "Echoed; it changes neither the speed nor a price.", example: "flex" }),
  stream: boolean({ note: "One chunk per token, each at its time.", example: true }),
  stream_options: STREAM_OPTIONS,
  store: boolean({ effect: "accepted", note: "The newest 200 completions are kept in memory until `POST /_sim/reset`.", example: true }),
  metadata: METADATA,
  verbosity: choice(["low", "medium", "high"], { effect: "accepted", note: "Other than `medium` only for models that reason.", example: { value: "low", with: REASONING } }),
  reasoning_effort: choice(["none", "minimal", "low", "medium", "high", "xhigh", "max"], {
    note: "For models that reason: how many tokens of reasoning are counted. The reasoning itself is not shown, as at OpenAI.",
    example: { value: "minimal", with: REASONING },
  }),
  response_format: RESPONSE_FORMAT,
  prediction: object({ type: choice(["content"], { required: true }), content: either([text(), list(anything())], { required: true }) }, {
    effect: "accepted", note: "It makes no answer faster. Models that reason refuse it.", example: { type: "content", content: "Paris" },
  }),
  modalities: refused("Audio output is not simulated.", {
    unless: (value) => Array.isArray(value) && value.every((one) => one === "text"), example: ["text", "audio"],
  }),
  audio: refused("Audio output is not simulated.", { example: { voice: "alloy", format: "wav" } }),
  moderation: refused("The moderation of a completion is not simulated; POST /v1/moderations is.", { example: { model: "omni-moderation-latest" } }),
  web_search_options: refused("Web search is not simulated.", { example: { search_context_size: "low" } }),
};
