// The endpoints that Google has and the simulator refuses, each with the limit as a sentence.

import { ProviderError } from "../../errors.mjs";

const LIMITS = {
  batches: "Batches are not simulated; send each request by itself.",
  files: "The Files API is not simulated; send images and documents as inlineData.",
  caches: "Cached contents are not simulated; send the contents with each request.",
  tuning: "Tuning and tuned models are not simulated; the simulator has its own models only.",
  stores: "File search stores and corpora are not simulated.",
  interactions: "The Interactions API is not simulated; use generateContent.",
  live: "The Live API is not simulated; use streamGenerateContent.",
  operations: "Long-running operations are not simulated.",
  images: "Images and music are not made here: Imagen, Lyria and their like are not simulated.",
  videos: "Videos are not made here: Veo and its like are not simulated.",
  agents: "Agents, environments and their like are not simulated.",
  endpoints: "Endpoints, RAG, evaluations and reasoning engines are not simulated; Vertex AI is simulated for models of Google.",
  publishers: "Vertex AI is simulated for models of Google only.",
  openai: "Google's OpenAI-compatible API is not simulated; use generateContent, or OpenAI's own dialect at /v1.",
};

// Below /v1beta, by the first name of the path.
const GEMINI = {
  batches: "batches", files: "files", "files:register": "files", generatedFiles: "files", cachedContents: "caches", tunedModels: "tuning",
  fileSearchStores: "stores", corpora: "stores", ragStores: "stores", documents: "stores", operations: "operations", interactions: "interactions",
  auth_tokens: "live", openai: "openai", agents: "agents", environments: "agents", triggers: "agents", webhooks: "agents",
  voices: "agents", credentials: "agents", decisions: "agents",
};
// Below /v1/projects/P/locations/L.
const VERTEX = {
  batchPredictionJobs: "batches", cachedContents: "caches", tuningJobs: "tuning", operations: "operations", endpoints: "endpoints",
  reasoningEngines: "endpoints", ragCorpora: "endpoints", ragEngineConfig: "endpoints", evaluationRuns: "endpoints", evaluationSets: "endpoints",
  interactions: "interactions", extensions: "endpoints", featurestores: "endpoints", datasets: "endpoints", indexes: "endpoints", indexEndpoints: "endpoints",
};
// Of a model.
const METHODS = {
  batchGenerateContent: "batches", asyncBatchEmbedContent: "batches", predictLongRunning: "videos", fetchPredictOperation: "videos",
  predict: "images", rawPredict: "publishers", streamRawPredict: "publishers", bidiGenerateContent: "live",
};

const GEMINI_PATH = /^\/(upload\/)?v1(beta|alpha)?\/([^/]+)/;
const VERTEX_PATH = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+(?:\/([^/:]+)|:)/;
const PUBLISHER_PATH = /^\/v1(?:beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\//;
const LIVE_PATH = /^\/ws\/google\./;

const refusal = (provider, name) => ({
  provider, question: true, bodyless: true,
  operate() {
    throw new ProviderError("bad_request", { status: "FAILED_PRECONDITION", message: LIMITS[name] });
  },
});

/** The route that refuses a method of a model, such as batchGenerateContent; null if Google has no such method. */
export const refusedMethod = (provider, method) => (Object.hasOwn(METHODS, method) ? refusal(provider, METHODS[method]) : null);

/** The route that refuses a path of Google's; null if the path is none. `keyed`: the request has a key of Gemini's. */
export function refusedPath(path, keyed) {
  if (LIVE_PATH.test(path)) return refusal("gemini", "live");
  if (PUBLISHER_PATH.test(path)) return refusal("vertex_ai", "publishers");
  const vertex = VERTEX_PATH.exec(path);
  if (vertex) return refusal("vertex_ai", VERTEX[vertex[1]] ?? "endpoints");
  const [, upload, preview, first] = GEMINI_PATH.exec(path) ?? [];
  // Without a key of Gemini's, /v1/files and its like are OpenAI's.
  if (!keyed && !upload && !preview) return null;
  if (Object.hasOwn(GEMINI, first ?? "")) return refusal("gemini", GEMINI[first]);
  // With a key, Vertex AI's paths begin without a project.
  return Object.hasOwn(VERTEX, first ?? "") ? refusal("vertex_ai", VERTEX[first]) : null;
}

const LOCATION = "/v1beta1/projects/{project}/locations/{location}";
const MODEL = "/v1beta/models/{model}";
const endpoint = (method, path, name) => ({ method, path, limit: LIMITS[name] });

export const REFUSED_PATHS = [
  endpoint("POST", `${MODEL}:batchGenerateContent`, "batches"), endpoint("GET", "/v1beta/batches", "batches"), endpoint("GET", "/v1beta/batches/{id}", "batches"),
  endpoint("POST", "/upload/v1beta/files", "files"), endpoint("GET", "/v1beta/files", "files"), endpoint("DELETE", "/v1beta/files/{id}", "files"),
  endpoint("POST", "/v1beta/cachedContents", "caches"), endpoint("GET", "/v1beta/cachedContents/{id}", "caches"),
  endpoint("POST", "/v1beta/tunedModels", "tuning"), endpoint("POST", "/v1beta/fileSearchStores", "stores"),
  endpoint("POST", "/v1beta/interactions", "interactions"), endpoint("GET", "/v1beta/operations/{id}", "operations"),
  endpoint("GET", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", "live"), endpoint("POST", "/v1beta/auth_tokens", "live"),
  endpoint("POST", `${MODEL}:predict`, "images"), endpoint("POST", `${MODEL}:predictLongRunning`, "videos"),
  endpoint("POST", "/v1beta/openai/chat/completions", "openai"), endpoint("POST", "/v1beta/agents", "agents"),
  endpoint("POST", `${LOCATION}/publishers/google/models/{model}:predictLongRunning`, "videos"),
  endpoint("POST", `${LOCATION}/publishers/anthropic/models/{model}:rawPredict`, "publishers"), endpoint("POST", `${LOCATION}/batchPredictionJobs`, "batches"),
  endpoint("POST", `${LOCATION}/tuningJobs`, "tuning"), endpoint("POST", `${LOCATION}/cachedContents`, "caches"), endpoint("POST", `${LOCATION}/endpoints/{id}:predict`, "endpoints"),
];
