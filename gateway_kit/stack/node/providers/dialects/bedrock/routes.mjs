// Paths of Amazon Bedrock.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import * as converse from "./converse.mjs";
import { countTokens } from "./count_tokens.mjs";
import { cohereEmbed } from "./embed_cohere.mjs";
import { titan } from "./embed_titan.mjs";
import { getModel, getProfile, listModels, listProfiles } from "./foundation_models.mjs";
import { claude } from "./invoke_claude.mjs";
import { commandR } from "./invoke_cohere.mjs";
import { llama } from "./invoke_llama.mjs";
import { nova } from "./invoke_nova.mjs";
import { limitOf, refuseLimit, refuseVendor } from "./limits.mjs";
import { modelOf } from "./model_ids.mjs";

const MODEL = /^\/model\/(.+)\/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$/;
const LISTED = /^\/(foundation-models|inference-profiles)(?:\/(.+))?$/;

const DIALECTS = [[/anthropic\.claude/, claude], [/meta\.llama/, llama], [/amazon\.nova-(micro|lite|pro|premier|2-lite|2-pro)/, nova], [/cohere\.command-r/, commandR]];
const EMBEDDINGS = [[/titan-embed-text/, titan], [/cohere\.embed/, cohereEmbed]];

const of = (table, model) => table.find(([matches]) => matches.test(model))?.[1];
const question = (operate, model) => ({ provider: "bedrock", operate, model, question: true });

export function findRoute(method, path, headers) {
  const limit = limitOf(method, path);
  if (limit) return { provider: "bedrock", operate: refuseLimit, limit };
  if (method === "GET") return listing(path);
  const match = method === "POST" ? MODEL.exec(path) : null;
  // Model ids contain colons and slashes (ARNs), which arrive encoded, sometimes twice.
  return match ? invocation(modelOf(decodePart(decodePart(match[1]))), match[2], headers) : null;
}

function listing(path) {
  const [, kind, id] = LISTED.exec(path) ?? [];
  if (!kind) return null;
  if (kind === "foundation-models") return question(id ? getModel : listModels, id && decodePart(id));
  return question(id ? getProfile : listProfiles, id && decodePart(id));
}

function invocation(model, operation, headers) {
  const own = of(DIALECTS, model);
  if (operation === "count-tokens") return { ...question(countTokens, model), dialects: { converse, invokeModel: own } };
  const stream = operation.endsWith("stream");
  if (operation.startsWith("converse")) return { provider: "bedrock", operate: chat, dialect: converse, model, stream };
  const form = of(EMBEDDINGS, model);
  if (form && !stream) return { provider: "bedrock", operate: embeddings, form, model };
  if (!own) return { provider: "bedrock", operate: refuseVendor, model };
  return { provider: "bedrock", operate: chat, dialect: own, model, stream, guardrail: headers["x-amzn-bedrock-guardrailidentifier"] };
}
