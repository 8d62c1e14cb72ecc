// Errors of OpenAI and Azure OpenAI: by kind `[status, type, code, message]`, and their body.

const overContext = (i) =>
  `This model's maximum context length is ${i.limit} tokens. However, your messages resulted in ${i.tokens} tokens. ` +
  "Please reduce the length of the messages.";

export const OPENAI = {
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
  no_sight: (i) => [400, "invalid_request_error", null, `Invalid content type. image_url is only supported by certain models; ${i.model} is not one of them.`],
  unavailable: (i) => [503, "server_error", "service_unavailable", i.message],
  not_a_chat_model: () => [404, "invalid_request_error", null,
    "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?"],
  a_chat_model: () => [404, "invalid_request_error", null,
    "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?"],
  only_responses: () => [404, "invalid_request_error", null,
    "This model is only supported in v1/responses and not in v1/chat/completions."],
  not_to_be_sampled: () => [403, "invalid_request_error", null, "You are not allowed to sample from this model"],
  not_found: (i) => [404, "invalid_request_error", null, i.message],
  no_such_model: (i) => [404, "invalid_request_error", "model_not_found", `The model '${i.model}' does not exist`],
  not_simulated: (i) => [404, "invalid_request_error", "not_simulated", i.message],
};

export const AZURE = {
  ...OPENAI,
  missing_key: () => [401, null, "401",
    "Access denied due to missing subscription key. Make sure to include the api-key header of your resource."],
  wrong_key: () => [401, null, "401",
    "Access denied due to invalid subscription key or wrong API endpoint. Provide a valid key for an active subscription."],
  unknown_model: (i) => [404, null, "DeploymentNotFound", `The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again (${i.model}).`],
  unknown_path: () => [404, null, "404", "Resource not found"],
  rate_limit: (i) => [429, null, "429",
    `Requests to this deployment have exceeded the call rate limit of your pricing tier. Please retry after ${i.retry_after_s} seconds.`],
  server_error: () => [500, null, "InternalServerError", "The service is temporarily unable to process your request."],
  unavailable: (i) => [503, null, "ServiceUnavailable", i.message],
};

// What Azure's own gateway refuses has neither a type nor a param.
export const errorBody = (_status, [type, code, message], { info }) => ({
  error: type === null ? { code, message } : { message, type, param: info.param ?? null, code: info.code ?? code },
});
