// Paths of Amazon Bedrock.

import { chat } from "../../operations/chat.mjs";
import { embeddings } from "../../operations/embeddings.mjs";
import { decodePart } from "../shared.mjs";
import * as converse from "./converse.mjs";
import { claude, llama } from "./invoke.mjs";

const MODEL = /^\/model\/(.+)\/(converse|converse-stream|invoke|invoke-with-response-stream)$/;

const chatOf = (dialect, model, stream) => ({ provider: "bedrock", operate: chat, dialect, model, stream });

export function findRoute(method, path) {
  const match = method === "POST" ? MODEL.exec(path) : null;
  if (!match) return null;
  // Model ids contain colons and slashes (ARNs), which arrive encoded, sometimes twice.
  const model = decodePart(decodePart(match[1]));
  const stream = match[2].endsWith("stream");
  if (match[2].startsWith("converse")) return chatOf(converse, model, stream);
  if (model.includes("titan-embed")) return { provider: "bedrock", operate: embeddings, form: "titan", model };
  if (model.includes("anthropic.")) return chatOf(claude, model, stream);
  return model.includes("meta.llama") ? chatOf(llama, model, stream) : null;
}
