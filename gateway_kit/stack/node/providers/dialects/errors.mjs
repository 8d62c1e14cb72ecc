// The provider's own answer to an error.

import * as anthropic from "./anthropic/errors.mjs";
import * as bedrock from "./bedrock/errors.mjs";
import * as google from "./google/errors.mjs";
import * as ollama from "./ollama/errors.mjs";
import * as openai from "./openai/errors.mjs";

const FORMS = {
  openai: { wording: openai.OPENAI, ...openai },
  azure: { wording: openai.AZURE, ...openai },
  anthropic: { wording: anthropic.ANTHROPIC, ...anthropic },
  bedrock: { wording: bedrock.BEDROCK, ...bedrock },
  gemini: { wording: google.GEMINI, ...google },
  vertex_ai: { wording: google.VERTEX, ...google },
  ollama: { wording: ollama.OLLAMA, ...ollama },
};

/** `{ status, headers, body }` of a ProviderError. */
export function providerAnswer(provider, error, requestId) {
  const { wording, errorBody, errorHeaders } = FORMS[provider];
  const [status, ...parts] = wording[error.kind](error.info);
  const headers = { "content-type": "application/json", ...errorHeaders?.(parts) };
  if (error.kind === "rate_limit") headers["retry-after"] = String(error.info.retry_after_s);
  return { status, headers, body: errorBody(status, parts, error, requestId) };
}
