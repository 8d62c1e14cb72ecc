// A response as an object: its output items, its usage, and what it echoes of the request.

import { parseArguments } from "../../shared.mjs";
import { chatLogprob } from "../logprobs.mjs";
import { encrypt } from "./encrypted.mjs";

// The ids of a response's items follow from its own.
export const itemId = (context, prefix, index = 0) => `${prefix}_${context.id.slice(5)}${String(index).padStart(2, "0")}`;

const EMPTY = "";

export function logprobsOf(context, reply) {
  const { call } = context;
  if (!call.logprobs) return [];
  return reply.textPieces.map((piece, place) => chatLogprob(call.served, piece, place, call.topLogprobs));
}

export const textPart = (text, logprobs = []) => ({ type: "output_text", annotations: [], logprobs, text });

export const messageItem = (context, status, content) => ({ id: itemId(context, "msg"), type: "message", status, content, role: "assistant" });

/** The reasoning as an item; its summary is there once it is written. */
export function reasoningItem(context, reply, { done }) {
  const { call } = context;
  const item = { id: itemId(context, "rs"), type: "reasoning", summary: [] };
  if (done && call.summary && reply.reasoning) item.summary.push({ type: "summary_text", text: reply.reasoning });
  if (call.encrypted) item.encrypted_content = encrypt(done ? reply.reasoning : EMPTY);
  return item;
}

export const isCustom = (context, call) => context.call.custom.has(call.name);
export const inputOf = (call) => String(parseArguments(call.arguments).input ?? call.arguments);

/** A tool's call as an item: begun, or completed. */
export function callItem(context, call, index, { done }) {
  const status = done ? "completed" : "in_progress";
  if (isCustom(context, call)) {
    return { id: itemId(context, "ctc", index), type: "custom_tool_call", status, call_id: call.id, input: done ? inputOf(call) : EMPTY, name: call.name };
  }
  return { id: itemId(context, "fc", index), type: "function_call", status, arguments: done ? call.arguments : EMPTY, call_id: call.id, name: call.name };
}

export const reasons = ({ call }) => call.effort !== null && call.effort !== "none";

/** Whether the answer has a message: not if it is tool calls alone, nor if reasoning used up all tokens. */
export const hasMessage = (context, reply) => reply.text !== "" || (reply.toolCalls.length === 0 && !(reply.finish === "length" && reasons(context)));

function outputOf(context, reply) {
  const items = reasons(context) ? [reasoningItem(context, reply, { done: true })] : [];
  if (hasMessage(context, reply)) items.push(messageItem(context, endOf(reply), [textPart(reply.text, logprobsOf(context, reply))]));
  return [...items, ...reply.toolCalls.map((call, index) => callItem(context, call, index, { done: true }))];
}

/** The status of a response, and of its message, at its end. */
export const endOf = (reply) => (reply.finish === "length" ? "incomplete" : "completed");

// No prompt is cached here unless a rehearsal says so.
export const usageOf = (context, reply) => ({
  input_tokens: context.promptTokens,
  input_tokens_details: { cached_tokens: context.cached?.read ?? 0, cache_write_tokens: context.cached?.written["5m"] ?? 0 },
  output_tokens: context.completionTokens,
  output_tokens_details: { reasoning_tokens: reply.reasoningTokens },
  total_tokens: context.promptTokens + context.completionTokens,
});

const TIERS = { auto: "default", fast: "priority" };

/** The response with this status; `reply` is null before its end. */
export function responseOf(context, status, reply) {
  const { body, call } = context;
  const done = reply !== null;
  const response = {
    id: context.id,
    object: "response",
    created_at: context.created,
    status,
    background: body.background ?? false,
    completed_at: status === "completed" ? Math.floor(Date.now() / 1000) : null,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: call.served,
    output: done ? outputOf(context, reply) : [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    prompt_cache_retention: body.prompt_cache_retention ?? null,
    reasoning: { effort: call.effort, summary: call.summary },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: done ? TIERS[body.service_tier ?? "auto"] ?? body.service_tier : body.service_tier ?? "auto",
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: formatOf(body.text?.format), verbosity: body.text?.verbosity ?? "medium" },
    tool_choice: body.tool_choice ?? "auto",
    tools: (body.tools ?? []).map(toolOf),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? "disabled",
    usage: done ? usageOf(context, reply) : null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
  if (call.turn.conversation) response.conversation = { id: call.turn.conversation.id };
  if (body.image) response.image = { context_compression: "disabled" };
  if (body.access_programs) response.access_programs = body.access_programs;
  if (body.prompt_cache_options) response.prompt_cache_options = { mode: "implicit", ttl: "30m", ...body.prompt_cache_options };
  return response;
}

function formatOf(format) {
  if (format?.type !== "json_schema") return { type: format?.type ?? "text" };
  const { name, description = null, schema, strict } = format;
  return { type: "json_schema", description, name, schema, strict: strict ?? false };
}

// A function's schema counts as strict if the request does not say otherwise.
const toolOf = (tool) => (tool.type === "function"
  ? { ...tool, description: tool.description ?? null, parameters: tool.parameters ?? null, strict: tool.strict ?? true }
  : { format: { type: "text" }, ...tool });
