// What Azure OpenAI adds to OpenAI's API: versions in the query, and the results of its content filter.

import { ProviderError } from "../../errors.mjs";

const SAFE = { filtered: false, severity: "safe" };
const FILTERED = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE };

/** The filter's results of an answer's choice; nothing is ever filtered here. */
export const CHOICE_FILTER = { content_filter_results: FILTERED };
export const EMPTY_FILTER = { content_filter_results: {} };

export const PROMPT_FILTER = {
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: { ...FILTERED, jailbreak: { filtered: false, detected: false } } }],
};

const VERSION = /^(\d{4}-\d{2}-\d{2}(-preview)?|preview|latest|v1)$/;

/** Checks `api-version` before the operation; without a known form Azure does not find the resource. */
export const versioned = (operate) => (simulator, exchange, route, body, query) => {
  if (!VERSION.test(query.get("api-version") ?? "")) throw new ProviderError("unknown_path", {});
  return operate(simulator, exchange, route, body, query);
};
