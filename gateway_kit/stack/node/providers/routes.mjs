// Finds what a request asks for among the routes of all dialects.

import * as anthropic from "./dialects/anthropic/routes.mjs";
import * as bedrock from "./dialects/bedrock/routes.mjs";
import * as google from "./dialects/google/routes.mjs";
import * as ollama from "./dialects/ollama/routes.mjs";
import * as openai from "./dialects/openai/routes.mjs";

// Anthropic's and Google's come before OpenAI's: all three have /v1/models, and a header tells them apart.
const DIALECTS = [anthropic, google, openai, bedrock, ollama];

const DEPLOYMENT = /^\/d\/([A-Za-z0-9._-]{1,60})(\/.*)$/;

/** Splits a leading "/d/LABEL" off the path: the label of one of several deployments. */
export function splitLabel(path) {
  const match = DEPLOYMENT.exec(path);
  return match ? { label: match[1], path: match[2] } : { label: "", path };
}

/**
 * The route of a request, or null if no simulated provider has it:
 * `{ provider, operate(simulator, exchange, route, body, query), dialect, model, stream, question, idPrefix, bodyless }`.
 */
export function findRoute(method, path, headers) {
  for (const dialect of DIALECTS) {
    const route = dialect.findRoute(method, path, headers);
    if (route) return route;
  }
  return null;
}

const COMPATIBLE = /\/((?:chat\/)?completions|embeddings|responses)$/;

/** The route of a provider that speaks OpenAI's API below a path of its own, or null. */
export function findCompatible(method, path) {
  const operation = COMPATIBLE.exec(path)?.[1];
  return operation ? openai.findRoute(method, `/v1/${operation}`) : null;
}

/** The provider whose error format suits an unknown path, or a known one with the wrong method. */
export function likelyProvider(path, headers) {
  if (path.startsWith("/openai/")) return "azure";
  if (path.startsWith("/v1/messages") || headers["anthropic-version"] !== undefined) return "anthropic";
  if (path.startsWith("/model/")) return "bedrock";
  if (path.startsWith("/api/")) return "ollama";
  if (/^\/v1(beta1)?\/projects\//.test(path)) return "vertex_ai";
  return path.startsWith("/v1beta/") ? "gemini" : "openai";
}

