// How a verdict is spelled: in the words, on the scale or under the names that the request asks for.

const PAIRS = [
  ["pass", "fail"], ["good", "bad"], ["correct", "incorrect"], ["acceptable", "unacceptable"], ["accept", "reject"],
  ["yes", "no"], ["true", "false"], ["ok", "not ok"], ["right", "wrong"], ["helpful", "unhelpful"],
];
const SCALE = /\b(0|1)\s*(?:to|-|–|and|\.\.)\s*(\d{1,3})\b/;
// Names that people give a verdict in a schema.
const YES = ["passed", "pass", "good", "correct", "is_good", "is_correct", "acceptable", "helpful", "ok"];
const WHY = ["reason", "reasoning", "explanation", "comment", "why", "justification"];

/** The verdict in words: PASS or FAIL, the two words that are asked for, or a number on the scale that is asked for. */
export function inWords(passed, asked) {
  const pair = PAIRS.find(([yes, no]) => new RegExp(`\\b${yes}\\b["'”]?\\s*(?:or|/|\\|)\\s*["'“]?${no}\\b`, "iu").test(asked));
  if (pair) return pair[passed ? 0 : 1].toUpperCase();
  return SCALE.test(asked) ? String(onScale(passed, SCALE.exec(asked))) : passed ? "PASS" : "FAIL";
}

/** The verdict's values by name, for answers in JSON. `schema` may be undefined. */
export function asFacts(passed, reason, asked, schema) {
  const scale = SCALE.exec(asked);
  const facts = { label: passed ? "pass" : "fail", verdict: passed ? "pass" : "fail" };
  for (const name of YES) facts[name] = passed;
  for (const name of WHY) facts[name] = reason;
  facts.score = facts.rating = facts.grade = scale ? onScale(passed, scale) : Number(passed);
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    const worded = field?.enum && wordOf(passed, field.enum);
    if (worded !== undefined) facts[name] = worded;
    if (typeof field?.maximum === "number") facts[name] = onScale(passed, [null, field.minimum ?? 0, field.maximum]);
  }
  return facts;
}

/** Those of the values that the request names; verdict, score and reason if it names none. */
export function objectOf(facts, asked) {
  const named = Object.keys(facts).filter((name) => new RegExp(`["'\`]${name}["'\`]|\\b${name}\\b\\s*[:,(]`, "iu").test(asked));
  const names = named.length ? named : ["verdict", "score", "reason"];
  return Object.fromEntries(names.map((name) => [name, facts[name]]));
}

function wordOf(passed, values) {
  const pair = PAIRS.find((words) => words.every((word) => values.some((value) => String(value).toLowerCase() === word)));
  return pair && values.find((value) => String(value).toLowerCase() === pair[passed ? 0 : 1]);
}

// A failed answer is not the worst that there can be.
function onScale(passed, [, least, most]) {
  return passed ? Number(most) : Math.round(Number(least) + (Number(most) - Number(least)) / 4);
}
