// POST /v1/responses/compact: a context made short. The user's messages stay; an opaque item stands for all else.

import { countPromptTokens, countTokens } from "../../../tokens.mjs";
import { encrypt } from "./encrypted.mjs";
import { COMPACT_FIELDS } from "./fields.mjs";
import { newId } from "./items.mjs";
import { usageOf } from "./output.mjs";
import { read } from "./read.mjs";
import { shelfOf } from "./store.mjs";
import { inOwnWords } from "./words.mjs";

export async function compact(simulator, exchange, route, body) {
  try {
    await answer(simulator, exchange, route, body);
  } catch (error) {
    throw inOwnWords(error, route.provider);
  }
}

async function answer(simulator, exchange, route, body) {
  const { note } = exchange;
  const call = read(body, { ...route, shelf: shelfOf(simulator, exchange) }, simulator, COMPACT_FIELDS);
  note.prompt = call.messages.at(-1).text;
  const row = simulator.findModel(exchange, call.model, "chat");
  note.prompt_tokens = countPromptTokens(call.messages);
  const effect = await simulator.applyFaults(exchange, row, false);
  if (!effect) return;
  const items = [...call.turn.turns.flatMap((turn) => turn.items()), ...call.turn.own];
  const said = items.filter((item) => item.type === "message" && item.role === "user");
  const summary = `Simulated compaction: here stood ${items.length - said.length} items that are not the user's.`;
  note.completion_tokens = countTokens(summary);
  note.source = "made_up";
  const pace = simulator.pace(exchange, row, { stream: false, late_s: effect.late_s });
  await exchange.waitUntil(pace.total_s ?? pace.ttft_s + note.completion_tokens * pace.token_s);
  exchange.json(200, {
    id: note.request_id,
    object: "response.compaction",
    created_at: Math.floor(Date.now() / 1000),
    output: [...said, { id: newId("cmp"), type: "compaction", encrypted_content: encrypt(summary) }],
    usage: usageOf({ promptTokens: note.prompt_tokens, completionTokens: note.completion_tokens }, { reasoningTokens: 0 }),
  });
}
