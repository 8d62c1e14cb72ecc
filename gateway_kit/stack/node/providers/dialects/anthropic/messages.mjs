// The wire format of Anthropic's Messages API.

import { asJson, invalid, isObject, objectList, parseArguments, roleOf, stopList, textOf, tokenLimit } from "../shared.mjs";
import { splitTokens } from "../../tokens.mjs";

export function read(body, route) {
  const model = route.model ?? body.model;
  if (typeof model !== "string" || model === "") throw invalid("model: Field required");
  const maxTokens = tokenLimit(body.max_tokens, "max_tokens");
  if (maxTokens === undefined) throw invalid("max_tokens: Field required");
  const messages = objectList(body, "messages", { required: true }).flatMap(readMessage);
  const system = textOf(body.system);
  if (system) messages.unshift({ role: "system", text: system, toolCalls: [] });
  return {
    model,
    messages,
    // A tool without a schema is one of Anthropic's own (such as web search), which the simulator never calls.
    tools: objectList(body, "tools").filter((tool) => isObject(tool.input_schema))
      .map((tool) => ({ name: tool.name, description: tool.description, parameters: tool.input_schema })),
    toolChoice: readToolChoice(body.tool_choice),
    maxTokens,
    stop: stopList(body.stop_sequences),
    temperature: body.temperature,
    choices: 1,
    stream: route.stream ?? body.stream === true,
  };
}

function readMessage(message) {
  const blocks = Array.isArray(message.content) ? message.content.filter(isObject) : [];
  const results = blocks.filter((block) => block.type === "tool_result").map((block) => ({
    role: "tool", text: textOf(block.content), toolCallId: block.tool_use_id, toolCalls: [],
  }));
  const text = textOf(typeof message.content === "string" ? message.content : blocks.filter((block) => block.type === "text"));
  const toolCalls = blocks.filter((block) => block.type === "tool_use").map((block) => ({
    id: block.id, name: block.name ?? "", arguments: asJson(block.input),
  }));
  if (results.length && !text && !toolCalls.length) return results;
  return [...results, { role: roleOf(message), text, toolCalls }];
}

function readToolChoice(choice) {
  if (choice?.type === "tool") return { name: choice.name };
  if (choice?.type === "any") return "required";
  return choice?.type === "none" ? "none" : "auto";
}

/** How the ids of tool calls begin. */
export const callPrefix = "toolu_";

const STOP_REASON = { stop: "end_turn", stop_sequence: "stop_sequence", length: "max_tokens", tool_calls: "tool_use" };

const usageOf = (context, outputTokens) => ({
  input_tokens: context.promptTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: outputTokens,
});

const messageOf = (context, content, reply, outputTokens) => ({
  id: context.id, type: "message", role: "assistant", model: context.model, content,
  stop_reason: reply ? STOP_REASON[reply.finish] : null, stop_sequence: reply?.stopSequence ?? null, usage: usageOf(context, outputTokens),
});

export function complete(context, [reply]) {
  const content = reply.text ? [{ type: "text", text: reply.text }] : [];
  for (const call of reply.toolCalls) {
    content.push({ type: "tool_use", id: call.id, name: call.name, input: parseArguments(call.arguments) });
  }
  return messageOf(context, content, reply, context.completionTokens);
}

export const contentType = "text/event-stream; charset=utf-8";

/** The events as objects; Bedrock's InvokeModel wraps the same objects in binary frames. */
export const events = {
  open: (context) => [{ type: "message_start", message: messageOf(context, [], null, 1) }],
  // Thinking is shown once it is simulated.
  reasoning: () => [],
  text(context, _reply, piece) {
    context.block ??= 0;
    const started = context.blockOpen ? [] : [{ type: "content_block_start", index: context.block, content_block: { type: "text", text: "" } }];
    context.blockOpen = true;
    return [...started, { type: "content_block_delta", index: context.block, delta: { type: "text_delta", text: piece } }];
  },
  toolCall(context, _reply, call) {
    context.block ??= 0;
    const ended = endBlock(context);
    const index = context.block;
    context.blockOpen = true;
    return [
      ...ended,
      { type: "content_block_start", index, content_block: { type: "tool_use", id: call.id, name: call.name, input: {} } },
      ...splitTokens(call.arguments).map((piece) => ({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: piece } })),
    ];
  },
  end: (context) => endBlock(context),
  close: (context, [reply]) => [
    { type: "message_delta", delta: { stop_reason: STOP_REASON[reply.finish], stop_sequence: reply.stopSequence }, usage: { output_tokens: context.completionTokens } },
    { type: "message_stop" },
  ],
};

function endBlock(context) {
  if (!context.blockOpen) return [];
  context.blockOpen = false;
  context.block += 1;
  return [{ type: "content_block_stop", index: context.block - 1 }];
}

const sse = (list) => list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

export const open = (context) => sse(events.open(context));
export const reasoning = (...args) => sse(events.reasoning(...args));
export const text = (...args) => sse(events.text(...args));
export const toolCall = (...args) => sse(events.toolCall(...args));
export const end = (...args) => sse(events.end(...args));
export const close = (...args) => sse(events.close(...args));
