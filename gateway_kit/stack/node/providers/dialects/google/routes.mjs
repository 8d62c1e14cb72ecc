// Paths of Gemini (AI Studio) and Vertex AI.

import { chat } from "../../operations/chat.mjs";
import { countTokensOf } from "../../operations/count_tokens.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import * as generate from "./generate.mjs";
import { listModels } from "./models.mjs";

const VERTEX = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/([^/:]+):(\w+)$/;
const GEMINI = /^\/(?:v1|v1beta)\/models\/([^/:]+):(\w+)$/;

export function findRoute(method, path) {
  if (method === "GET" && path === "/v1beta/models") return { provider: "gemini", operate: listModels, question: true };
  if (method !== "POST") return null;
  return routeOf("vertex_ai", VERTEX.exec(path)) ?? routeOf("gemini", GEMINI.exec(path));
}

function routeOf(provider, match) {
  if (!match) return null;
  const model = decodePart(match[1]);
  const embed = (form) => ({ provider, operate: embeddings, form, model });
  switch (match[2]) {
    case "generateContent": return { provider, operate: chat, dialect: generate, model, stream: false };
    // Always server-sent events: Google's other format, one JSON list without alt=sse, is not simulated.
    case "streamGenerateContent": return { provider, operate: chat, dialect: generate, model, stream: true };
    case "embedContent": return embed("gemini_single");
    case "batchEmbedContents": return embed("gemini_batch");
    case "predict": return embed("vertex");
    case "countTokens": return { provider, operate: countTokensOf, dialect: generate, model, write: (tokens) => ({ totalTokens: tokens }), question: true };
    default: return null;
  }
}
