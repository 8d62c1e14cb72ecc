// Answers that the user adds, from a file at the start and while the simulator runs. They come before all others.
//
// A pattern is a text that the prompt contains, in any case, or a regular expression between slashes, as /^capital/i.
// Regular expressions run in RE2's way, in time that is linear in the prompt: none can hold the simulator up, whatever
// its author wrote. The price is that lookahead, lookbehind and back-references are not possible.

import { InputError } from "../errors.mjs";
import { describeLease } from "../leases.mjs";
import { MODELS } from "../models.mjs";
import { re2 } from "./engines.mjs";

const FIELDS = ["pattern", "text", "json", "tool_calls", "model", "provider"];
const KINDS = ["text", "json", "tool_calls"];
const MOST_ANSWERS = 500;
const MOST_CALLS = 20;
const LONGEST = { pattern: 1_000, text: 1_000_000, model: 200 };
// A regular expression sees this much of a prompt's beginning and of its end, and has at most so many steps of its own:
// all answers together then take less than a second in the worst case.
const SEEN = 2_000;
const MOST_STEPS = 2_000;
const EXPRESSION = /^\/(.+)\/([a-z]*)$/s;
// u is how it works anyway.
const FLAGS = { i: "CASE_INSENSITIVE", s: "DOTALL", m: "MULTILINE", u: undefined };
const PROVIDERS = [...new Set(MODELS.map((row) => row.provider))];

export class OwnAnswers {
  constructor() {
    // Oldest first; of several that fit, the newest answers.
    this.list = [];
    this.nextId = 1;
  }

  /** Adds an answer and returns it. Raises InputError with the reason if the input is not valid. */
  add({ lease, ...input }, leases) {
    const answer = checked(input);
    if (this.list.length >= MOST_ANSWERS) throw new InputError(`There are ${MOST_ANSWERS} answers already; DELETE /_sim/answers removes those added since the start.`);
    answer.lease = leases?.take(lease) ?? null;
    return describe(this.put(answer, false));
  }

  put(answer, fromFile) {
    const added = { ...answer, id: this.nextId, hits: 0, from_file: fromFile, lease: answer.lease ?? null };
    this.nextId += 1;
    this.list.push(added);
    return added;
  }

  /** Adds the answers of a file: a JSON list, or a JSON object in each line. Raises InputError that names the line. */
  load(text) {
    for (const { where, input } of entriesOf(text)) {
      let answer;
      try {
        answer = checked(input);
      } catch (error) {
        if (error instanceof InputError) throw new InputError(`${where}: ${error.message}`);
        throw error;
      }
      if (this.list.length >= MOST_ANSWERS) throw new InputError(`${where}: there are more than ${MOST_ANSWERS} answers.`);
      this.put(answer, true);
    }
  }

  /** Removes one answer by its id, or without an id all that were added since the start; returns how many. */
  remove(id) {
    const before = this.list.length;
    this.list = this.list.filter((answer) => (id === undefined ? answer.from_file : answer.id !== id));
    return before - this.list.length;
  }

  heldBy(lease) {
    return this.list.filter((answer) => answer.lease === lease).map(({ id }) => id);
  }

  endLease(lease) {
    this.list = this.list.filter((answer) => answer.lease !== lease);
  }

  rows() {
    return this.list.map(describe);
  }

  /** The newest answer that fits the call and that `suits`; undefined if there is none. */
  find({ prompt, row, call, index }, suits) {
    if (this.list.length === 0) return undefined;
    const seen = prompt.length <= 2 * SEEN ? prompt : `${prompt.slice(0, SEEN)}\n${prompt.slice(-SEEN)}`;
    let plain;
    for (let i = this.list.length - 1; i >= 0; i -= 1) {
      const answer = this.list[i];
      if (answer.provider !== null && answer.provider !== row.provider) continue;
      if (answer.model !== null && answer.model !== row.model && answer.model !== call.model) continue;
      const fits = answer.expression ? answer.expression.test(seen) : (plain ??= plainly(prompt)).includes(answer.plain);
      if (!fits || !suits(answer)) continue;
      if (index === 0) answer.hits += 1;
      return answer;
    }
    return undefined;
  }
}

