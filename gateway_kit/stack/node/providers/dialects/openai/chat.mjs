// The wire format of OpenAI's chat completions, which Azure OpenAI shares.

import { asJson, invalid, isObject, objectList, roleOf, stopList, textOf, tokenLimit } from "../shared.mjs";
import { splitTokens } from "../../tokens.mjs";

export function read(body, route) {
  const model = route.model ?? body.model;
  if (typeof model !== "string" || model === "") throw invalid("you must provide a model parameter");
  const n = body.n ?? 1;
  if (!Number.isInteger(n) || n < 1 || n > 16) throw invalid("Invalid 'n': expected a whole number from 1 to 16.");
  return {
    model,
    messages: objectList(body, "messages", { required: true }).map(readMessage),
    tools: objectList(body, "tools").map((tool) => readFunction(tool.function)),
    toolChoice: readToolChoice(body.tool_choice),
    maxTokens: tokenLimit(body.max_completion_tokens ?? body.max_tokens, "max_tokens"),
    stop: stopList(body.stop),
    temperature: body.temperature,
    format: readFormat(body.response_format),
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    choices: n,
  };
}

function readMessage(message) {
  return {
    role: roleOf(message),
    text: textOf(message.content),
    toolCallId: message.tool_call_id,
    toolCalls: (Array.isArray(message.tool_calls) ? message.tool_calls : []).map((call) => ({
      id: call?.id, name: call?.function?.name ?? "", arguments: asJson(call?.function?.arguments),
    })),
  };
}

function readFunction(definition) {
  if (typeof definition?.name !== "string") throw invalid("Invalid 'tools': each needs a 'function' with a 'name'.");
  return { name: definition.name, description: definition.description, parameters: definition.parameters ?? {} };
}

function readToolChoice(choice) {
  if (isObject(choice) && typeof choice.function?.name === "string") return { name: choice.function.name };
  return choice === "none" || choice === "required" ? choice : "auto";
}

function readFormat(format) {
  if (format?.type === "json_object") return { kind: "json_object" };
  if (format?.type !== "json_schema") return undefined;
  const { name, schema } = format.json_schema ?? {};
  return { kind: "json_schema", name, schema: schema ?? {} };
}

const usageOf = (context) => ({
  prompt_tokens: context.promptTokens,
  completion_tokens: context.completionTokens,
  total_tokens: context.promptTokens + context.completionTokens,
});

const callOf = (call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } });

const FINISH = { stop: "stop", stop_sequence: "stop", length: "length", tool_calls: "tool_calls" };

function messageOf(reply) {
  const message = { role: "assistant", content: reply.text || (reply.toolCalls.length ? null : ""), refusal: null };
  if (reply.toolCalls.length) message.tool_calls = reply.toolCalls.map(callOf);
  return message;
}

export function complete(context, replies) {
  return {
    id: context.id,
    object: "chat.completion",
    created: context.created,
    model: context.model,
    choices: replies.map((reply) => ({
      index: reply.index, message: messageOf(reply), logprobs: null, finish_reason: FINISH[reply.finish],
    })),
    usage: usageOf(context),
    system_fingerprint: "fp_simulated",
  };
}

export const contentType = "text/event-stream; charset=utf-8";

function chunk(context, index, delta, finish = null) {
  const choices = [{ index, delta, logprobs: null, finish_reason: finish }];
  const usage = context.call.includeUsage ? { usage: null } : {};
  return sse({ ...head(context), choices, ...usage });
}

const head = (context) => ({
  id: context.id, object: "chat.completion.chunk", created: context.created, model: context.model,
  system_fingerprint: "fp_simulated",
});

const sse = (data) => `data: ${JSON.stringify(data)}\n\n`;

export const open = (context) => Array.from({ length: context.call.choices }, (_, index) => chunk(context, index, { role: "assistant", content: "" }));

// OpenAI does not show a model's reasoning here.
export const reasoning = () => [];

export const text = (context, reply, piece) => [chunk(context, reply.index, { content: piece })];

export const toolCall = (context, reply, call, index) => [
  chunk(context, reply.index, { tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] }),
  ...splitTokens(call.arguments).map((piece) => chunk(context, reply.index, { tool_calls: [{ index, function: { arguments: piece } }] })),
];

export const end = (context, reply) => [chunk(context, reply.index, {}, FINISH[reply.finish])];

export function close(context) {
  const frames = [];
  if (context.call.includeUsage) frames.push(sse({ ...head(context), choices: [], usage: usageOf(context) }));
  frames.push("data: [DONE]\n\n");
  return frames;
}
