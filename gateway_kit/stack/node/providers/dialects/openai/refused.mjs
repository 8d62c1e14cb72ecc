// Endpoints that OpenAI and Azure OpenAI have and that are not simulated: each says so in OpenAI's form.

import { ProviderError } from "../../errors.mjs";

// The start of the path after /v1/ (or Azure's /openai/), and why there is no answer.
const LIMITS = {
  "audio/speech": "Speech is not simulated: nothing here speaks.",
  "audio/transcriptions": "Transcription is not simulated: nothing here hears.",
  "audio/translations": "Translation of speech is not simulated: nothing here hears.",
  "images/edits": "Editing images is not simulated; POST /v1/images/generations makes a placeholder.",
  "images/variations": "Variations of images are not simulated; POST /v1/images/generations makes a placeholder.",
  videos: "Videos are not simulated.",
  files: "Files are not simulated: nothing is stored here.",
  uploads: "Uploads are not simulated: nothing is stored here.",
  batches: "Batches are not simulated: send the requests one by one.",
  fine_tuning: "Fine-tuning is not simulated: there is nothing to train.",
  assistants: "Assistants are not simulated; chat completions and responses are.",
  threads: "Threads are not simulated; chat completions and responses are.",
  vector_stores: "Vector stores are not simulated; embeddings are.",
  containers: "Containers are not simulated: no code runs here.",
  evals: "Evals are not simulated.",
  realtime: "The Realtime API is not simulated: there are no sound and no WebSockets here.",
  models: "There are no fine-tuned models here to delete.",
  organization: "The organization's administration is not simulated.",
};
const PREFIX = /^\/(?:v1|openai(?:\/v1|\/deployments\/[^/]+)?)\/(.*)$/;

/** The route of an endpoint that is not simulated, or null. */
export function findRefused(method, path) {
  const rest = PREFIX.exec(path)?.[1];
  if (rest === undefined) return null;
  const name = Object.keys(LIMITS).find((start) => rest === start || rest.startsWith(`${start}/`));
  // Of the models only their deletion.
  if (!name || (name === "models" && method !== "DELETE")) return null;
  const operate = () => { throw new ProviderError("not_simulated", { message: LIMITS[name] }); };
  return { provider: path.startsWith("/openai/") ? "azure" : "openai", operate, bodyless: true };
}

/** For the simulator's page: `{ method, path, limit }`. */
export const REFUSED = Object.entries(LIMITS).map(([name, limit]) => (
  name === "models" ? { method: "DELETE", path: "/v1/models/{model}", limit } : { method: "POST", path: `/v1/${name}`, limit }
));
