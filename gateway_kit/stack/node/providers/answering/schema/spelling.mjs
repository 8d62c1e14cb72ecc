// Regular expressions as JavaScript writes them. Schemas made by Python and Rust programs spell some parts differently.

import { SchemaError } from "./error.mjs";

// Escapes of characters that need none, which JavaScript refuses: "\ ", "\@", "\_".
const NEEDLESS = /\\([^\w\s^$\\.*+?()[\]{}|/-]|[ _])/g;

/** The pattern in JavaScript's spelling; throws SchemaError if it is no regular expression. */
export function readPattern(pattern, where) {
  const wrong = problem(pattern);
  if (!wrong) return pattern;
  const respelled = pythons(pattern);
  if (!problem(respelled)) return respelled;
  throw new SchemaError(`The schema at ${where} is not valid: the pattern is no regular expression (${wrong}).`);
}

function problem(pattern) {
  try {
    new RegExp(pattern, "u");
    return undefined;
  } catch (error) {
    return error.message.replace(/^Invalid regular expression: /, "");
  }
}

function pythons(pattern) {
  const plain = pattern.replace(/^\\A/, "^").replace(/\\[Zz]$/, "$").replaceAll("(?P<", "(?<").replace(NEEDLESS, "$1");
  const outside = plain.replace(/\[(?:\\.|[^\]\\])*\]|\\-/gs, (part) => (part === "\\-" ? "-" : part));
  const flags = /^\(\?([ims]+)\)/.exec(outside);
  return flags ? `(?${flags[1]}:${outside.slice(flags[0].length)})` : outside;
}
