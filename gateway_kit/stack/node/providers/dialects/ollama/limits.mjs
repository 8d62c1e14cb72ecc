// What Ollama has and the simulator refuses, in Ollama's form.

import { invalid } from "./words.mjs";

const MODELS = "The simulator's models cannot be made, copied, pushed or deleted.";
const ACCOUNT = "The simulator has no account at ollama.com.";
const WEB = "The simulator does not search the web.";

/** Endpoints that answer with a sentence on the limit: `{ method, path, limit }`. */
export const REFUSED_PATHS = [
  { method: "POST", path: "/api/create", limit: MODELS },
  { method: "POST", path: "/api/copy", limit: MODELS },
  { method: "POST", path: "/api/push", limit: MODELS },
  { method: "DELETE", path: "/api/delete", limit: MODELS },
  { method: "POST", path: "/api/blobs/{digest}", limit: MODELS },
  { method: "POST", path: "/api/me", limit: ACCOUNT },
  { method: "POST", path: "/api/signout", limit: ACCOUNT },
  { method: "POST", path: "/api/web_search", limit: WEB },
  { method: "POST", path: "/api/web_fetch", limit: WEB },
  { method: "POST", path: "/api/experimental/web_search", limit: WEB },
  { method: "POST", path: "/api/experimental/web_fetch", limit: WEB },
  { method: "POST", path: "/v1/systemone", limit: "The simulator has no System One models." },
  { method: "GET", path: "/api/status", limit: ACCOUNT },
];

export function limitOf(method, path) {
  const plain = path.replace(/^(\/api\/blobs\/).+$/, "$1{digest}");
  return REFUSED_PATHS.find((one) => one.method === method && one.path === plain)?.limit;
}

export function refuseLimit(_simulator, _exchange, route) {
  throw invalid(route.limit);
}
