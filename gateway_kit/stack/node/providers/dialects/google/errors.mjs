// Errors of Gemini and Vertex AI: by kind `[status, state, message]`, and their body.

export const GEMINI = {
  missing_key: () => [403, "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity to call this API."],
  wrong_key: () => [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  bad_request: (i) => [400, "INVALID_ARGUMENT", i.message],
  too_large: () => [413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."],
  unknown_model: (i) => [404, "NOT_FOUND", `models/${i.model} is not found for API version v1beta, or is not supported for this method.`],
  unknown_path: () => [404, "NOT_FOUND", "Requested entity was not found."],
  context: (i) => [400, "INVALID_ARGUMENT",
    `The input token count (${i.tokens}) exceeds the maximum number of tokens allowed (${i.limit}).`],
  rate_limit: () => [429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."],
  server_error: () => [500, "INTERNAL", "An internal error has occurred. Please retry."],
  no_sight: (i) => [400, "INVALID_ARGUMENT", `Image input modality is not enabled for models/${i.model}`],
  unavailable: (i) => [503, "UNAVAILABLE", i.message],
};

export const VERTEX = {
  ...GEMINI,
  missing_key: () => [401, "UNAUTHENTICATED", "Request is missing required authentication credential. Expected OAuth 2 access token."],
  wrong_key: () => [401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token."],
  unknown_model: (i) => [404, "NOT_FOUND", `Publisher Model \`publishers/google/models/${i.model}\` was not found or your project does not have access to it.`],
};

export function errorBody(status, [state, message]) {
  const reason = /^API key not valid/.test(message) ? { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }] } : {};
  return { error: { code: status, message, status: state, ...reason } };
}
