// Paths of Gemini (AI Studio) and Vertex AI.

import { ProviderError } from "../../errors.mjs";
import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import { computeTokens, countTokens } from "./count.mjs";
import * as embed from "./embed.mjs";
import * as generate from "./generate.mjs";
import { getModel, listModels, listTuned } from "./models.mjs";
import { refusedMethod, refusedPath } from "./refused.mjs";
import { events, jsonList } from "./stream.mjs";
import { refuse } from "./wording.mjs";

// Most requests are for other providers. Below /v1, Gemini shares names with OpenAI, but not the header of its key.
const OURS = /^\/(?:v1(?:beta1?|alpha)|v1\/(?:models|projects|publishers)|upload\/v1|ws\/google\.)/;
const hasKey = (headers) => headers["x-goog-api-key"] !== undefined && headers.authorization === undefined;
const VERTEX = /^\/v1(?:beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/models(?:\/([^/:]+))?(?::(\w+))?$/;
const VERTEX_TUNED = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/models$/;
const GEMINI = /^\/v1(?:beta|alpha)?\/models(?:\/([^/:]+))?(?::(\w+))?$/;
const GEMINI_TUNED = /^\/v1(?:beta|alpha)?\/tunedModels$/;

export function findRoute(method, path, headers) {
  const keyed = hasKey(headers);
  if (!keyed && !OURS.test(path)) return null;
  return findOurs(method, path, keyed) ?? (keyed ? { provider: "gemini", operate: unknownPath, question: true, bodyless: true } : null);
}

function findOurs(method, path, keyed) {
  const gemini = GEMINI.exec(path);
  if (gemini) return ofModel(method, "gemini", gemini, path.startsWith("/v1/") && !keyed);
  const vertex = VERTEX.exec(path);
  if (vertex) return ofModel(method, "vertex_ai", vertex, false);
  if (method === "GET" && GEMINI_TUNED.test(path)) return { provider: "gemini", operate: listTuned, list: "tunedModels", question: true };
  if (method === "GET" && VERTEX_TUNED.test(path)) return { provider: "vertex_ai", operate: listTuned, list: "models", question: true };
  return refusedPath(path, keyed);
}

function unknownPath() {
  throw new ProviderError("unknown_path");
}

// A GET below /v1/models may be OpenAI's; `shared` says that nothing tells Google's apart.
function ofModel(method, provider, [, name, operation], shared) {
  if (operation !== undefined && name !== undefined && method === "POST") return ofOperation(provider, decodePart(name), operation);
  if (method !== "GET" || operation !== undefined || shared) return null;
  return name === undefined ? { provider, operate: listModels, question: true } : { provider, operate: getModel, model: decodePart(name), question: true };
}

function ofOperation(provider, model, operation) {
  const embedding = (form) => ({ provider, operate: embeddings, form, model });
  switch (operation) {
    case "generateContent": return { provider, operate: whole, dialect: generate, model, stream: false };
    case "streamGenerateContent": return { provider, operate: stream, model, stream: true };
    case "countTokens": return { provider, operate: countTokens, model, question: true };
    case "computeTokens": return provider === "vertex_ai" ? { provider, operate: computeTokens, model, question: true } : null;
    case "embedContent": return embedding(embed.single);
    case "batchEmbedContents": return embedding(embed.batch);
    case "predict": return provider === "vertex_ai" && !IMAGES.test(model) ? embedding(embed.predict) : refusedMethod(provider, operation);
    default: return refusedMethod(provider, operation);
  }
}

const IMAGES = /^(?:imagen|imagetext|lyria|veo|virtual-try-on|image)/;

// What a request may ask for depends on its model, so the model comes first.
function whole(simulator, exchange, route, body) {
  simulator.findModel(exchange, route.model, "chat");
  return chat(simulator, exchange, route, body);
}

// Google answers with server-sent events if asked to, and with one JSON list if not.
async function stream(simulator, exchange, route, body, query) {
  const form = query.get("alt") ?? query.get("$alt") ?? "json";
  if (form === "sse") return whole(simulator, exchange, { ...route, dialect: events }, body);
  try {
    if (form !== "json") throw refuse(`Invalid value "${form}" for query parameter 'alt'`);
    return await whole(simulator, exchange, { ...route, dialect: jsonList }, body);
  } catch (error) {
    if (error instanceof ProviderError) error.info.inList = true;
    throw error;
  }
}
