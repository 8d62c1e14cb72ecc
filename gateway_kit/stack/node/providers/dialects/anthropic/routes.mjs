// Paths of Anthropic.

import { chat } from "../../operations/chat.mjs";
import { countTokensOf } from "../../operations/count_tokens.mjs";
import * as messages from "./messages.mjs";

const ROUTES = {
  "POST /v1/messages": { provider: "anthropic", operate: chat, dialect: messages, idPrefix: "msg_" },
  "POST /v1/messages/count_tokens": {
    provider: "anthropic", operate: countTokensOf, dialect: messages, write: (tokens) => ({ input_tokens: tokens }), question: true,
  },
};

export const findRoute = (method, path) => ROUTES[`${method} ${path}`] ?? null;
