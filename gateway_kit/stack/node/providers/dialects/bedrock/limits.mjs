// What AWS has and the simulator refuses, in Bedrock's form.

import { invalid } from "./words.mjs";

/** Endpoints that answer with a sentence on the limit: `{ method, path, limit }`. */
export const REFUSED_PATHS = [
  { method: "POST", path: "/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply", limit: "The simulator has no guardrails." },
  { method: "POST", path: "/guardrail-checks/invoke", limit: "The simulator has no guardrails." },
  { method: "POST", path: "/async-invoke", limit: "The simulator has no asynchronous invocations." },
  { method: "GET", path: "/async-invoke", limit: "The simulator has no asynchronous invocations." },
  { method: "GET", path: "/async-invoke/{invocationArn}", limit: "The simulator has no asynchronous invocations." },
  {
    method: "POST", path: "/model/{modelId}/invoke-with-bidirectional-stream",
    limit: "The simulator has no bidirectional streams, which need HTTP/2 and a model that speaks.",
  },
  { method: "POST", path: "/rerank", limit: "The simulator has no models that rank documents." },
  { method: "GET", path: "/guardrails", limit: "The simulator has no guardrails." },
  { method: "GET", path: "/custom-models", limit: "The simulator has no custom models." },
  { method: "GET", path: "/imported-models", limit: "The simulator has no imported models." },
  { method: "GET", path: "/provisioned-model-throughputs", limit: "The simulator has no provisioned throughput." },
  { method: "POST", path: "/model-invocation-job", limit: "The simulator has no batch jobs." },
];

const PATTERNS = REFUSED_PATHS.map(({ method, path, limit }) => ({ method, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, ".+")}$`), limit }));

/** The limit that a path meets, or undefined. */
export const limitOf = (method, path) => PATTERNS.find((one) => one.method === method && one.pattern.test(path))?.limit;

export function refuseLimit(_simulator, _exchange, route) {
  throw invalid(route.limit);
}

// Models that make no text.
const MEDIA = /nova-(canvas|reel|.*sonic)|titan-image|^(?:[a-z]+\.)?(stability|luma|twelvelabs)\./;

/** InvokeModel for a vendor whose bodies are not simulated; an unknown model is refused as such. */
export function refuseVendor(simulator, exchange, route) {
  if (MEDIA.test(route.model)) throw invalid(`The simulator makes no images, videos or speech, so it has no ${route.model}.`);
  const kind = simulator.profiles.find("bedrock", route.model, "embedding") ? "embedding" : "chat";
  simulator.findModel(exchange, route.model, kind);
  throw invalid(`The simulator does not know InvokeModel's body for ${route.model}; call it with Converse.`);
}
