// Anthropic's errors: by kind `[status, type, message]`, and their body.

export const ANTHROPIC = {
  missing_key: () => [401, "authentication_error", "x-api-key header is required"],
  wrong_key: () => [401, "authentication_error", "invalid x-api-key"],
  bad_request: (i) => [400, "invalid_request_error", i.message],
  too_large: () => [413, "request_too_large", "Request exceeds the maximum size"],
  unknown_model: (i) => [404, "not_found_error", `model: ${i.model}`],
  unknown_path: () => [404, "not_found_error", "Not Found"],
  not_found: (i) => [404, "not_found_error", i.message],
  context: (i) => [400, "invalid_request_error", `prompt is too long: ${i.tokens} tokens > ${i.limit} maximum`],
  rate_limit: () => [429, "rate_limit_error", "This request would exceed your organization's rate limit of requests per minute."],
  server_error: () => [500, "api_error", "Internal server error"],
  no_sight: (i) => [400, "invalid_request_error", `${i.model} does not support image input.`],
  unavailable: (i) => [503, "api_error", i.message],
};

/** The id of a request, beside that of the message it answers with. */
export const requestIdOf = (id) => `req_${id.replace(/^(?:msg|req)_/, "")}`;

export const errorBody = (_status, [type, message], { info }, requestId) => ({
  type: "error", error: { type, message, ...(info.details ? { details: info.details } : {}) }, request_id: requestIdOf(requestId),
});
