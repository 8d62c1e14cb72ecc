// What the models of each vendor can do on Bedrock, by their ids.

import { capabilitiesOf } from "../anthropic/capabilities.mjs";

const ALL = ["auto", "any", "tool"];

// `additional`: the fields that the model's own API has besides those of Converse, or null if any is taken.
const FAMILIES = [
  // What Claude takes, Anthropic's own rules say.
  { name: "claude", matches: /anthropic\.claude/, toolChoice: ALL, documents: true, additional: [] },
  { name: "nova", matches: /amazon\.nova/, toolChoice: ALL, documents: true, additional: ["inferenceConfig", "reasoningConfig"] },
  { name: "llama", matches: /meta\.llama/, toolChoice: ["auto"], documents: true, additional: [] },
  { name: "mistral", matches: /mistral\./, toolChoice: ["auto", "any"], documents: true, structured: true, additional: ["top_k", "safe_prompt"] },
  { name: "cohere", matches: /cohere\./, toolChoice: ["auto"], documents: true, additional: ["k", "p", "presence_penalty", "frequency_penalty"] },
  { name: "deepseek", matches: /deepseek\./, toolChoice: [], documents: true, additional: [] },
  { name: "ai21", matches: /ai21\./, toolChoice: ["auto"], documents: false, additional: ["frequency_penalty", "presence_penalty"] },
  { name: "gpt", matches: /openai\.gpt/, toolChoice: ALL, documents: false, structured: true, stops: false, additional: ["reasoning_effort"] },
];

// Of other vendors' models nothing is known, so nothing is refused.
const OTHER = { name: "other", toolChoice: ALL, documents: true, structured: true, additional: null };

// Models of a family that take less than it: no tools, no documents.
const NO_TOOLS = /llama2|llama3-(8|70)b|llama3-2-[13]b|deepseek\.r1/;
const NO_DOCUMENTS = /nova-micro/;
// Claude answers in a schema's form from 4.5 on.
const NO_STRUCTURE = /claude-(3|v|instant|opus-4-(1|2025)|sonnet-4-2025)/;
const ALWAYS_THINKS = /deepseek\.r1|openai\.gpt/;
// The most tokens of one answer.
const MOST_TOKENS = [
  [/claude-(3-(haiku|opus|sonnet))/, 4_096], [/claude-3-5/, 8_192], [/claude-3-7|sonnet-4/, 64_000], [/opus-4/, 32_000],
  [/nova-2/, 65_535], [/nova/, 10_000], [/llama2/, 2_048], [/llama/, 8_192], [/mistral/, 8_192], [/cohere/, 4_096], [/deepseek/, 32_768], [/ai21/, 4_096],
];

/**
 * The abilities of a model:
 * `{ name, tools, toolChoice, documents, prefill, structured, stops, thinking, alwaysThinks, additional, mostTokens }`.
 */
export function abilitiesOf(model) {
  const family = FAMILIES.find(({ matches }) => matches.test(model)) ?? OTHER;
  const claude = family.name === "claude";
  const own = claude ? capabilitiesOf(model) : undefined;
  return {
    ...family,
    tools: family.toolChoice.length > 0 && !NO_TOOLS.test(model),
    documents: family.documents && !NO_DOCUMENTS.test(model),
    structured: claude ? !NO_STRUCTURE.test(model) : family.structured === true,
    stops: family.stops !== false,
    thinking: /nova-2/.test(model),
    alwaysThinks: ALWAYS_THINKS.test(model),
    prefill: claude && (own?.prefill ?? true),
    mostTokens: own?.output ?? MOST_TOKENS.find(([matches]) => matches.test(model))?.[1] ?? Infinity,
  };
}
