// How many tokens a request's prompt has, without an answer.

import { countPromptTokens } from "../../tokens.mjs";
import { readCount } from "./read.mjs";

export async function countTokensOf(simulator, exchange, route, body) {
  const call = readCount(body, route);
  simulator.findModel(exchange, call.model, "chat");
  const tokens = countPromptTokens(call.messages, call.tools);
  exchange.json(200, { input_tokens: tokens, ...(body.context_management ? { context_management: { original_input_tokens: tokens } } : {}) });
}
