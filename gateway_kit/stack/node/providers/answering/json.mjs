// Answers in the form that a call asks for: a JSON schema, any JSON object, or one of some values.

import { fill } from "./fill.mjs";
import { madeUp, madeUpBriefly } from "./made_up.mjs";

const PRETTY = { gemini: true, vertex_ai: true, ollama: true };

/** `text` and `facts` are the answer in words and its values, if it is known. */
export function jsonFor(ask, format, text, facts) {
  if (format.kind === "enum") return chooseValue(ask, format.values, text);
  if (format.kind === "json_object") return writeJson(ask, anyObject(ask, text, facts));
  return writeJson(ask, fill(format.schema, { ...wordingOf(ask), answer: text, facts }));
}

/** JSON in one line or in several, as the provider's models write it. */
export function writeJson(ask, value) {
  const pretty = PRETTY[ask.row.provider] === true || ask.call.format?.kind === "json_object";
  return JSON.stringify(value, null, pretty ? 2 : 0);
}

/** How texts in JSON are worded: in the prompt's language. */
export function wordingOf(ask) {
  return {
    gist: ask.gist,
    prose: (schema, turn) => madeUpBriefly(ask, turn, schema.maxLength),
    subject: ask.subject,
    nouns: ask.language.code === "de",
    simulated: ask.language.simulated,
    random: (attempt) => ask.random(`json ${attempt}`),
  };
}

function chooseValue(ask, values, text) {
  return fill({ enum: values }, { ...wordingOf(ask), answer: text });
}

const KEYS = /\b(?:keys?|fields?|properties|property|attributes)\b(?:\s+(?:called|named|are|is|like|such as|of))*[:\s]+((?:["'`]?[\p{L}_][\p{L}\p{N}_]*["'`]?(?:\s*\([^)]{0,40}\))?(?:\s*,\s*(?:and\s+)?|\s+and\s+)?){1,20})/iu;
const IN_JSON = /["“]([\p{L}_][\p{L}\p{N}_ ]{0,40})["”]\s*:/gu;
const NO_KEY = new Set(["and", "for", "of", "with", "in", "the", "a", "an", "as", "to", "about", "named", "called", "only", "is", "are", "be", "each", "string", "number", "integer", "boolean", "list", "array"]);

// An object with the keys that the prompt or the instructions name, or with the answer.
function anyObject(ask, text, facts) {
  if (facts && facts.text === undefined && facts.value === undefined && !facts.list) return facts;
  const keys = namedKeys(`${ask.gist}\n${ask.instructions}`);
  if (keys.length === 0) return { answer: facts?.value ?? facts?.text ?? facts?.list ?? text ?? madeUp(ask) };
  const properties = Object.fromEntries(keys.map((key) => [key, typeOf(key)]));
  return fill({ type: "object", properties, required: keys }, { ...wordingOf(ask), answer: text, facts });
}

function namedKeys(said) {
  const inJson = [...said.matchAll(IN_JSON)].map(([, key]) => key);
  if (inJson.length) return [...new Set(inJson)].slice(0, 30);
  const list = KEYS.exec(said)?.[1];
  if (!list) return [];
  const keys = [];
  for (const [word] of list.matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)) {
    if (["for", "of", "in", "about", "as", "with"].includes(word.toLowerCase())) break;
    if (!NO_KEY.has(word.toLowerCase())) keys.push(word);
  }
  return [...new Set(keys)];
}

const NUMBER_KEY = /(?:^|_)(?:age|year|count|number|population|quantity|price|total|amount|rating|score|id|n|sum|result)$/i;

function typeOf(key) {
  if (NUMBER_KEY.test(key)) return { type: ["number", "string"] };
  if (/^(?:is|has)_/i.test(key)) return { type: "boolean" };
  if (/^(?:list|items|names|steps|tags|colou?rs|ingredients|cities|countries|keywords|examples|options|results|topics|[a-z]+_list)$/i.test(key)) return { type: "array", items: { type: "string" } };
  return { type: "string" };
}
