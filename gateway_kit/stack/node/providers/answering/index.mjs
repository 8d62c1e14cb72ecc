// What a simulated model answers: to any prompt, at once, and the same for the same call.

import { lookUp } from "./bank.mjs";
import { helpDesk } from "./help_desk/index.mjs";
import { hintedSchema } from "./hint.mjs";
import { jsonFor, writeJson } from "./json.mjs";
import { madeUp, madeUpReasoning } from "./made_up.mjs";
import { Ask } from "./prompt.mjs";
import { sayPlainly, word } from "./styles.mjs";
import { resultValues, tellResults } from "./tools/results.mjs";
import { callId, chooseTools } from "./tools/choose.mjs";

export { bankPrompts, normalise } from "./bank.mjs";
export { SchemaError, fill } from "./fill.mjs";
export { readAnswers } from "./file.mjs";

const WEATHER = /\bweather\b[^?.!]*?\b(?:in|for|at)\s+\p{Lu}/u;
const asksForWeather = (ask) => ask.prompt.length < 200 && WEATHER.test(ask.prompt);
const NO_WEATHER = "I cannot see the weather from here; give me a get_weather tool and I will ask it.";

/**
 * The answer to a call: `{ text, reasoning, toolCalls: [{ id, name, arguments }], source }`.
 *
 * `row` is the model's row (models.mjs), `index` the number of the choice, `own` the answers that the user added (own.mjs).
 * It depends on the model, the call (its seed too) and the choice alone. `id` is a suffix, the same for the same call.
 * `source`: own, help_desk, judge, tool, tool_result, bank or made_up. Throws SchemaError for a schema that no value fits.
 */
export function answerFor(call, row, index = 0, own = undefined) {
  const ask = new Ask(call, row, index);
  const reasoning = call.thinking ? madeUpReasoning(ask) : "";
  return { reasoning, toolCalls: [], text: "", ...decide(call, row, ask, own) };
}

function decide(call, row, ask, own) {
  const added = own?.find(ask, (answer) => suits(answer, call));
  if (added) return { ...ofOwn(ask, added), source: "own" };
  const desk = helpDesk(ask);
  if (desk) return { text: desk.json ? writeJson(ask, desk.json) : shaped(ask, desk.text, desk.facts), source: desk.source };
  const entry = lookUp(ask.prompt);
  const toolCalls = chooseTools(ask, entry);
  if (toolCalls.length) return { toolCalls, source: "tool" };
  if (call.messages.at(-1)?.role === "tool") {
    // A style's own words are English.
    const told = ask.language.code === "en" ? sayPlainly(tellResults(ask), row.style) : tellResults(ask);
    return { text: shaped(ask, told, { ...entry?.facts, ...resultValues(call) }), source: "tool_result" };
  }
  if (entry) return { text: shaped(ask, word(entry, row.style), entry.json ?? entry.facts), source: "bank" };
  if (asksForWeather(ask)) return { text: shaped(ask, sayPlainly(NO_WEATHER, row.style)), source: "bank" };
  return { text: shaped(ask), source: "made_up" };
}

// Tools are called only if the request offers them, and not again once they have answered.
function suits(answer, call) {
  if (answer.kind !== "tool_calls") return true;
  const offered = (name) => call.tools.some((tool) => tool.name === name);
  return call.toolChoice !== "none" && call.messages.at(-1)?.role !== "tool" && answer.answer.every(({ name }) => offered(name));
}

function ofOwn(ask, { kind, answer }) {
  if (kind === "tool_calls") {
    return { toolCalls: answer.map((made, i) => ({ id: callId(ask, made, i), name: made.name, arguments: JSON.stringify(made.arguments) })) };
  }
  return { text: kind === "json" ? writeJson(ask, answer) : answer };
}

// The text, or JSON of the form that the call asks for.
function shaped(ask, text, facts) {
  const { format } = ask.call;
  const hinted = format === undefined || format.kind === "json_object" ? hintedSchema(ask.prompt) : undefined;
  if (hinted) return jsonFor(ask, { kind: "json_schema", schema: hinted }, text, facts);
  return format === undefined ? text ?? madeUp(ask) : jsonFor(ask, format, text, facts);
}
