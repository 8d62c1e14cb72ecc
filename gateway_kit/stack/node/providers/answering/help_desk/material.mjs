// The help desk's material: what customers ask about, what the desk says, and how likely it makes which mistake.

import { readFileSync } from "node:fs";

export const MATERIAL = JSON.parse(readFileSync(new URL("help_desk.json", import.meta.url), "utf-8"));

/** `found(pattern, text)`: whether the text has the pattern, in any case. Patterns are compiled once. */
export function found(pattern, text) {
  if (!COMPILED.has(pattern)) COMPILED.set(pattern, new RegExp(pattern, "iu"));
  return COMPILED.get(pattern).test(text);
}
const COMPILED = new Map();

// The desk reads so much of a prompt's beginning and end; more is a document.
const READ = 10_000;
export const readable = (text) => (text.length <= 2 * READ ? text : `${text.slice(0, READ)}\n${text.slice(-READ)}`);

/** The kind of a question, as `{ name, order, says, … }`; null if the house rules do not answer it. */
export function kindOf(question, code) {
  const name = Object.keys(MATERIAL.kinds).find((each) => found(MATERIAL.kinds[each].asked[code], question));
  return name === undefined ? null : { name, ...MATERIAL.kinds[name] };
}

/** The language that the desk knows for a question: German, or else English. */
export const codeOf = (language) => (language.code === "de" ? "de" : "en");
