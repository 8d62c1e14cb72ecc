// The wire format of Amazon Bedrock's Converse API; streams are AWS event-stream frames.

import { frame } from "./frames.mjs";
import { asJson, invalid, isObject, objectList, parseArguments, roleOf, stopList, textOf, tokenLimit } from "../shared.mjs";
import { splitTokens } from "../../tokens.mjs";

export function read(body, route) {
  const messages = objectList(body, "messages", { required: true }).flatMap(readMessage);
  const system = objectList(body, "system").map((block) => block.text ?? "").join("\n");
  if (system) messages.unshift({ role: "system", text: system, toolCalls: [] });
  const config = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  const toolConfig = isObject(body.toolConfig) ? body.toolConfig : {};
  return {
    model: route.model,
    messages,
    tools: objectList(toolConfig, "tools").filter((tool) => isObject(tool.toolSpec)).map(({ toolSpec }) => ({
      name: toolSpec.name, description: toolSpec.description, parameters: toolSpec.inputSchema?.json ?? {},
    })),
    toolChoice: readToolChoice(toolConfig.toolChoice),
    maxTokens: tokenLimit(config.maxTokens, "inferenceConfig.maxTokens"),
    stop: stopList(config.stopSequences),
    temperature: config.temperature,
    choices: 1,
    stream: route.stream,
  };
}

function readMessage(message) {
  if (!Array.isArray(message.content)) throw invalid("Invalid 'messages': 'content' must be a list of blocks.");
  const blocks = message.content.filter(isObject);
  const results = blocks.filter((block) => isObject(block.toolResult)).map(({ toolResult }) => ({
    role: "tool",
    text: (Array.isArray(toolResult.content) ? toolResult.content : [])
      .map((part) => part?.text ?? (part?.json === undefined ? "" : JSON.stringify(part.json))).join(""),
    toolCallId: toolResult.toolUseId,
    toolCalls: [],
  }));
  const text = textOf(blocks.filter((block) => typeof block.text === "string"));
  const toolCalls = blocks.filter((block) => isObject(block.toolUse)).map(({ toolUse }) => ({
    id: toolUse.toolUseId, name: toolUse.name ?? "", arguments: asJson(toolUse.input),
  }));
  if (results.length && !text && !toolCalls.length) return results;
  return [...results, { role: roleOf(message), text, toolCalls }];
}

function readToolChoice(choice) {
  if (isObject(choice?.tool)) return { name: choice.tool.name };
  return isObject(choice?.any) ? "required" : "auto";
}

/** How the ids of tool calls begin. */
export const callPrefix = "tooluse_";

const STOP_REASON = { stop: "end_turn", stop_sequence: "stop_sequence", length: "max_tokens", tool_calls: "tool_use" };

const usageOf = (context) => ({
  inputTokens: context.promptTokens,
  outputTokens: context.completionTokens,
  totalTokens: context.promptTokens + context.completionTokens,
});

export function complete(context, [reply]) {
  const content = reply.text ? [{ text: reply.text }] : [];
  for (const call of reply.toolCalls) {
    content.push({ toolUse: { toolUseId: call.id, name: call.name, input: parseArguments(call.arguments) } });
  }
  return {
    output: { message: { role: "assistant", content } },
    stopReason: STOP_REASON[reply.finish],
    usage: usageOf(context),
    metrics: { latencyMs: context.elapsedMs() },
  };
}

export { contentType } from "./frames.mjs";

export const open = () => [frame("messageStart", { role: "assistant" })];

// Reasoning is shown once it is simulated.
export const reasoning = () => [];

export function text(context, _reply, piece) {
  context.block ??= 0;
  context.blockOpen = true;
  return [frame("contentBlockDelta", { contentBlockIndex: context.block, delta: { text: piece } })];
}

export function toolCall(context, _reply, call) {
  context.block ??= 0;
  const ended = endBlock(context);
  context.blockOpen = true;
  const contentBlockIndex = context.block;
  return [
    ...ended,
    frame("contentBlockStart", { contentBlockIndex, start: { toolUse: { toolUseId: call.id, name: call.name } } }),
    ...splitTokens(call.arguments).map((piece) => frame("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input: piece } } })),
  ];
}

export const end = (context) => endBlock(context);

export const close = (context, [reply]) => [
  frame("messageStop", { stopReason: STOP_REASON[reply.finish] }),
  frame("metadata", { usage: usageOf(context), metrics: { latencyMs: context.elapsedMs() } }),
];

function endBlock(context) {
  if (!context.blockOpen) return [];
  context.blockOpen = false;
  context.block += 1;
  return [frame("contentBlockStop", { contentBlockIndex: context.block - 1 })];
}
