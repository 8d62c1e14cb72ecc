// OpenAI's Responses API (POST /v1/responses).

import { splitTokens } from "../../tokens.mjs";
import { asJson, invalid, isObject, roleOf, textOf, tokenLimit } from "../shared.mjs";

/** `input` is a text or a list of messages, tool calls and tool results. */
export function read(body) {
  const items = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
  if (!Array.isArray(items) || items.length === 0 || !items.every(isObject)) throw invalid("Missing required parameter: 'input'.");
  const messages = items.map(readItem).filter(Boolean);
  if (typeof body.instructions === "string") messages.unshift({ role: "system", text: body.instructions, toolCalls: [] });
  if (messages.length === 0) throw invalid("Invalid 'input': it has no message.");
  return {
    model: body.model,
    messages,
    tools: (Array.isArray(body.tools) ? body.tools : []).filter((tool) => tool?.type === "function" && typeof tool.name === "string")
      .map((tool) => ({ name: tool.name, description: tool.description, parameters: tool.parameters ?? {} })),
    toolChoice: isObject(body.tool_choice) && typeof body.tool_choice.name === "string" ? { name: body.tool_choice.name }
      : body.tool_choice === "none" || body.tool_choice === "required" ? body.tool_choice : "auto",
    maxTokens: tokenLimit(body.max_output_tokens, "max_output_tokens"),
    stop: [],
    choices: 1,
    format: readFormat(body.text?.format),
    stream: body.stream === true,
  };
}

function readFormat(format) {
  if (format?.type === "json_object") return { kind: "json_object" };
  return format?.type === "json_schema" ? { kind: "json_schema", name: format.name, schema: format.schema ?? {} } : undefined;
}

function readItem(item) {
  if (item.type === "function_call") {
    return { role: "assistant", text: "", toolCalls: [{ id: item.call_id, name: item.name ?? "", arguments: asJson(item.arguments) }] };
  }
  if (item.type === "function_call_output") {
    return { role: "tool", text: asJson(item.output), toolCallId: item.call_id, toolCalls: [] };
  }
  if (item.role === undefined) return null;
  return { role: roleOf(item), text: textOf(item.content), toolCalls: [] };
}

const partOf = (text) => ({ type: "output_text", text, annotations: [], logprobs: [] });
const itemId = (context, kind, index) => `${kind}_${context.id.slice(5)}${index}`;

const messageItem = (context, status, text) => ({
  id: itemId(context, "msg", 0), type: "message", status, role: "assistant", content: text === null ? [] : [partOf(text)],
});
const callItem = (context, call, index, status, given) => ({
  id: itemId(context, "fc", index), type: "function_call", status, call_id: call.id, name: call.name, arguments: given,
});

function outputOf(context, reply) {
  const items = reply.toolCalls.map((call, index) => callItem(context, call, index, "completed", call.arguments));
  return reply.text || items.length === 0 ? [messageItem(context, "completed", reply.text), ...items] : items;
}

const usageOf = (context) => ({
  input_tokens: context.promptTokens,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: context.completionTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: context.promptTokens + context.completionTokens,
});

function responseOf(context, status, reply) {
  const { body } = context;
  return {
    id: context.id, object: "response", created_at: context.created, status, error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: body.instructions ?? null, max_output_tokens: body.max_output_tokens ?? null, metadata: body.metadata ?? {},
    model: context.model, output: reply ? outputOf(context, reply) : [], parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null, temperature: body.temperature ?? 1, top_p: body.top_p ?? 1,
    text: body.text ?? { format: { type: "text" } }, tools: body.tools ?? [], tool_choice: body.tool_choice ?? "auto",
    truncation: "disabled", usage: reply ? usageOf(context) : null,
  };
}

const statusOf = (reply) => (reply.finish === "length" ? "incomplete" : "completed");

export const complete = (context, [reply]) => responseOf(context, statusOf(reply), reply);

export const contentType = "text/event-stream; charset=utf-8";

function event(context, type, fields) {
  context.sequence = (context.sequence ?? -1) + 1;
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: context.sequence, ...fields })}\n\n`;
}

export const open = (context) => ["response.created", "response.in_progress"]
  .map((type) => event(context, type, { response: responseOf(context, "in_progress", null) }));

export const reasoning = () => [];

const place = (context, reply) => ({ item_id: itemId(context, "msg", 0), output_index: 0, content_index: reply.index });

function openText(context, reply) {
  if (context.textOpen) return [];
  context.textOpen = true;
  return [
    event(context, "response.output_item.added", { output_index: 0, item: messageItem(context, "in_progress", null) }),
    event(context, "response.content_part.added", { ...place(context, reply), part: partOf("") }),
  ];
}

export const text = (context, reply, piece) => [
  ...openText(context, reply), event(context, "response.output_text.delta", { ...place(context, reply), delta: piece, logprobs: [] }),
];

export function toolCall(context, reply, call, index) {
  const at = { item_id: itemId(context, "fc", index), output_index: index + (reply.text ? 1 : 0) };
  const { output_index } = at;
  return [
    event(context, "response.output_item.added", { output_index, item: callItem(context, call, index, "in_progress", "") }),
    ...splitTokens(call.arguments).map((delta) => event(context, "response.function_call_arguments.delta", { ...at, delta })),
    event(context, "response.function_call_arguments.done", { ...at, name: call.name, arguments: call.arguments }),
    event(context, "response.output_item.done", { output_index, item: callItem(context, call, index, "completed", call.arguments) }),
  ];
}

export function end(context, reply) {
  if (reply.toolCalls.length && !reply.text) return [];
  return [
    ...openText(context, reply),
    event(context, "response.output_text.done", { ...place(context, reply), text: reply.text, logprobs: [] }),
    event(context, "response.content_part.done", { ...place(context, reply), part: partOf(reply.text) }),
    event(context, "response.output_item.done", { output_index: 0, item: messageItem(context, "completed", reply.text) }),
  ];
}

export const close = (context, [reply]) => [event(context, `response.${statusOf(reply)}`, { response: complete(context, [reply]) })];
