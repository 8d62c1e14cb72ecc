// Finds the bank's answer to a prompt.

import { ANSWERS } from "./answers.mjs";
import { workOut } from "./computed.mjs";
import { withoutHint } from "./hint.mjs";

const LONGEST_TAG = 62;

// The bank's prompts are far shorter; a longer one is not searched for.
const LONGEST = 4_000;

/** A prompt without the parts that do not change its meaning: case, quotes, end punctuation, extra spaces, a tag. */
export function normalise(prompt) {
  return withoutTag(withoutHint(prompt).trim()).toLowerCase().replace(/[‘’“”"'`]/g, "").replace(/\s+/g, " ").trim().replace(/[.?!:]{1,9}$/, "").trim();
}

// A tag at the end, as in "What is an LLM gateway? [run 3]", makes a prompt unique and is ignored here.
function withoutTag(prompt) {
  const start = prompt.endsWith("]") ? prompt.lastIndexOf("[") : -1;
  return start >= 0 && prompt.length - start <= LONGEST_TAG ? prompt.slice(0, start) : prompt;
}

const BY_PROMPT = new Map(ANSWERS.flatMap((answer) => answer.prompts.map((prompt) => [normalise(prompt), answer])));

/** The bank's prompts, one per question, as a person would type them. */
export const bankPrompts = () => [...ANSWERS.map((answer) => answer.prompts[0]),
  "What is the capital of France?", "What is 17 * 23?", "Count from 1 to 10", "What is the weather in Paris?"];

/** The bank's entry for a prompt (answers.mjs), one that is computed, or null. */
export function lookUp(prompt) {
  // A schema that LiteLLM appended may be long; the prompt before it counts.
  const start = prompt.length > LONGEST ? withoutHint(prompt.slice(0, LONGEST)) : prompt;
  if (start.length >= LONGEST) return null;
  const normalised = normalise(start);
  return normalised.length > 500 ? null : BY_PROMPT.get(normalised) ?? workOut(normalised);
}
