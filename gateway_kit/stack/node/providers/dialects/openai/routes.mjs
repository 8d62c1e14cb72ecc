// Paths of OpenAI and Azure OpenAI.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import * as chatCompletions from "./chat.mjs";
import { listModels } from "./models.mjs";
import * as responses from "./responses.mjs";

const AZURE = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/;

const chatAt = (provider, extra = {}) => ({ provider, operate: chat, dialect: chatCompletions, idPrefix: "chatcmpl-", ...extra });
const embeddingsAt = (provider, extra = {}) => ({ provider, operate: embeddings, form: "openai", idPrefix: "chatcmpl-", ...extra });

const ROUTES = {
  "POST /v1/chat/completions": chatAt("openai"),
  "POST /v1/embeddings": embeddingsAt("openai"),
  "POST /openai/v1/chat/completions": chatAt("azure"),
  "POST /openai/v1/embeddings": embeddingsAt("azure"),
  "POST /v1/responses": { provider: "openai", operate: chat, dialect: responses, idPrefix: "resp_" },
  "GET /v1/models": { provider: "openai", operate: listModels, question: true },
};

export function findRoute(method, path) {
  const route = ROUTES[`${method} ${path}`];
  if (route) return route;
  const match = method === "POST" ? AZURE.exec(path) : null;
  if (!match) return null;
  const model = decodePart(match[1]);
  return match[2] === "embeddings" ? embeddingsAt("azure", { model }) : chatAt("azure", { model });
}
