// Tells the results of the last turn's tools in a sentence.

/** One sentence for each result, in the language of the answer. */
export function tellResults({ call, language }) {
  const turn = [];
  for (let i = call.messages.length - 1; i >= 0 && call.messages[i].role === "tool"; i -= 1) turn.unshift(call.messages[i]);
  const calls = call.messages.flatMap((message) => message.toolCalls ?? []).slice(-turn.length);
  return turn.map((result, index) => tellResult(result, findCall(calls, result, index), language)).join(language.unspaced ? "" : " ");
}

const findCall = (calls, result, index) => calls.find((call) => call.id !== undefined && call.id === result.toolCallId) ?? calls[index];

function tellResult(result, call, language) {
  const values = tryJson(call?.arguments);
  const name = call?.name ?? result.toolName ?? "tool";
  const units = language.code === "en" ? IN_WORDS : IN_SIGNS;
  const outcome = shortened(outcomeOf(tryJson(result.text), result.text.trim(), units)) || (language.code === "en" ? "nothing" : "–");
  const place = typeof values === "object" && values !== null ? values.city ?? values.location ?? values.place : undefined;
  const sentence = /weather/i.test(name) && place ? language.weather : language.told;
  const parts = { "{p}": place, "{t}": name, "{r}": sentence.endsWith("{r}.") ? outcome.replace(/\.$/, "") : outcome };
  return sentence.replace(/\{[ptr]\}/g, (part) => parts[part]);
}

// A model would sum up a long result.
const LONGEST = 1_000;
const shortened = (text) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`);

function outcomeOf(data, text, units) {
  if (Array.isArray(data)) return data.map((item) => (item !== null && typeof item === "object" ? outcomeOf(item, "", units) : String(item))).join("; ");
  if (data === null || typeof data !== "object") return text;
  return Object.entries(data).map(([key, value]) => describe(key, value, units)).join(", ");
}

const IN_WORDS = { _c: " degrees Celsius", _f: " degrees Fahrenheit", _kmh: " km/h", _percent: " %" };
const IN_SIGNS = { ...IN_WORDS, _c: " °C", _f: " °F" };

function describe(key, value, units) {
  const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
  for (const [ending, unit] of Object.entries(units)) {
    if (key.endsWith(ending)) return `${key.slice(0, -ending.length).replaceAll("_", " ")} ${shown}${unit}`;
  }
  return `${key.replaceAll("_", " ")} ${shown}`;
}

/** The values of the last turn's results, for an answer in JSON. */
export function resultValues(call) {
  const values = {};
  for (let i = call.messages.length - 1; i >= 0 && call.messages[i].role === "tool"; i -= 1) {
    const data = tryJson(call.messages[i].text);
    if (data !== null && typeof data === "object" && !Array.isArray(data)) Object.assign(values, data);
  }
  return values;
}

/** What happened since the user's last message: the tools called, the numbers they were given and those they answered. */
export function turnOf(messages) {
  const turn = { made: [], used: [], numbers: [] };
  for (let i = messages.length - 1; i >= 0 && messages[i].role !== "user"; i -= 1) {
    for (const { name, arguments: given } of messages[i].toolCalls ?? []) {
      turn.made.push(name);
      turn.used.push(...numbersIn(tryJson(given)));
    }
    if (messages[i].role === "tool" && turn.numbers.length === 0) turn.numbers = numbersIn(tryJson(messages[i].text)).slice(0, 2);
  }
  return turn;
}

function numbersIn(value) {
  if (typeof value === "number") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).filter((inner) => typeof inner === "number") : [];
}

function tryJson(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
