// The wire format of OpenAI's chat completions, which Azure OpenAI shares.

import { splitTokens } from "../../tokens.mjs";
import { parseArguments } from "../shared.mjs";
import { CHOICE_FILTER, EMPTY_FILTER, PROMPT_FILTER } from "./azure.mjs";
import { chatLogprob } from "./logprobs.mjs";
import { paddingFor } from "./padding.mjs";
import { usageOf } from "./usage.mjs";

export { read } from "./chat_read.mjs";

const isAzure = (context) => context.route.provider === "azure";

const FINISH = { stop: "stop", stop_sequence: "stop", length: "length" };

function finishOf({ call }, reply) {
  if (reply.finish !== "tool_calls") return FINISH[reply.finish];
  // A call that the request names ends with "stop" at OpenAI; one that is only required does not.
  if (call.toolChoice.name !== undefined) return "stop";
  return call.legacy ? "function_call" : "tool_calls";
}

const isCustom = (context, call) => context.call.custom.has(call.name);
const inputOf = (call) => String(parseArguments(call.arguments).input ?? call.arguments);

function callOf(context, call) {
  if (isCustom(context, call)) return { id: call.id, type: "custom", custom: { name: call.name, input: inputOf(call) } };
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };
}

function messageOf(context, reply) {
  const message = { role: "assistant", content: reply.text || (reply.toolCalls.length ? null : "") };
  if (context.call.legacy && reply.toolCalls.length) {
    const { name, arguments: given } = reply.toolCalls[0];
    message.function_call = { name, arguments: given };
  } else if (reply.toolCalls.length) message.tool_calls = reply.toolCalls.map((call) => callOf(context, call));
  return { ...message, refusal: null, annotations: [] };
}

function logprobsOf(context, reply) {
  const { call, model } = context;
  if (!call.logprobs) return null;
  const content = reply.textPieces.map((piece, place) => chatLogprob(model, piece, place, call.topLogprobs));
  return { content: reply.toolCalls.length ? null : content, refusal: null };
}

// The names and tiers that every object of an answer has.
function head(context, object) {
  context.model = context.call.served;
  return {
    id: context.id, object, created: context.created, model: context.model, service_tier: context.call.tier, system_fingerprint: context.call.fingerprint,
  };
}

export function complete(context, replies) {
  const body = bodyOf(context, replies);
  context.call.keep?.(body);
  return body;
}

function bodyOf(context, replies) {
  const choices = replies.map((reply) => ({
    index: reply.index,
    message: messageOf(context, reply),
    logprobs: logprobsOf(context, reply),
    finish_reason: finishOf(context, reply),
    ...(isAzure(context) ? CHOICE_FILTER : {}),
  }));
  const { id, object, created, model, ...more } = head(context, "chat.completion");
  const { metadata } = context.body;
  return {
    id, object, created, model, choices, usage: usageOf(context, replies), ...more,
    ...(metadata ? { metadata } : {}), ...(isAzure(context) ? PROMPT_FILTER : {}),
  };
}

/** The headers of an answer that do not depend on an account's limits. */
export const headers = (context) => (isAzure(context)
  ? { "apim-request-id": context.id, "x-ms-deployment-name": context.row.model }
  : { "openai-version": "2020-10-01", "openai-processing-ms": String(context.elapsedMs()) });

export const contentType = "text/event-stream; charset=utf-8";

const sse = (data) => `data: ${JSON.stringify(data)}\n\n`;

function chunk(context, index, delta, { finish = null, logprobs = null, padded = "", filter = EMPTY_FILTER } = {}) {
  const choice = { index, delta, logprobs: context.call.logprobs ? logprobs : null, finish_reason: finish, ...(isAzure(context) ? filter : {}) };
  const data = { ...context.head, choices: [choice] };
  if (context.call.includeUsage) data.usage = null;
  if (context.call.obfuscate) data.obfuscation = paddingFor(padded);
  return sse(data);
}

export function open(context, replies) {
  context.head = head(context, "chat.completion.chunk");
  context.places = replies.map(() => 0);
  const first = isAzure(context) ? [sse({ choices: [], created: 0, id: "", model: "", object: "", ...PROMPT_FILTER })] : [];
  const roles = replies.map((reply) => {
    const content = reply.toolCalls.length && !reply.text ? null : "";
    return chunk(context, reply.index, { role: "assistant", content, refusal: null }, { logprobs: { content: [], refusal: null } });
  });
  return [...first, ...roles];
}

// OpenAI does not show a model's reasoning here.
export const reasoning = () => [];

export function text(context, reply, piece) {
  const place = context.places[reply.index];
  context.places[reply.index] += 1;
  const logprobs = context.call.logprobs ? { content: [chatLogprob(context.model, piece, place, context.call.topLogprobs)], refusal: null } : null;
  return [chunk(context, reply.index, { content: piece }, { logprobs, padded: piece, filter: CHOICE_FILTER })];
}

export function toolCall(context, reply, call, index) {
  const send = (delta, padded = "") => chunk(context, reply.index, delta, { padded });
  if (context.call.legacy) {
    return [
      send({ function_call: { name: call.name, arguments: "" } }),
      ...splitTokens(call.arguments).map((piece) => send({ function_call: { arguments: piece } }, piece)),
    ];
  }
  if (isCustom(context, call)) {
    return [
      send({ tool_calls: [{ index, id: call.id, type: "custom", custom: { name: call.name, input: "" } }] }),
      ...splitTokens(inputOf(call)).map((piece) => send({ tool_calls: [{ index, custom: { input: piece } }] }, piece)),
    ];
  }
  return [
    send({ tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] }),
    ...splitTokens(call.arguments).map((piece) => send({ tool_calls: [{ index, function: { arguments: piece } }] }, piece)),
  ];
}

export const end = (context, reply) => [chunk(context, reply.index, {}, { finish: finishOf(context, reply) })];

export function close(context, replies) {
  const frames = [];
  context.call.keep?.(bodyOf(context, replies));
  if (context.call.includeUsage) {
    const data = { ...context.head, choices: [], usage: usageOf(context, replies) };
    if (context.call.obfuscate) data.obfuscation = paddingFor("");
    frames.push(sse(data));
  }
  frames.push("data: [DONE]\n\n");
  return frames;
}