const plainly = (text) => text.toLowerCase().replace(/\s+/g, " ");

function checked(input) {
  if (input === null || typeof input !== "object" || Array.isArray(input)) throw new InputError('An answer is a JSON object with a "pattern".');
  const unknown = Object.keys(input).find((name) => !FIELDS.includes(name));
  if (unknown) throw new InputError(`An answer has no "${unknown}"; it takes ${FIELDS.join(", ")}.`);
  const given = KINDS.filter((name) => input[name] !== undefined && (name === "json" || input[name] !== null));
  if (given.length !== 1) throw new InputError(`An answer needs one of ${KINDS.join(", ")}${given.length ? `, not ${given.join(" and ")}` : ""}.`);
  for (const name of ["pattern", "text", "model"]) checkText(name, input[name], name === "pattern");
  if (input.provider != null && !PROVIDERS.includes(input.provider)) {
    throw new InputError(`There is no provider "${input.provider}"; the providers are ${PROVIDERS.join(", ")}.`);
  }
  const answer = { pattern: input.pattern, kind: given[0], provider: input.provider ?? null, model: input.model ?? null };
  answer.answer = given[0] === "tool_calls" ? input.tool_calls.map?.(readCall) ?? readCall(null) : input[given[0]];
  if (given[0] === "tool_calls" && (answer.answer.length === 0 || answer.answer.length > MOST_CALLS)) throw new InputError(`"tool_calls" must be a list of 1 to ${MOST_CALLS} calls.`);
  const expression = EXPRESSION.exec(input.pattern);
  if (expression) answer.expression = compile(expression[1], expression[2]);
  else answer.plain = plainly(input.pattern);
  return answer;
}

function checkText(name, value, required) {
  if (!required && (value === undefined || value === null)) return;
  const longest = LONGEST[name];
  const empty = name !== "text" && typeof value === "string" && value.trim() === "";
  if (typeof value !== "string" || empty || value.length > longest) {
    throw new InputError(`"${name}" must be a text of ${name === "text" ? 0 : 1} to ${longest.toLocaleString("en")} characters.`);
  }
}

function readCall(call) {
  const given = call?.arguments ?? {};
  if (typeof call?.name !== "string" || call.name === "" || given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new InputError('"tool_calls" must be a list of objects with a "name" and, as an object, "arguments".');
  }
  return { name: call.name, arguments: given };
}

function compile(source, flags) {
  const unknown = [...flags].find((flag) => !Object.hasOwn(FLAGS, flag));
  if (unknown) throw new InputError(`A regular expression has no flag "${unknown}" here; the flags are ${Object.keys(FLAGS).join(", ")}.`);
  let made;
  try {
    made = re2().compile(re2().translateRegExp(source), [...flags].reduce((all, flag) => all | (re2()[FLAGS[flag]] ?? 0), 0));
  } catch (error) {
    const why = error.message.replace(/^error parsing regexp: /, "");
    throw new InputError(`The regular expression in "pattern" cannot be used (${why}). Lookahead, lookbehind and back-references are not possible.`);
  }
  if (made.programSize() > MOST_STEPS) throw new InputError('The regular expression in "pattern" is too large; repeat less in it.');
  return made;
}

function entriesOf(text) {
  if (text.trimStart().startsWith("[")) {
    const list = parse(text, "The file");
    return list.map((input, i) => ({ where: `entry ${i + 1}`, input }));
  }
  return text.split(/\r?\n/).map((line, i) => ({ line, where: `line ${i + 1}` })).filter(({ line }) => line.trim() !== "")
    .map(({ line, where }) => ({ where, input: parse(line, where) }));
}

function parse(text, where) {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new InputError(`${where}: this is no JSON (${error.message.slice(0, 200)}).`);
  }
}

function describe({ id, pattern, kind, answer, provider, model, hits, from_file, lease }) {
  return { id, pattern, [kind]: answer, provider, model, hits, from_file, lease: describeLease(lease) };
}
