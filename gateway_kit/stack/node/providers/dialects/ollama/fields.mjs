// The fields of Ollama's requests. Go ignores names that it does not know.

import { anything, boolean, choice, either, integer, list, number, object, record, refused, text } from "../fields.mjs";

const NAME_NOTE = "with or without a tag; any tag names the same model here";
const model = text({ note: NAME_NOTE });
const ignored = { effect: "accepted" };

const LEVELS = ["high", "medium", "low", "max"];
const quoted = (value) => JSON.stringify(value);

const think = either([boolean(), choice(LEVELS, { fault: (value) => `invalid think value: ${quoted(value)} (must be "high", "medium", "low", "max", true, or false)` })], {
  fault: () => 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
  note: "Models that think do so unless it is `false` (gpt-oss always); for others all but `false` is refused. Levels change nothing.",
  example: { value: false, with: { model: "qwen3" } },
});

const format = anything({ note: "`json` or a JSON schema", example: { type: "object", properties: { capital: { type: "string" } }, required: ["capital"] } });

const keepAlive = either([number(), text()], {
  fault: (value) => `Unsupported type: '${typeof value === "boolean" ? "bool" : Array.isArray(value) ? "[]interface {}" : "map[string]interface {}"}'`,
  effect: "accepted", note: "Seconds, or a duration such as `5m`; how long `/api/ps` lists the model. With `0` and no prompt it is unloaded.", example: "10m",
});

const truncate = boolean({ note: "Unless it is `false`, the oldest messages of a conversation that is too long are left out.", ...ignored, example: true });

// An option's name says its Go type; options that are not listed are ignored.
export const OPTIONS = {
  num_predict: { go: "integer", effect: "simulated", example: 2, note: "A negative number sets no limit." },
  stop: { go: "array", effect: "simulated", example: ["Paris"] },
  seed: { go: "integer", effect: "simulated", example: 7, note: "Prompts that the bank does not know are answered differently." },
  num_ctx: { go: "integer", effect: "simulated", example: 4096, note: "A smaller context window than the model's." },
  temperature: { go: "float32" }, top_k: { go: "integer" }, top_p: { go: "float32" }, min_p: { go: "float32" }, typical_p: { go: "float32" },
  repeat_last_n: { go: "integer" }, repeat_penalty: { go: "float32" }, presence_penalty: { go: "float32" }, frequency_penalty: { go: "float32" },
  num_keep: { go: "integer" }, num_batch: { go: "integer" }, num_gpu: { go: "integer" }, main_gpu: { go: "integer" }, num_thread: { go: "integer" },
  draft_num_predict: { go: "integer" }, use_mmap: { go: "boolean" },
};

const options = record(anything(), {
  note: `Simulated: ${Object.keys(OPTIONS).filter((name) => OPTIONS[name].effect === "simulated").join(", ")}. Of the right type and without effect: ` +
    `${Object.keys(OPTIONS).filter((name) => !OPTIONS[name].effect).join(", ")}. A wrong type is a 400 here (Ollama's status is 500); other names are ignored.`,
  example: { num_predict: 2 },
});

const images = list(text(), { go: "[]api.ImageData", note: "base64; models without sight refuse them" });

const SHARED = {
  model,
  stream: boolean({ example: true }),
  format,
  options,
  think,
  keep_alive: keepAlive,
  truncate,
  shift: boolean({ ...ignored, example: false }),
  logprobs: boolean({ example: true }),
  top_logprobs: integer({ min: 0, max: 20, example: { value: 2, with: { logprobs: true } } }),
  _debug_render_only: refused("The simulator has no templates to show.", { unless: (value) => value === false, example: true }),
};

const call = object({
  id: text(ignored),
  type: text(ignored),
  function: object({ index: integer(ignored), name: text(), arguments: record(anything()) }, { go: "api.ToolCallFunction" }),
}, { go: "api.ToolCall" });

const message = object({
  role: text(), content: text(), thinking: text(ignored), images,
  tool_calls: list(call, { go: "[]api.ToolCall" }), tool_name: text(), tool_call_id: text(),
}, { go: "api.Message" });

const tool = object({
  type: text(ignored),
  function: object({ name: text(), description: text(), parameters: record(anything(), { go: "api.ToolFunctionParameters" }) }, { go: "api.ToolFunction" }),
}, { go: "api.Tool" });

const TOOL = { type: "function", function: { name: "get_weather", description: "The weather in a city", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } };

export const CHAT_FIELDS = {
  ...SHARED,
  messages: list(message, { go: "[]api.Message", note: "Without any, the model is loaded." }),
  tools: list(tool, {
    go: "api.Tools", note: "Models without tools refuse them; phi3 takes them here, which it does not at Ollama.",
    example: { value: [TOOL], with: { messages: [{ role: "user", content: "What is the weather in Paris?" }] } },
  }),
};

export const GENERATE_FIELDS = {
  ...SHARED,
  prompt: text({ note: "Without one, the model is loaded." }),
  system: text({ example: "You are a helpful assistant." }),
  suffix: text({ note: "For models that fill in the middle, such as codellama; others refuse it.", example: { value: "    return result", with: { model: "codellama", prompt: "def compute_gcd(a, b):" } } }),
  template: text({ ...ignored, example: "{{ .Prompt }}" }),
  context: list(integer(), { go: "[]int", note: "Of an earlier answer: its conversation goes on. Other numbers count as tokens.", example: [1, 2, 3] }),
  raw: boolean({ note: "The answer has no `context`.", example: true }),
  images,
};

export const EMBED_FIELDS = {
  model,
  input: anything({ note: "a text or a list of texts; nothing gives no vectors" }),
  truncate: boolean({ note: "With `false`, a text beyond the context is refused.", ...ignored, example: true }),
  dimensions: integer({ example: 64 }),
  options: { ...options, effect: "accepted", example: { temperature: 0.5 } },
  keep_alive: keepAlive,
};

export const EMBEDDINGS_FIELDS = { model, prompt: text(), options: { ...options, effect: "accepted", example: { temperature: 0.5 } }, keep_alive: keepAlive };

export const SHOW_FIELDS = {
  model, name: text({ note: "the older name of `model`" }), verbose: boolean({ ...ignored, example: true }),
  system: text(ignored), template: text(ignored), options: record(anything(), ignored),
};
