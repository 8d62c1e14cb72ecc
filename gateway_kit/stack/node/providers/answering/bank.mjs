// Finds the known answer to a call, from the bank, the tools or the tool results; null if there is none.

import { ANSWERS, workOut } from "./answers.mjs";
import { sayPlainly, word } from "./styles.mjs";
import { hashText } from "../random.mjs";

// A tag at the end, as in "What is an LLM gateway? [run 3]", makes a prompt unique and is ignored here.
const TAG = /\s*\[[^\]]{0,60}\]\s*$/;

// What LiteLLM adds to a prompt for a model that, as far as it knows, does not support response schemas.
const SCHEMA_HINT = /\s*Use this JSON schema:[\s\S]*$/;

/** A prompt without the parts that do not change its meaning: case, quotes, end punctuation, extra spaces, a tag. */
export function normalise(prompt) {
  return prompt.replace(SCHEMA_HINT, "").replace(TAG, "").toLowerCase().replace(/[‘’“”"'`]/g, "").replace(/\s+/g, " ").trim().replace(/[.?!:]+$/, "").trim();
}

const BY_PROMPT = new Map(ANSWERS.flatMap((answer) => answer.prompts.map((prompt) => [normalise(prompt), answer])));

/** The bank's prompts, one per question, as a person would type them. */
export const bankPrompts = () => [...ANSWERS.map((answer) => answer.prompts[0]),
  "What is the capital of France?", "What is 17 * 23?", "Count from 1 to 10", "What is the weather in Paris?"];

/** `{ text, toolCalls }` if the answer is known, null if a real model has to answer. */
export function knownAnswer(call, style) {
  const last = call.messages.at(-1);
  if (last.role === "tool") return { text: sayPlainly(tellResults(call), style), toolCalls: [] };
  const prompt = [...call.messages].reverse().find((message) => message.role === "user")?.text ?? "";
  const normalised = normalise(prompt);
  const answer = normalised.length > 500 ? null : BY_PROMPT.get(normalised) ?? workOut(normalised);
  const toolCalls = call.toolChoice === "none" ? [] : chooseTools(call, prompt, answer);
  if (toolCalls.length) return { text: "", toolCalls };
  if (answer) return { text: word(answer, style), toolCalls: [] };
  if (WEATHER.test(prompt) && normalised.length < 200) return { text: sayPlainly(NO_WEATHER, style), toolCalls: [] };
  return null;
}

const WEATHER = /\bweather\b[^?.!]*?\b(?:in|for|at)\s+(\p{Lu}[\p{L}-]*(?:\s\p{Lu}[\p{L}-]*)*(?:(?:,| and|, and) (?:in )?\p{Lu}[\p{L}-]*)*)/u;
const NO_WEATHER = "I cannot see the weather from here; give me a get_weather tool and I will ask it.";

function chooseTools(call, prompt, answer) {
  const { tools, toolChoice } = call;
  if (tools.length === 0) return [];
  const forced = toolChoice === "required" ? tools[0] : tools.find((tool) => tool.name === toolChoice.name);
  const weather = (forced ? [forced] : tools).find((tool) => /weather/i.test(tool.name));
  const cities = WEATHER.exec(prompt)?.[1]?.split(/,? and (?:in )?|, /);
  if (weather && cities) {
    return cities.map((city, index) => toolCall(weather, fillIn(weather, prompt, city), prompt, index));
  }
  if (!forced) return [];
  return [toolCall(forced, answer?.json ?? fillIn(forced, prompt), prompt, 0)];
}

const toolCall = (tool, values, prompt, index) => ({
  id: `call_${hashText(`${tool.name} ${prompt} ${index}`).toString(16).padStart(8, "0")}${hashText(prompt).toString(16)}`,
  name: tool.name,
  arguments: JSON.stringify(values),
});

// Values for a tool's parameters: the city, then the numbers in the prompt, then the prompt itself.
function fillIn(tool, prompt, city) {
  const properties = tool.parameters?.properties ?? {};
  const required = Array.isArray(tool.parameters?.required) ? tool.parameters.required : Object.keys(properties);
  const numbers = (prompt.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  let cityUsed = city === undefined;
  const values = {};
  for (const name of required) {
    const schema = properties[name] ?? {};
    const type = Array.isArray(schema.type) ? schema.type[0] : String(schema.type ?? "string").toLowerCase();
    if (Array.isArray(schema.enum) && schema.enum.length) values[name] = schema.enum[0];
    else if (type === "number" || type === "integer") values[name] = numbers.shift() ?? 0;
    else if (type === "boolean") values[name] = true;
    else if (type === "array") values[name] = [];
    else if (type === "object") values[name] = {};
    else if (!cityUsed) { values[name] = city; cityUsed = true; } else values[name] = prompt;
  }
  if (!cityUsed) values[Object.keys(properties)[0] ?? "city"] = city;
  return values;
}

// One sentence for the results of the last turn's tools.
function tellResults(call) {
  const turn = [];
  for (const message of [...call.messages].reverse()) {
    if (message.role !== "tool") break;
    turn.unshift(message);
  }
  const calls = call.messages.flatMap((message) => message.toolCalls ?? []).slice(-turn.length);
  return turn.map((result, index) => tellResult(result, findCall(calls, result, index))).join(" ");
}

const findCall = (calls, result, index) => calls.find((call) => call.id !== undefined && call.id === result.toolCallId) ?? calls[index];

function tellResult(result, call) {
  const values = tryJson(call?.arguments);
  const name = call?.name ?? result.toolName ?? "tool";
  const data = tryJson(result.text);
  const plain = data === undefined || typeof data !== "object" || data === null;
  const outcome = plain ? result.text.trim() : Object.entries(data).map(([key, value]) => describe(key, value)).join(", ");
  const place = typeof values === "object" && values !== null ? values.city ?? values.location ?? values.place : undefined;
  if (/weather/i.test(name) && place) return `The weather in ${place}: ${outcome}.`.replace(/\.\.$/, ".");
  return `The tool ${name} answered: ${outcome}.`.replace(/\.\.$/, ".");
}

const UNITS = { _c: " degrees Celsius", _f: " degrees Fahrenheit", _kmh: " km/h", _percent: " %" };

function describe(key, value) {
  const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
  for (const [ending, unit] of Object.entries(UNITS)) {
    if (key.endsWith(ending)) return `${key.slice(0, -ending.length).replaceAll("_", " ")} ${shown}${unit}`;
  }
  return `${key.replaceAll("_", " ")} ${shown}`;
}

function tryJson(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
