// Regular expressions of schemas: texts that match one, and a test that always ends.

import { randexp, re2 } from "../engines.mjs";
import { TooMuch } from "./impossible.mjs";

const LONGEST = 100_000;
const USUAL_REPEATS = 8;
const CLASSES = { L: "a-zA-Z", Lu: "A-Z", Ll: "a-z", Lt: "A-Z", N: "0-9", Nd: "0-9", P: "!-\\/:-@", S: "$+<=>^`|~", Z: " ", Zs: " ", Letter: "a-zA-Z", Alphabetic: "a-zA-Z", Uppercase: "A-Z", Lowercase: "a-z" };
const PROPERTY = /\\p\{(?:General_Category=|gc=)?(\w+)\}/g;

/** A text that matches the pattern, usually; `random` decides which. Repetitions end after the `longest` one. */
export function fromPattern(pattern, random, { longest = USUAL_REPEATS, strange = false } = {}) {
  const size = [...pattern.matchAll(/\{(\d+)/g)].reduce((product, [, count]) => product * Math.max(1, Number(count)), 1);
  if (size > LONGEST) throw new TooMuch("a text that matches the pattern would have more than 100,000 characters");
  const RandExp = randexp();
  const maker = new RandExp(inAscii(pattern));
  maker.randInt = (from, to) => from + Math.floor(random() * (to - from + 1));
  maker.max = longest;
  // Letters and digits read better than all that a pattern allows.
  if (!strange) {
    maker.defaultRange.subtract(0, 0xffff);
    for (const [from, to] of [[48, 57], [65, 90], [97, 122]]) maker.defaultRange.add(from, to);
  } else maker.defaultRange.add(0xa0, 0xd7ff);
  for (const character of named(pattern)) maker.defaultRange.add(character, character);
  return maker.gen();
}

// What the generator does not know: \p{…}, in whose place ASCII members are, and characters by their number.
const PART = /\\p\{(?:General_Category=|gc=)?\w+\}|\\u\{([0-9a-fA-F]+)\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\.|[[\]]/g;

function inAscii(pattern) {
  let inClass = false;
  const plain = pattern.replace(PART, (part, braced, four, two) => {
    const code = braced ?? four ?? two;
    if (code) return literal(Number.parseInt(code, 16));
    if (part === "[") inClass = true;
    else if (part === "]") inClass = false;
    else if (part.startsWith("\\p{")) {
      const members = CLASSES[part.replace(PROPERTY, "$1")] ?? "a-z";
      return inClass ? members : `[${members}]`;
    }
    return part;
  });
  return new RegExp(plain.replace(/\(\?<[A-Za-z]\w*>/g, "(").replace(/\(\?[ims]+:/g, "(?:"));
}

function literal(code) {
  const character = String.fromCodePoint(code);
  return /[\w\s]/.test(character) || code > 0x7f ? character : `\\${character}`;
}

// The characters and ends of ranges that a pattern names itself.
function named(pattern) {
  const codes = [...pattern.replace(/\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})/g, (_, long, short) => String.fromCodePoint(Number.parseInt(long ?? short, 16)))];
  return codes.map((character) => character.codePointAt(0)).filter((code) => code > 0x20 && code < 0xd800);
}

const testers = new Map();

/** Does the text match, as in JSON Schema anywhere in it? Undefined if the pattern needs an engine that may not end. */
export function safeTest(pattern, text) {
  if (!testers.has(pattern)) {
    if (testers.size > 500) testers.clear();
    testers.set(pattern, compile(pattern));
  }
  return testers.get(pattern)?.test(text);
}

function compile(pattern) {
  try {
    return re2().compile(re2().translateRegExp(pattern));
  } catch {
    return undefined;
  }
}
