// Ollama's errors: by kind `[status, message]`, and their body.

export const OLLAMA = {
  missing_key: () => [401, "unauthorized"],
  wrong_key: () => [401, "unauthorized"],
  bad_request: (i) => [i.status ?? 400, i.message],
  too_large: () => [413, "request body too large"],
  unknown_model: (i) => [404, i.hint ? `model ${JSON.stringify(i.model)} not found, try pulling it first` : `model '${i.model}' not found`],
  unknown_path: () => [404, "404 page not found"],
  context: (i) => [400, `the request (${i.tokens} tokens) exceeds the available context size (${i.limit} tokens), try increasing it`],
  rate_limit: () => [429, "server busy, please try again. maximum pending requests exceeded"],
  server_error: () => [500, "llama runner process has terminated: exit status 2"],
  no_sight: () => [400, "this model is missing data required for image input"],
  unavailable: (i) => [503, i.message],
};

export const errorBody = (_status, [error]) => ({ error });
