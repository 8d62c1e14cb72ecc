// Reading the options and the durations of an Ollama request, with Ollama's errors.

import { OPTIONS } from "./fields.mjs";
import { invalid } from "./words.mjs";

const IS = {
  integer: (value) => typeof value === "number",
  float32: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
};

/** The options with effect: `{ maxTokens, stop, seed, contextLimit, temperature }`. */
export function readOptions(options) {
  for (const [name, value] of Object.entries(options ?? {})) {
    const go = Object.hasOwn(OPTIONS, name) ? OPTIONS[name].go : undefined;
    if (!go || value === null) continue;
    if (!IS[go](value)) throw invalid(`option ${JSON.stringify(name)} must be of type ${go}`);
    if (go === "array" && !value.every((item) => typeof item === "string")) throw invalid(`option ${JSON.stringify(name)} must be of an array of strings`);
  }
  const { num_predict: most, num_ctx: window, stop, seed, temperature } = options ?? {};
  return {
    maxTokens: typeof most === "number" && most >= 0 ? Math.trunc(most) : undefined,
    stop: (stop ?? []).filter((text) => text !== ""),
    seed: seed ?? undefined,
    contextLimit: window > 0 ? Math.trunc(window) : undefined,
    temperature,
  };
}

const UNITS_S = { ns: 1e-9, us: 1e-6, "µs": 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
const DURATION = /^([+-])?((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g;
const USUAL_S = 300;

/** How many seconds a model stays loaded; Infinity for a negative duration. */
export function keepAliveS(value) {
  if (value === undefined || value === null) return USUAL_S;
  const seconds = typeof value === "number" ? value : parseDuration(value);
  return seconds < 0 ? Infinity : seconds;
}

function parseDuration(text) {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!DURATION.test(text)) {
    if (/^[+-]?[\d.]+$/.test(text) && /\d/.test(text)) throw invalid(`time: missing unit in duration ${JSON.stringify(text)}`);
    throw invalid(`time: invalid duration ${JSON.stringify(text)}`);
  }
  const seconds = [...text.matchAll(PART)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_S[unit], 0);
  return text.startsWith("-") ? -seconds : seconds;
}

/** The call's format, or undefined. */
export function readFormat(format) {
  if (format === undefined || format === null || format === "") return undefined;
  if (format === "json") return { kind: "json_object" };
  if (typeof format === "object" && !Array.isArray(format)) return { kind: "json_schema", name: "answer", schema: format };
  throw invalid(`invalid format: ${JSON.stringify(JSON.stringify(format))}; expected "json" or a valid JSON Schema object`);
}
