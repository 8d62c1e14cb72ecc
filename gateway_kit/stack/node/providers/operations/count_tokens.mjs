// How many tokens a prompt has, without an answer.

import { countPromptTokens } from "../tokens.mjs";

/** Answers with `route.write(tokens)`. */
export async function countTokensOf(simulator, exchange, route, body) {
  const call = route.dialect.read({ max_tokens: 1, ...body }, route, simulator);
  simulator.findModel(exchange, call.model, "chat");
  exchange.json(200, route.write(countPromptTokens(call.messages, call.tools)));
}
