// The wire format of Anthropic's answers, whole and as a stream of events.

import { splitTokens } from "../../tokens.mjs";
import { parseArguments } from "../shared.mjs";
import { NOTHING_CACHED, PromptCache, marksPrompt } from "./cache.mjs";
import { capabilitiesOf } from "./capabilities.mjs";
import { requestIdOf } from "./errors.mjs";
import { DETAILS } from "./refusals.mjs";
import { redact, sign } from "./thinking.mjs";
import { keepConversation } from "./threads.mjs";

export { read } from "./read.mjs";

/** How the ids of tool calls begin. */
export const callPrefix = "toolu_";

const STOP_REASON = { stop: "end_turn", stop_sequence: "stop_sequence", length: "max_tokens", tool_calls: "tool_use" };
const SMALLEST_CACHED = 1_024;

// What the prompt cache saved is settled once for each request, before its first usage is written.
function cachedOf(context) {
  if (context.cached) return context.cached;
  const { call, memory, row } = context;
  if (!memory || !marksPrompt(call.request)) return (context.cached = NOTHING_CACHED);
  const cache = memory.get("prompt_cache") ?? new PromptCache();
  memory.set("prompt_cache", cache);
  const scope = `${row.provider}/${row.model}/${context.deployment}`;
  const least = capabilitiesOf(call.model)?.cacheFrom ?? SMALLEST_CACHED;
  return (context.cached = cache.account(call.request, { scope, least, total: context.promptTokens }));
}

function inputUsage(context) {
  const { read, written } = cachedOf(context);
  const writtenTokens = written["5m"] + written["1h"];
  return { input_tokens: context.promptTokens - read - writtenTokens, cache_creation_input_tokens: writtenTokens, cache_read_input_tokens: read };
}

const thinkingUsage = (reply) => (reply?.reasoningTokens ? { output_tokens_details: { thinking_tokens: reply.reasoningTokens } } : {});

const usageOf = (context, reply, outputTokens) => ({
  ...inputUsage(context),
  cache_creation: {
    ephemeral_5m_input_tokens: cachedOf(context).written["5m"], ephemeral_1h_input_tokens: cachedOf(context).written["1h"],
  },
  output_tokens: outputTokens,
  ...thinkingUsage(reply),
  service_tier: "standard",
  inference_geo: context.body.inference_geo ?? "not_available",
});

const management = ({ body }) => (body.context_management ? { context_management: { applied_edits: [] } } : {});

function diagnostics({ body: { diagnostics: asked } }) {
  if (!asked) return {};
  return { diagnostics: asked.previous_message_id ? { cache_miss_reason: { type: "unavailable" } } : null };
}

const stopOf = ({ call }, reply) => (call.declines
  ? { stop_reason: "refusal", stop_sequence: null, stop_details: DETAILS }
  : { stop_reason: STOP_REASON[reply.finish], stop_sequence: reply.stopSequence, stop_details: null });

const messageOf = (context, content, reply, outputTokens) => ({
  model: context.model, id: context.id, type: "message", role: "assistant", content,
  ...(reply ? stopOf(context, reply) : { stop_reason: null, stop_sequence: null, stop_details: null }),
  usage: usageOf(context, reply, outputTokens),
  ...diagnostics(context),
});

const toolUse = (call, input) => ({ type: "tool_use", id: call.id, name: call.name, input, caller: { type: "direct" } });

function thinkingBlock({ thinking }, { reasoning }) {
  if (thinking.redacted) return { type: "redacted_thinking", data: redact(reasoning) };
  const shown = thinking.display !== "omitted";
  return { type: "thinking", thinking: shown ? reasoning : "", signature: sign(reasoning, shown) };
}

function contentOf({ call }, reply) {
  const content = reply.reasoning ? [thinkingBlock(call, reply)] : [];
  if (reply.text) content.push({ type: "text", text: reply.text, ...(call.citations.length ? { citations: call.citations } : {}) });
  for (const made of reply.toolCalls) content.push(toolUse(made, parseArguments(made.arguments)));
  return content;
}

export function complete(context, [reply]) {
  const content = contentOf(context, reply);
  keepConversation(context, content);
  return { ...messageOf(context, content, reply, context.completionTokens), ...management(context) };
}

export const contentType = "text/event-stream; charset=utf-8";

/** The events as objects; Bedrock's InvokeModel wraps the same objects in binary frames. */
export const events = {
  open: (context) => [{ type: "message_start", message: messageOf(context, [], null, 1) }],
  reasoning(context, reply, piece) {
    const { redacted, display } = context.call.thinking;
    if (redacted) return context.kind === "thinking" ? [] : startBlock(context, "thinking", thinkingBlock(context.call, reply));
    const started = startBlock(context, "thinking", { type: "thinking", thinking: "", signature: "" });
    return display === "omitted" ? started : [...started, delta(context, { type: "thinking_delta", thinking: piece })];
  },
  text(context, reply, piece) {
    const { citations } = context.call;
    const ended = context.kind === "thinking" ? endBlock(context, reply) : [];
    const started = startBlock(context, "text", { type: "text", text: "", ...(citations.length ? { citations: [] } : {}) });
    const cited = started.length ? citations.map((citation) => delta(context, { type: "citations_delta", citation })) : [];
    return [...ended, ...started, ...cited, delta(context, { type: "text_delta", text: piece })];
  },
  toolCall(context, reply, call) {
    const ended = endBlock(context, reply);
    const started = startBlock(context, "tool", toolUse(call, {}));
    const pieces = ["", ...splitTokens(call.arguments)].map((piece) => delta(context, { type: "input_json_delta", partial_json: piece }));
    return [...ended, ...started, ...pieces];
  },
  end: (context, reply) => endBlock(context, reply),
  close(context, [reply]) {
    keepConversation(context, contentOf(context, reply));
    const delta = stopOf(context, reply);
    const usage = { ...inputUsage(context), output_tokens: context.completionTokens, ...thinkingUsage(reply) };
    return [{ type: "message_delta", delta, usage, ...management(context) }, { type: "message_stop" }];
  },
};

const delta = (context, change) => ({ type: "content_block_delta", index: context.block, delta: change });

// A block goes on as long as its kind does; a tool's block is always a new one.
function startBlock(context, kind, block) {
  if (context.kind === kind && kind !== "tool") return [];
  const first = context.block === undefined;
  context.block = first ? 0 : context.block + 1;
  context.kind = kind;
  const start = { type: "content_block_start", index: context.block, content_block: block };
  return first ? [start, { type: "ping" }] : [start];
}

function endBlock(context, reply) {
  if (!context.kind) return [];
  const { thinking } = context.call;
  const sealed = context.kind === "thinking" && !thinking.redacted
    ? [delta(context, { type: "signature_delta", signature: sign(reply.reasoning, thinking.display !== "omitted") })]
    : [];
  context.kind = null;
  return [...sealed, { type: "content_block_stop", index: context.block }];
}

/** An error within a stream, as of a provider that is overloaded. */
const overloaded = (context) => ({
  type: "error", error: { details: null, type: "overloaded_error", message: "Overloaded" }, request_id: requestIdOf(context.id),
});

const sse = (list) => list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

export const open = (context) => sse(events.open(context));
export const reasoning = (...args) => sse(events.reasoning(...args));
export const text = (...args) => sse(events.text(...args));
export const toolCall = (...args) => sse(events.toolCall(...args));
export const end = (...args) => sse(events.end(...args));
export const failure = (context) => sse([overloaded(context)]);
export const close = (...args) => sse(events.close(...args));
