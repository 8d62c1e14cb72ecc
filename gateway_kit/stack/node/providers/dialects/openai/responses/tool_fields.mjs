// What OpenAI's Responses API takes about tools.

import { anything, boolean, choice, either, list, object, record, refused, text, variants } from "../../fields.mjs";

const NAME = { required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ };
const DIRECT = refused("Only the model itself calls tools here.", { unless: (value) => Array.isArray(value) && value.every((one) => one === "direct") });
const NOT_DEFERRED = refused("Tools are not loaded later: there is no tool search.", { unless: (value) => value === false });
const NOT_ASYNC = refused("No tool answers later than its turn.", { unless: (value) => value === false });
const COMMON = { description: text(), allowed_callers: DIRECT, defer_loading: NOT_DEFERRED, async: NOT_ASYNC };

export const HOSTED_TOOLS = [
  "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11", "file_search", "code_interpreter",
  "computer", "computer_use_preview", "image_generation", "mcp", "local_shell", "shell", "apply_patch", "tool_search", "namespace",
  "programmatic_tool_calling",
];
const hosted = (name) => refused(`Hosted tool '${name}' is not supported by the simulator: it runs no hosted tools.`);
const HOSTED = Object.fromEntries(HOSTED_TOOLS.map((name) => [name, hosted(name)]));

export const EXAMPLE_TOOL = {
  type: "function", name: "look_up", parameters: { type: "object", properties: { word: { type: "string" } }, required: ["word"], additionalProperties: false }, strict: true,
};

export const TOOLS = list(variants("type", {
  function: object({
    name: text(NAME),
    parameters: record(anything(), { note: "A JSON schema; the arguments fit it." }),
    strict: boolean({ note: "`true`: the schema must follow OpenAI's rules for strict ones. The arguments fit the schema either way." }),
    output_schema: record(anything(), { effect: "accepted" }),
    ...COMMON,
  }),
  custom: object({
    name: text(NAME),
    format: variants("type", {
      text: object({}),
      grammar: refused("No text is made that follows a grammar."),
    }),
    ...COMMON,
  }),
  ...HOSTED,
}), { max: 128, example: { value: [EXAMPLE_TOOL], with: { tool_choice: "required" } } });

export const TOOL_CHOICE = either([choice(["none", "auto", "required"]), variants("type", {
  function: object({ name: text({ required: true }) }),
  custom: object({ name: text({ required: true }) }),
  allowed_tools: object({
    mode: choice(["auto", "required"], { required: true }),
    tools: list(object({ type: text({ required: true }), name: text(), server_label: text({ effect: "accepted" }) }), { required: true }),
  }),
  ...HOSTED,
})], { example: { value: "required", with: { tools: [EXAMPLE_TOOL] } } });
