// Nova through InvokeModel: a body like Converse's, with Nova's own settings.

import { checkFields, choice, integer, list, number, object, text } from "../fields.mjs";
import { message, systemBlock, toolConfig } from "./block_fields.mjs";
import * as converse from "./converse.mjs";
import { events } from "./converse_stream.mjs";
import { chunk, contentType, failure } from "./frames.mjs";
import { lastChunk, metricHeaders, refuseGuardrail } from "./invoke_metrics.mjs";
import { INVOKE_WORDS } from "./invoke_words.mjs";

export const FIELDS = {
  schemaVersion: choice(["messages-v1"], { effect: "accepted", example: "messages-v1" }),
  messages: list(message, { required: true, min: 1 }),
  system: list(systemBlock, { example: [{ text: "You are a helpful assistant." }] }),
  inferenceConfig: object({
    maxTokens: integer({ min: 1, example: 2 }),
    max_new_tokens: integer({ min: 1, note: "the older name of `maxTokens`", example: 2 }),
    temperature: number({ min: 0, max: 1, effect: "accepted", example: 0.5 }),
    topP: number({ min: 0, max: 1, effect: "accepted", example: 0.9 }),
    top_p: number({ min: 0, max: 1, effect: "accepted", example: 0.9 }),
    topK: integer({ min: 0, max: 128, effect: "accepted", example: 20 }),
    top_k: integer({ min: 0, max: 128, effect: "accepted", example: 20 }),
    stopSequences: list(text({ min: 1 }), { max: 4, example: ["Paris"] }),
  }),
  toolConfig,
};

function read(body, route) {
  refuseGuardrail(route);
  const messages = Array.isArray(body.messages) ? body.messages.map((one) => ({ ...one, content: withoutCachePoints(one?.content) })) : body.messages;
  const request = { ...body, ...(messages && { messages }), ...(body.system && { system: withoutCachePoints(body.system) }) };
  checkFields(FIELDS, request, INVOKE_WORDS);
  const { maxTokens, max_new_tokens: newTokens, stopSequences, temperature } = body.inferenceConfig ?? {};
  return converse.read({
    messages: request.messages, system: request.system, toolConfig: body.toolConfig,
    inferenceConfig: { maxTokens: maxTokens ?? newTokens, stopSequences, temperature },
  }, route);
}

// Here a cache point may be a part of the block that it follows.
function withoutCachePoints(blocks) {
  if (!Array.isArray(blocks)) return blocks;
  return blocks.map((block) => {
    if (typeof block !== "object" || block === null || Object.keys(block).length < 2) return block;
    const { cachePoint: _point, ...rest } = block;
    return rest;
  });
}

// A prompt is only cached here if a rehearsal says so.
function usageOf({ promptTokens, completionTokens, cached }) {
  const [read, written] = [cached?.read ?? 0, cached?.written["5m"] ?? 0];
  return {
    inputTokens: promptTokens - read - written, outputTokens: completionTokens, totalTokens: promptTokens + completionTokens,
    cacheReadInputTokenCount: read, cacheWriteInputTokenCount: written,
  };
}

const chunks = (list) => list.map(([type, body]) => chunk({ [type]: body }));

export const nova = {
  read,
  complete(context, replies) {
    const { output, stopReason } = converse.complete(context, replies);
    return { output, stopReason, usage: usageOf(context) };
  },
  callPrefix: converse.callPrefix,
  contentType,
  failure,
  headers: metricHeaders,
  open: () => chunks(events.open()),
  reasoning: (...args) => chunks(events.reasoning(...args)),
  text(context, ...args) {
    context.firstByteMs ??= context.elapsedMs();
    return chunks(events.text(context, ...args));
  },
  toolCall: (...args) => chunks(events.toolCall(...args)),
  end: (...args) => chunks(events.end(...args)),
  close(context, replies) {
    const [stop] = events.close(context, replies);
    return [...chunks([stop]), lastChunk(context, { metadata: { usage: usageOf(context), metrics: {}, trace: {} } })];
  },
};
