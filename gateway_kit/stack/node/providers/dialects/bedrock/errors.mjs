// Bedrock's errors: by kind `[status, exception, message]`, their body and headers.

export const BEDROCK = {
  missing_key: () => [403, "MissingAuthenticationTokenException", "Missing Authentication Token"],
  wrong_key: () => [403, "UnrecognizedClientException", "The security token included in the request is invalid."],
  bad_request: (i) => [i.status ?? 400, i.exception ?? "ValidationException", i.message],
  too_large: () => [413, "ValidationException", "The request body is too large."],
  unknown_model: () => [400, "ValidationException", "The provided model identifier is invalid."],
  unknown_path: () => [404, "UnknownOperationException", "Unknown operation"],
  context: (i) => [400, "ValidationException",
    `Input is too long for requested model: ${i.tokens} tokens, the maximum is ${i.limit}.`],
  not_found: (i) => [404, "ResourceNotFoundException", i.message],
  rate_limit: () => [429, "ThrottlingException", "Too many requests, please wait before trying again."],
  server_error: () => [500, "InternalServerException", "The system encountered an unexpected error during processing. Try your request again."],
  no_sight: () => [400, "ValidationException", "This model doesn't support the image content block that you provided."],
  unavailable: (i) => [503, "ServiceUnavailableException", i.message],
};

export const errorBody = (_status, [, message]) => ({ message });

export const errorHeaders = ([exception]) => ({ "x-amzn-errortype": exception });
