// Paths of Ollama.

import { converse } from "./conversation.mjs";
import { embed, embedOne } from "./embed.mjs";
import { limitOf, refuseLimit } from "./limits.mjs";
import { listModels, listRunning, pull, show, version } from "./models.mjs";

const at = (operate, extra = {}) => ({ provider: "ollama", operate, ...extra });
const question = { question: true };

const ROUTES = {
  "POST /api/chat": at(converse),
  "POST /api/generate": at(converse, { generate: true }),
  "POST /api/embed": at(embed),
  "POST /api/embeddings": at(embedOne),
  "POST /api/show": at(show, question),
  "POST /api/pull": at(pull, question),
  "GET /api/tags": at(listModels, question),
  "HEAD /api/tags": at(listModels, question),
  "GET /api/ps": at(listRunning, question),
  "GET /api/version": at(version, question),
  "HEAD /api/version": at(version, question),
};

export function findRoute(method, path) {
  const limit = limitOf(method, path);
  // The body of a blob is no JSON.
  if (limit) return at(refuseLimit, { limit, bodyless: true });
  return ROUTES[`${method} ${path}`] ?? null;
}
