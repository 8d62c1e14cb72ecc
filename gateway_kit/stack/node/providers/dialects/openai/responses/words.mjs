// How OpenAI's Responses API words faults, where it differs from the other APIs, and what it does not find.

import { ProviderError } from "../../../errors.mjs";
import { WORDS as COMMON, placeOf, refusal } from "../words.mjs";

// What a request means that is written for chat completions.
const MOVED = {
  messages: "input", max_tokens: "max_output_tokens", max_completion_tokens: "max_output_tokens", reasoning_effort: "reasoning.effort",
  response_format: "text.format", verbosity: "text.verbosity",
};
const REFERENCE = "https://platform.openai.com/docs/api-reference/responses/create";

// A union's fault is at the object, not at its `type`.
const withoutTag = (path) => (path.at(-1) === "type" ? path.slice(0, -1) : path);

export const WORDS = {
  ...COMMON,
  choice: (path, values, value, field) => COMMON.choice(withoutTag(path), values, value, field),
  unsupported(path, reason) {
    if (path.at(-1) !== "type") return COMMON.unsupported(path, reason);
    return refusal(reason, placeOf(withoutTag(path)), "unsupported_value");
  },
  unknown(path, fields) {
    const moved = path.length === 1 && Object.hasOwn(MOVED, path[0]) ? MOVED[path[0]] : undefined;
    if (moved === undefined) return COMMON.unknown(path, fields);
    return refusal(`Unsupported parameter: '${path[0]}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter. `
      + `See the API documentation for more information: ${REFERENCE}.`, null, "unsupported_parameter");
  },
};

/** A 404. */
export const notFound = (message, param = null, code = null) => new ProviderError("not_found", { message, param, code });

/** Raises OpenAI's error if the id does not begin with `prefix`. */
export function checkId(id, prefix, param) {
  if (!id.startsWith(prefix)) throw refusal(`Invalid '${param}': '${id.slice(0, 100)}'. Expected an ID that begins with '${prefix}'.`, param, "invalid_value");
}

/** The error in the words of the Responses API, if it has its own. */
export function inOwnWords(error, provider) {
  if (!(error instanceof ProviderError)) return error;
  if (error.kind === "unknown_model" && provider === "openai") return refusal(`The requested model '${error.info.model}' does not exist.`, "model", "model_not_found");
  if (error.kind === "context") {
    return refusal("Your input exceeds the context window of this model. Please adjust your input and try again.", "input", "context_length_exceeded");
  }
  if (error.kind === "no_sight") return refusal(`Image inputs are not supported with ${error.info.model}.`, "input", "unsupported_value");
  // Images are checked as those of chat completions are.
  if (error.info.param === "messages") error.info.param = "input";
  return error;
}
