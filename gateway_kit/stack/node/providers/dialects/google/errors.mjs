// Errors of Gemini and Vertex AI: by kind `[status, state, message]`, and their body.

const BODIES = {
  unreadable: "Invalid JSON payload received. Unexpected token.",
  no_object: 'Invalid JSON payload received. Unknown name "": Root element must be a message.',
};

export const GEMINI = {
  missing_key: () => [403, "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."],
  wrong_key: () => [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  bad_request: (i) => [i.code ?? 400, i.status ?? "INVALID_ARGUMENT", BODIES[i.json] ?? i.message],
  too_large: () => [413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."],
  unknown_model: (i) => [404, "NOT_FOUND",
    `models/${i.model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`],
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
  missing_key: () => [401, "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential."],
  wrong_key: () => [401, "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."],
  unknown_model: (i) => [404, "NOT_FOUND",
    `Publisher Model \`publishers/google/models/${i.model}\` was not found or your project does not have access to it. Please ensure you are using a valid model version.`],
};

const TYPES = "type.googleapis.com/google.rpc";
const SERVICE = "generativelanguage.googleapis.com";

export function errorBody(status, [state, message], { kind, info }) {
  const error = { code: status, message, status: state };
  const details = info.details ?? DETAILS[kind]?.(info, state, message);
  if (details) error.details = details;
  const body = { error };
  // A stream that is not made of server-sent events is one list, and so is its error.
  return info.inList ? [body] : body;
}

const DETAILS = {
  wrong_key: (_info, state, message) => (state === "INVALID_ARGUMENT"
    ? [
      { "@type": `${TYPES}.ErrorInfo`, reason: "API_KEY_INVALID", domain: "googleapis.com", metadata: { service: SERVICE } },
      { "@type": `${TYPES}.LocalizedMessage`, locale: "en-US", message },
    ]
    : [{ "@type": `${TYPES}.ErrorInfo`, reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED", domain: "googleapis.com", metadata: { service: "aiplatform.googleapis.com" } }]),
  rate_limit: (info) => [{ "@type": `${TYPES}.RetryInfo`, retryDelay: `${info.retry_after_s}s` }],
};
