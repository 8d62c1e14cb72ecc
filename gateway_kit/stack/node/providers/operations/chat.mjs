// A conversation: the checks that every dialect shares, the answer, and its delivery.

import { SchemaError, answerFor } from "../answering/index.mjs";
import { stream, whole } from "../delivery.mjs";
import { ProviderError } from "../errors.mjs";
import { PLANNED, plannedCache, plannedReply, saysAll } from "../plans.mjs";
import { continueFrom } from "../prefill.mjs";
import { replyOf } from "../replies.mjs";
import { countPromptTokens } from "../tokens.mjs";

/** Answers a request of a dialect that has read, complete and the parts of a stream. */
export async function chat(simulator, exchange, route, body) {
  const { dialect } = route;
  const call = dialect.read(body, route, simulator);
  const { note, plan } = exchange;
  note.stream = call.stream;
  note.prompt = call.messages.at(-1).text;
  const row = simulator.findModel(exchange, call.model, "chat");
  if (!row.sight && call.messages.some((message) => message.images > 0)) throw new ProviderError("no_sight", { model: row.model });
  dialect.fit?.(call, row);
  note.prompt_tokens = plan?.in ?? countPromptTokens(call.messages, call.tools);
  const effect = await simulator.applyFaults(exchange, row, call.stream);
  if (!effect) return;
  // What shortens a long prompt by itself has done so in the log as well.
  if (note.prompt_tokens > row.context_window && !call.truncates) {
    throw new ProviderError("context", { tokens: note.prompt_tokens, limit: row.context_window, model: row.model });
  }
  const choices = call.choices ?? 1;
  const answers = Array.from({ length: choices }, (_, index) => (
    saysAll(plan, call) ? PLANNED : answerOf(simulator, call, row, index, dialect.callPrefix ?? "call_")
  ));
  const replies = answers.map((answer, index) => (
    plan?.out === undefined ? replyOf(answer, call, index) : plannedReply(plan, answer, call, index, choices)
  ));
  note.source = answers[0].source;
  const pace = simulator.pace(exchange, row, { stream: call.stream, late_s: effect.late_s });
  const context = newContext(simulator, exchange, call, route, body, row);
  context.fault = effect.kind;
  const deliver = route.deliver ?? (call.stream ? stream : whole);
  await deliver(exchange, dialect, context, replies, pace, effect.cutAfter);
}

function answerOf(simulator, call, row, index, callPrefix) {
  try {
    const answer = answerFor(call, row, index, simulator.answers);
    if (call.prefill && answer.text) answer.text = continueFrom(call.prefill, answer.text);
    return { ...answer, toolCalls: answer.toolCalls.map((made) => ({ ...made, id: callPrefix + made.id })) };
  } catch (error) {
    if (error instanceof SchemaError) throw new ProviderError("bad_request", { message: error.message });
    throw error;
  }
}

function newContext(simulator, exchange, call, route, body, row) {
  return {
    id: exchange.note.request_id,
    created: Math.floor(Date.now() / 1000),
    // The name in the answer: the dated one if the provider answers with it.
    model: row.served ?? exchange.note.model,
    promptTokens: exchange.note.prompt_tokens,
    completionTokens: 0,
    // What was read from the provider's cache and written to it, if the plan says; otherwise the dialect finds out.
    cached: plannedCache(exchange.plan),
    call,
    route,
    body,
    row,
    deployment: exchange.note.deployment,
    memory: simulator.memory,
    elapsedMs: () => Math.round(exchange.elapsedS() * 1000),
  };
}
