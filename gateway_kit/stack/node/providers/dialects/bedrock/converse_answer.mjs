// The answer of Converse: what a model said, as content blocks, and what it cost.

import { sign } from "../anthropic/thinking.mjs";
import { parseArguments } from "../shared.mjs";
import { readPointers } from "./additional.mjs";
import { abilitiesOf } from "./families.mjs";
import { cachedOf } from "./prompt_cache.mjs";

/** How the ids of tool calls begin. */
export const callPrefix = "tooluse_";

const STOP_REASON = { stop: "end_turn", stop_sequence: "stop_sequence", length: "max_tokens", tool_calls: "tool_use" };

/** Whether the text of the reply is the answer tool's arguments. */
export const answersByTool = ({ call }, reply) => call.answerTool !== undefined && reply.toolCalls.length === 0 && reply.finish !== "length";

export const stopReason = (context, reply) => (answersByTool(context, reply) ? "tool_use" : STOP_REASON[reply.finish]);

export const answerCall = (context) => ({ toolUseId: `${callPrefix}${context.id.slice(0, 22)}`, name: context.call.answerTool });

const isShown = ({ call }) => call.thinking?.display !== "omitted";

/** The reasoning as a reply shows it; newer models leave out its text. */
export const shownReasoning = (context, reply) => (isShown(context) ? reply.reasoning : "");

/** The signature that Claude puts under its reasoning; other models have none. */
export const signatureOf = (context, reply) => (abilitiesOf(context.call.model).name === "claude" ? sign(reply.reasoning, isShown(context)) : undefined);

export function usageOf(context) {
  const { read, written } = cachedOf(context, abilitiesOf(context.call.model));
  const cacheWriteInputTokens = written["5m"] + written["1h"];
  const details = Object.entries(written).filter(([, tokens]) => tokens > 0).map(([ttl, inputTokens]) => ({ ttl, inputTokens }));
  return {
    inputTokens: context.promptTokens - read - cacheWriteInputTokens,
    outputTokens: context.completionTokens,
    totalTokens: context.promptTokens + context.completionTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens,
    ...(details.length && { cacheDetails: details }),
  };
}

function reasoningText(context, reply) {
  const signature = signatureOf(context, reply);
  return { text: shownReasoning(context, reply), ...(signature && { signature }) };
}

export function contentOf(context, reply) {
  const content = [];
  if (reply.reasoning) content.push({ reasoningContent: { reasoningText: reasoningText(context, reply) } });
  if (answersByTool(context, reply)) content.push({ toolUse: { ...answerCall(context), input: parseArguments(reply.text) } });
  else if (reply.text) content.push({ text: reply.text });
  for (const call of reply.toolCalls) content.push({ toolUse: { toolUseId: call.id, name: call.name, input: parseArguments(call.arguments) } });
  return content;
}

export function complete(context, [reply]) {
  const fields = readPointers(ownAnswer(context, reply), context.body.additionalModelResponseFieldPaths);
  return {
    output: { message: { role: "assistant", content: contentOf(context, reply) } },
    stopReason: stopReason(context, reply),
    usage: usageOf(context),
    metrics: { latencyMs: context.elapsedMs() },
    ...(fields && { additionalModelResponseFields: fields }),
    ...echoed(context.body),
  };
}

/** What an answer repeats of the request. */
export const echoed = ({ performanceConfig, serviceTier }) => ({ ...(performanceConfig && { performanceConfig }), ...(serviceTier && { serviceTier }) });

/** The parts of the model's own answer that Converse does not show by itself. */
export function ownAnswer(context, reply) {
  const reason = { stop_reason: stopReason(context, reply) };
  if (abilitiesOf(context.call.model).name !== "claude") return reason;
  const ending = { ...reason, stop_sequence: reply.stopSequence };
  return {
    id: context.id, type: "message", role: "assistant", model: context.call.model, ...ending, delta: ending,
    usage: {
      input_tokens: context.promptTokens, output_tokens: context.completionTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0,
      output_tokens_details: { thinking_tokens: reply.reasoningTokens },
    },
  };
}
