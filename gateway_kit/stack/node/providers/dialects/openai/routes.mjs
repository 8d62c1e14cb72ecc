// Paths of OpenAI and Azure OpenAI.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import { versioned } from "./azure.mjs";
import * as chatCompletions from "./chat.mjs";
import { listModels, retrieveModel } from "./models.mjs";
import { findResponsesRoute } from "./responses/routes.mjs";

const chatAt = (provider, extra = {}) => ({ provider, operate: chat, dialect: chatCompletions, idPrefix: "chatcmpl-", ...extra });
const embeddingsAt = (provider, extra = {}) => ({ provider, operate: embeddings, form: "openai", idPrefix: "chatcmpl-", ...extra });
const modelsAt = (provider, extra = {}) => ({ provider, operate: listModels, question: true, ...extra });

const ROUTES = {
  "POST /v1/chat/completions": chatAt("openai"),
  "POST /v1/embeddings": embeddingsAt("openai"),
  "POST /openai/v1/chat/completions": chatAt("azure"),
  "POST /openai/v1/embeddings": embeddingsAt("azure"),
  "GET /v1/models": modelsAt("openai"),
  "GET /openai/v1/models": modelsAt("azure"),
  "GET /openai/models": modelsAt("azure", { operate: versioned(listModels) }),
};

const MODEL = /^(\/v1|\/openai\/v1|\/openai)\/models\/([^/]+)$/;
const DEPLOYMENT = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/;

const AT_DEPLOYMENT = {
  "chat/completions": (model) => chatAt("azure", { model, operate: versioned(chat) }),
  embeddings: (model) => embeddingsAt("azure", { model, operate: versioned(embeddings) }),
};

export function findRoute(method, path) {
  const route = ROUTES[`${method} ${path}`];
  if (route) return route;
  const response = findResponsesRoute(method, path);
  if (response) return response;
  if (method === "GET") return findModelRoute(path);
  const match = method === "POST" ? DEPLOYMENT.exec(path) : null;
  return match ? AT_DEPLOYMENT[match[2]](decodePart(match[1])) : null;
}

function findModelRoute(path) {
  const match = MODEL.exec(path);
  if (!match) return null;
  const model = decodePart(match[2]);
  if (match[1] === "/v1") return modelsAt("openai", { operate: retrieveModel, model });
  return modelsAt("azure", { operate: match[1] === "/openai" ? versioned(retrieveModel) : retrieveModel, model });
}
