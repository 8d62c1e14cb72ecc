// What of Anthropic is simulated, for the simulator's own page.

import { COUNT_FIELDS, FIELDS } from "./messages_fields.mjs";

export { REFUSED_PATHS } from "./limits.mjs";

const messages = [{ role: "user", content: "What is an LLM gateway?" }];

/**
 * One entry per operation:
 * `{ title, method, path, fields, notes: [sentence], unknown: "refused" | "ignored", request: { path, body } }`.
 * `request` is a small valid request, to which tests add each field's example.
 */
export const PAGE = [
  {
    title: "Messages", method: "POST", path: "/v1/messages", fields: FIELDS, unknown: "refused",
    notes: [
      "`anthropic-version` is required, and unknown values of it and of `anthropic-beta` are refused.",
      "What a model refuses is Anthropic's: temperature from Opus 4.7 on, a last message of the assistant from 4.6 on, a budget for thinking from 4.7 on, a forced tool by Opus and Sonnet 5.5 and Fable 5.1.",
      "The prompt cache remembers prefixes of the model's least length for five minutes or an hour, apart for each deployment; a cached prompt is not answered faster.",
      "Thinking blocks are signed; a block that was changed, or that is another provider's, is refused.",
      "There is no JSON mode, as at Anthropic: a prompt that asks for JSON in words is answered with an object.",
      "Every model declines a prompt with the text that Anthropic documents for that, `ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_…`, and no other.",
      "Images and documents count as tokens and are not looked at.",
      "There are no `anthropic-ratelimit-*` headers, because nothing is limited but by a fault.",
    ],
    request: { path: "/v1/messages", body: { model: "claude-haiku-4-5", max_tokens: 300, messages } },
  },
  {
    title: "Count tokens", method: "POST", path: "/v1/messages/count_tokens", fields: COUNT_FIELDS, unknown: "refused",
    notes: ["Counts as the answers' usage does: a word of up to ten letters is one token."],
    request: { path: "/v1/messages/count_tokens", body: { model: "claude-haiku-4-5", messages } },
  },
  { title: "List models", method: "GET", path: "/v1/models", notes: ["OpenAI has the same path; the header `anthropic-version` or `x-api-key` tells them apart."] },
  { title: "One model", method: "GET", path: "/v1/models/{id}", notes: ["By its name with or without its date."] },
];
