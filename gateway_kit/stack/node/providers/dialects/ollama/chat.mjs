// The wire format of Ollama's /api/chat and /api/generate; streams have one JSON object per line.

import { ProviderError } from "../../errors.mjs";
import { countPromptTokens, splitTokens } from "../../tokens.mjs";
import { chatLogprob } from "../openai/logprobs.mjs";
import { parseArguments } from "../shared.mjs";
import { encodeContext } from "./context.mjs";
import { goTime } from "./go_time.mjs";
import { readMessages, readPrompt } from "./messages.mjs";
import { readFormat, readOptions } from "./options.mjs";

/** The call of a request that conversation.mjs has checked. */
export function read(body, route) {
  const options = readOptions(body.options);
  const tools = (body.tools ?? []).filter((tool) => tool.function).map(({ function: { name, description, parameters } }) => ({
    name: name ?? "", description, parameters: parameters ?? {},
  }));
  const messages = route.generate ? readPrompt(body) : readMessages(body.messages);
  return {
    ...options,
    model: route.row.model,
    messages,
    prefill: messages.at(-1).role === "assistant" ? messages.at(-1).text : undefined,
    tools,
    toolChoice: "auto",
    format: readFormat(body.format),
    thinking: route.thinks ? {} : undefined,
    choices: 1,
    stream: body.stream !== false,
    truncates: body.truncate !== false,
  };
}

/** Leaves out the oldest messages of a conversation that is too long, but for the system's and the last. */
export function fit(call, row) {
  const limit = Math.min(call.contextLimit ?? Infinity, row.context_window);
  let tokens = countPromptTokens(call.messages, call.tools);
  while (tokens > limit) {
    const oldest = call.messages.findIndex(({ role }) => role !== "system");
    if (!call.truncates || oldest < 0 || oldest === call.messages.length - 1) throw new ProviderError("context", { tokens, limit });
    call.messages.splice(oldest, 1);
    tokens = countPromptTokens(call.messages, call.tools);
  }
}

const NS = 1e9;

/** The times of an answer in nanoseconds: what of the time went into loading, reading the prompt, and writing. */
function durations(context) {
  const total = Math.max(1, context.elapsedMs()) * 1e6;
  const writing = Math.min(total * 0.9, (context.completionTokens / context.row.tokens_per_s) * NS);
  const loading = (total - writing) * (context.route.loaded ? 0.1 : 0.5);
  return { total: Math.round(total), load: Math.round(loading), prompt: Math.round(total - writing - loading), writing: Math.round(writing) };
}

function line(context, part, ending = { done: false }) {
  const { text = "", thinking, toolCalls, logprobs } = part;
  const said = context.route.generate
    ? { response: text, ...(thinking && { thinking }) }
    : { message: { role: "assistant", content: text, ...(thinking && { thinking }), ...(toolCalls && { tool_calls: toolCalls }) } };
  return { model: context.body.model, created_at: goTime(), ...said, ...ending, ...(logprobs?.length && { logprobs }) };
}

function ending(context, reply) {
  const { total, load, prompt, writing } = durations(context);
  return {
    done: true,
    done_reason: reply.finish === "length" ? "length" : "stop",
    ...(context.route.generate && !context.body.raw && { context: encodeContext(context.call.messages, reply.text) }),
    total_duration: total, load_duration: load, prompt_eval_count: context.promptTokens, prompt_eval_duration: prompt,
    ...(context.completionTokens > 0 && { eval_count: context.completionTokens, eval_duration: writing }),
  };
}

const callOf = (call, index) => ({ id: call.id, function: { index, name: call.name, arguments: parseArguments(call.arguments) } });

/** How the ids of tool calls begin. */
export const callPrefix = "call_";

const likely = ({ body, row }, token, place) => chatLogprob(row.model, token, place, body.top_logprobs ?? 0);

// Without the count of alternatives, Ollama leaves the list out.
function logprobsOf(context, pieces, from = 0) {
  if (!context.body.logprobs) return [];
  return pieces.map((piece, index) => {
    const { top_logprobs: others, ...own } = likely(context, piece, from + index);
    return others.length ? { ...own, top_logprobs: others } : own;
  });
}

export function complete(context, [reply]) {
  const toolCalls = reply.toolCalls.length ? reply.toolCalls.map(callOf) : undefined;
  return line(context, { text: reply.text, thinking: reply.reasoning, toolCalls, logprobs: logprobsOf(context, splitTokens(reply.text)) }, ending(context, reply));
}

export const contentType = "application/x-ndjson";
export const headers = ({ call }) => (call.stream ? {} : { "content-type": "application/json; charset=utf-8" });

const write = (object) => `${JSON.stringify(object)}\n`;

export const open = () => [];
export const reasoning = (context, _reply, piece) => [write(line(context, { thinking: piece }))];

export function text(context, _reply, piece) {
  const place = context.place ?? 0;
  context.place = place + 1;
  return [write(line(context, { text: piece, logprobs: logprobsOf(context, [piece], place) }))];
}

export const toolCall = (context, _reply, call, index) => [write(line(context, { toolCalls: [callOf(call, index)] }))];
export const end = () => [];
export const close = (context, [reply]) => [write(line(context, {}, ending(context, reply)))];

/** An error within a stream is a line of its own. */
export const failure = () => [write({ error: "an error was encountered while running the model: unexpected EOF" })];
