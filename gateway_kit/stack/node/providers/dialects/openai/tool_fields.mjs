// What OpenAI's chat completions take about tools, and the older functions.

import { anything, boolean, choice, either, list, object, record, text, variants } from "../fields.mjs";

const NAME = { required: true, min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ };
const DEFINITION = {
  name: text(NAME),
  description: text(),
  parameters: record(anything(), { note: "A JSON schema; the arguments fit it." }),
};
const named = (required = true) => object({ name: text({ required: true }) }, { required });
const CUSTOM_FORMAT = variants("type", {
  text: object({ type: text() }),
  grammar: object({
    type: text(),
    grammar: object({
      definition: text({ required: true, effect: "accepted", note: "The input is plain text: it does not follow the grammar." }),
      syntax: choice(["lark", "regex"], { required: true, effect: "accepted" }),
    }, { required: true, effect: "accepted" }),
  }, { effect: "accepted" }),
});

const EXAMPLE_TOOL = { type: "function", function: { name: "look_up", parameters: { type: "object", properties: { word: { type: "string" } }, required: ["word"] } } };
const { function: EXAMPLE_FUNCTION } = EXAMPLE_TOOL;

export const TOOL_FIELDS = {
  functions: list(object(DEFINITION), {
    called: "an array of function definitions", min: 1, max: 128, strict: true, note: "The older form of `tools`.",
    example: { value: [EXAMPLE_FUNCTION], with: { function_call: { name: "look_up" } } },
  }),
  function_call: either([choice(["none", "auto"]), named()], {
    strict: true, note: "The older form of `tool_choice`.", example: { value: { name: "look_up" }, with: { functions: [EXAMPLE_FUNCTION] } },
  }),
  tools: list(variants("type", {
    function: object({
      type: text(),
      function: object({
        ...DEFINITION,
        strict: boolean({ note: "The schema must follow OpenAI's rules for strict ones; the arguments fit the schema either way." }),
      }, { required: true }),
    }),
    custom: object({ type: text(), custom: object({ name: text(NAME), description: text(), format: CUSTOM_FORMAT }, { required: true }) }),
  }), { min: 1, max: 128, strict: true, example: { value: [EXAMPLE_TOOL], with: { tool_choice: "required" } } }),
  tool_choice: either([choice(["none", "auto", "required"]), variants("type", {
    function: object({ type: text(), function: named() }),
    allowed_tools: object({
      type: text(),
      allowed_tools: object({ mode: choice(["auto", "required"], { required: true }), tools: list(anything(), { required: true }) }, { required: true }),
    }),
    custom: object({ type: text(), custom: named() }),
  })], { strict: true, example: { value: "required", with: { tools: [EXAMPLE_TOOL] } } }),
  parallel_tool_calls: boolean({ strict: true, note: "`false`: at most one call in an answer." }),
};
