// Maps a path to the provider, the operation, and the model or options that the path names.

import * as anthropic from "./dialects/anthropic.mjs";
import * as bedrock from "./dialects/bedrock.mjs";
import * as gemini from "./dialects/gemini.mjs";
import { claude, llama } from "./dialects/invoke.mjs";
import * as ollama from "./dialects/ollama.mjs";
import * as openai from "./dialects/openai.mjs";

const AZURE = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/;
const BEDROCK = /^\/model\/(.+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/;
const VERTEX = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/([^/:]+):(\w+)$/;
const GEMINI = /^\/(?:v1|v1beta)\/models\/([^/:]+):(\w+)$/;
const DEPLOYMENT = /^\/d\/([A-Za-z0-9._-]{1,60})(\/.*)$/;

/** Splits a leading "/d/LABEL" off the path: the label of one of several deployments. */
export function splitLabel(path) {
  const match = DEPLOYMENT.exec(path);
  return match ? { label: match[1], path: match[2] } : { label: "", path };
}

const chat = (provider, dialect, extra = {}) => ({ provider, operation: "chat", dialect, ...extra });
const embeddings = (provider, form, extra = {}) => ({ provider, operation: "embeddings", form, ...extra });

/** The route of a POST, or null if no simulated provider has that path. */
export function findRoute(path) {
  switch (path) {
    case "/v1/chat/completions": return chat("openai", openai);
    case "/v1/embeddings": return embeddings("openai", "openai");
    case "/openai/v1/chat/completions": return chat("azure", openai);
    case "/openai/v1/embeddings": return embeddings("azure", "openai");
    case "/v1/responses": return { provider: "openai", operation: "responses" };
    case "/v1/messages": return chat("anthropic", anthropic);
    case "/v1/messages/count_tokens": return { provider: "anthropic", operation: "count_tokens", dialect: anthropic };
    case "/api/chat": return chat("ollama", ollama);
    case "/api/generate": return chat("ollama", ollama, { generate: true });
    case "/api/embed": return embeddings("ollama", "ollama");
    case "/api/embeddings": return embeddings("ollama", "ollama_single");
    case "/api/show": return { provider: "ollama", operation: "show" };
  }
  return azureRoute(path) ?? bedrockRoute(path) ?? googleRoute("vertex_ai", VERTEX.exec(path)) ?? googleRoute("gemini", GEMINI.exec(path));
}

function azureRoute(path) {
  const match = AZURE.exec(path);
  if (!match) return null;
  const model = decode(match[1]);
  return match[2] === "embeddings" ? embeddings("azure", "openai", { model }) : chat("azure", openai, { model });
}

function bedrockRoute(path) {
  const match = BEDROCK.exec(path);
  if (!match) return null;
  // Model ids contain colons and slashes (ARNs), which arrive encoded, sometimes twice.
  const model = decode(decode(match[1]));
  const stream = match[2].endsWith("stream");
  if (match[2].startsWith("converse")) return chat("bedrock", bedrock, { model, stream });
  if (model.includes("titan-embed")) return embeddings("bedrock", "titan", { model });
  if (model.includes("anthropic.")) return chat("bedrock", claude, { model, stream });
  return model.includes("meta.llama") ? chat("bedrock", llama, { model, stream }) : null;
}

function googleRoute(provider, match) {
  if (!match) return null;
  const model = decode(match[1]);
  switch (match[2]) {
    case "generateContent": return chat(provider, gemini, { model, stream: false });
    // Always server-sent events: Google's other format, one JSON list without alt=sse, is not simulated.
    case "streamGenerateContent": return chat(provider, gemini, { model, stream: true });
    case "embedContent": return embeddings(provider, "gemini_single", { model });
    case "batchEmbedContents": return embeddings(provider, "gemini_batch", { model });
    case "predict": return embeddings(provider, "vertex", { model });
    case "countTokens": return { provider, operation: "count_tokens", dialect: gemini, model };
    default: return null;
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The provider whose error format suits an unknown path. */
export function likelyProvider(path) {
  if (path.startsWith("/openai/")) return "azure";
  if (path.startsWith("/v1/messages")) return "anthropic";
  if (path.startsWith("/model/")) return "bedrock";
  if (path.startsWith("/api/")) return "ollama";
  if (/^\/v1(beta1)?\/projects\//.test(path)) return "vertex_ai";
  return path.startsWith("/v1beta/") ? "gemini" : "openai";
}
