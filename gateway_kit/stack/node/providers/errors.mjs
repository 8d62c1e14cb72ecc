// Errors in each provider's own format: status, headers and body.

/** Invalid input to the control API; the message becomes the body of the 400. */
export class InputError extends Error {}

/** A request that a provider rejects. `kind` selects the message, `info` fills it in. */
export class ProviderError extends Error {
  constructor(kind, info = {}) {
    super(kind);
    this.kind = kind;
    this.info = info;
  }
}

const overContext = (i) =>
  `This model's maximum context length is ${i.limit} tokens. However, your messages resulted in ${i.tokens} tokens. ` +
  "Please reduce the length of the messages.";

const OPENAI = {
  missing_key: () => [401, "invalid_request_error", null,
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth."],
  wrong_key: () => [401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided. Check the key of this deployment."],
  bad_request: (i) => [400, "invalid_request_error", null, i.message],
  too_large: () => [413, "invalid_request_error", null, "The request body is larger than the limit."],
  unknown_model: (i) => [404, "invalid_request_error", "model_not_found",
    `The model \`${i.model}\` does not exist or you do not have access to it.`],
  unknown_path: (i) => [404, "invalid_request_error", "unknown_url", `Invalid URL (${i.method} ${i.path})`],
  context: (i) => [400, "invalid_request_error", "context_length_exceeded", overContext(i)],
  rate_limit: (i) => [429, "requests", "rate_limit_exceeded",
    `Rate limit reached for ${i.model} on requests per min. Please try again in ${i.retry_after_s}s.`],
  server_error: () => [500, "server_error", null, "The server had an error while processing your request. Please retry."],
  unavailable: (i) => [503, "server_error", "service_unavailable", i.message],
};

const AZURE = {
  ...OPENAI,
  missing_key: () => [401, null, "401",
    "Access denied due to missing subscription key. Make sure to include the api-key header of your resource."],
  wrong_key: () => [401, null, "401",
    "Access denied due to invalid subscription key or wrong API endpoint. Provide a valid key for an active subscription."],
  unknown_model: (i) => [404, null, "DeploymentNotFound", `The API deployment for this resource does not exist (${i.model}).`],
  unknown_path: () => [404, null, "404", "Resource not found"],
  rate_limit: (i) => [429, null, "429",
    `Requests to this deployment have exceeded the call rate limit of your pricing tier. Please retry after ${i.retry_after_s} seconds.`],
  server_error: () => [500, null, "InternalServerError", "The service is temporarily unable to process your request."],
  unavailable: (i) => [503, null, "ServiceUnavailable", i.message],
};

const ANTHROPIC = {
  missing_key: () => [401, "authentication_error", "x-api-key header is required"],
  wrong_key: () => [401, "authentication_error", "invalid x-api-key"],
  bad_request: (i) => [400, "invalid_request_error", i.message],
  too_large: () => [413, "request_too_large", "Request exceeds the maximum size"],
  unknown_model: (i) => [404, "not_found_error", `model: ${i.model}`],
  unknown_path: () => [404, "not_found_error", "Not Found"],
  context: (i) => [400, "invalid_request_error", `prompt is too long: ${i.tokens} tokens > ${i.limit} maximum`],
  rate_limit: () => [429, "rate_limit_error", "This request would exceed your organization's rate limit of requests per minute."],
  server_error: () => [500, "api_error", "Internal server error"],
  unavailable: (i) => [503, "api_error", i.message],
};

const BEDROCK = {
  missing_key: () => [403, "MissingAuthenticationTokenException", "Missing Authentication Token"],
  wrong_key: () => [403, "UnrecognizedClientException", "The security token included in the request is invalid."],
  bad_request: (i) => [400, "ValidationException", i.message],
  too_large: () => [413, "ValidationException", "The request body is too large."],
  unknown_model: () => [400, "ValidationException", "The provided model identifier is invalid."],
  unknown_path: () => [404, "UnknownOperationException", "Unknown operation"],
  context: (i) => [400, "ValidationException",
    `Input is too long for requested model: ${i.tokens} tokens, the maximum is ${i.limit}.`],
  rate_limit: () => [429, "ThrottlingException", "Too many requests, please wait before trying again."],
  server_error: () => [500, "InternalServerException", "The system encountered an unexpected error during processing. Try your request again."],
  unavailable: (i) => [503, "ServiceUnavailableException", i.message],
};

const GEMINI = {
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
  unavailable: (i) => [503, "UNAVAILABLE", i.message],
};

const VERTEX = {
  ...GEMINI,
  missing_key: () => [401, "UNAUTHENTICATED", "Request is missing required authentication credential. Expected OAuth 2 access token."],
  wrong_key: () => [401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token."],
  unknown_model: (i) => [404, "NOT_FOUND", `Publisher Model \`publishers/google/models/${i.model}\` was not found or your project does not have access to it.`],
};

const OLLAMA = {
  missing_key: () => [401, "unauthorized"],
  wrong_key: () => [401, "unauthorized"],
  bad_request: (i) => [400, i.message],
  too_large: () => [413, "request body too large"],
  unknown_model: (i) => [404, `model '${i.model}' not found`],
  unknown_path: () => [404, "404 page not found"],
  context: (i) => [400, `the request (${i.tokens} tokens) exceeds the available context size (${i.limit} tokens), try increasing it`],
  rate_limit: () => [429, "server busy, please try again. maximum pending requests exceeded"],
  server_error: () => [500, "llama runner process has terminated: exit status 2"],
  unavailable: (i) => [503, i.message],
};

const WORDING = {
  openai: OPENAI, azure: AZURE, anthropic: ANTHROPIC, bedrock: BEDROCK, gemini: GEMINI, vertex_ai: VERTEX, ollama: OLLAMA,
};

/** The provider's own answer to an error: `{ status, headers, body }`. */
export function providerAnswer(provider, error, requestId) {
  const [status, ...parts] = WORDING[provider][error.kind](error.info);
  const headers = { "content-type": "application/json" };
  if (error.kind === "rate_limit") headers["retry-after"] = String(error.info.retry_after_s);
  return { status, headers: { ...headers, ...extraHeaders(provider, parts) }, body: bodyOf(provider, status, parts, requestId) };
}

function extraHeaders(provider, parts) {
  return provider === "bedrock" ? { "x-amzn-errortype": parts[0] } : {};
}

function bodyOf(provider, status, parts, requestId) {
  if (provider === "openai" || provider === "azure") {
    const [type, code, message] = parts;
    return { error: { message, type, param: null, code } };
  }
  if (provider === "anthropic") return { type: "error", error: { type: parts[0], message: parts[1] }, request_id: requestId };
  if (provider === "bedrock") return { message: parts[1] };
  if (provider === "ollama") return { error: parts[0] };
  const reason = /^API key not valid/.test(parts[1]) ? { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }] } : {};
  return { error: { code: status, message: parts[1], status: parts[0], ...reason } };
}
