// Paths of Anthropic.

import { chat } from "../../operations/chat.mjs";
import { decodePart } from "../shared.mjs";
import { countTokensOf } from "./count_tokens.mjs";
import { isAnthropic } from "./headers.mjs";
import { limitOf, refuse } from "./limits.mjs";
import * as messages from "./messages.mjs";
import { getModel, listModels } from "./models.mjs";

const MODEL = /^\/v1\/models\/([^/]+)$/;
const question = (operate, more) => ({ provider: "anthropic", operate, idPrefix: "req_", question: true, ...more });

export function findRoute(method, path, headers) {
  if (!path.startsWith("/v1/")) return null;
  if (method === "POST" && path === "/v1/messages") return { provider: "anthropic", operate: chat, dialect: messages, idPrefix: "msg_", headers };
  if (method === "POST" && path === "/v1/messages/count_tokens") return question(countTokensOf, { headers });
  const fromAnthropic = isAnthropic(headers);
  const limit = limitOf(path, fromAnthropic);
  if (limit) return question(refuse, { limit, bodyless: true });
  if (method !== "GET" || !fromAnthropic) return null;
  if (path === "/v1/models") return question(listModels, { headers });
  const model = MODEL.exec(path)?.[1];
  return model ? question(getModel, { headers, model: decodePart(model) }) : null;
}
