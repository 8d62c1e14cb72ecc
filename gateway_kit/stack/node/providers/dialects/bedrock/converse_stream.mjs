// The events of ConverseStream, as `[type, body]`; InvokeModel streams Nova's answers in the same form.

import { splitTokens } from "../../tokens.mjs";
import { readPointers } from "./additional.mjs";
import { answerCall, answersByTool, echoed, ownAnswer, shownReasoning, signatureOf, stopReason, usageOf } from "./converse_answer.mjs";
import { frame } from "./frames.mjs";

const delta = (context, part) => ["contentBlockDelta", { delta: part, contentBlockIndex: context.block }];

/** Ends the block that is open, if its kind is another; the kind of text blocks is not announced. */
function enter(context, reply, kind, start) {
  if (context.kind === kind) return [];
  const ended = endBlock(context, reply);
  context.kind = kind;
  return start ? [...ended, ["contentBlockStart", { start, contentBlockIndex: context.block }]] : ended;
}

function endBlock(context, reply) {
  context.block ??= 0;
  if (!context.kind) return [];
  const signature = context.kind === "reasoning" ? signatureOf(context, reply) : undefined;
  const signed = signature ? [delta(context, { reasoningContent: { signature } })] : [];
  context.kind = undefined;
  context.block += 1;
  return [...signed, ["contentBlockStop", { contentBlockIndex: context.block - 1 }]];
}

export const events = {
  open: () => [["messageStart", { role: "assistant" }]],
  reasoning(context, reply, piece) {
    const entered = enter(context, reply, "reasoning");
    return shownReasoning(context, reply) ? [...entered, delta(context, { reasoningContent: { text: piece } })] : entered;
  },
  text(context, reply, piece) {
    if (answersByTool(context, reply)) return [...enter(context, reply, "answer", { toolUse: answerCall(context) }), delta(context, { toolUse: { input: piece } })];
    return [...enter(context, reply, "text"), delta(context, { text: piece })];
  },
  toolCall: (context, reply, call) => [
    ...enter(context, reply, call.id, { toolUse: { toolUseId: call.id, name: call.name } }),
    ...splitTokens(call.arguments).map((piece) => delta(context, { toolUse: { input: piece } })),
  ],
  end: endBlock,
  close(context, [reply]) {
    const fields = readPointers(ownAnswer(context, reply), context.body.additionalModelResponseFieldPaths);
    return [
      ["messageStop", { stopReason: stopReason(context, reply), ...(fields && { additionalModelResponseFields: fields }) }],
      ["metadata", { usage: usageOf(context), metrics: { latencyMs: context.elapsedMs() }, ...echoed(context.body) }],
    ];
  },
};

const framed = (list) => list.map(([type, body]) => frame(type, body));

export const open = () => framed(events.open());
export const reasoning = (...args) => framed(events.reasoning(...args));
export const text = (...args) => framed(events.text(...args));
export const toolCall = (...args) => framed(events.toolCall(...args));
export const end = (...args) => framed(events.end(...args));
export const close = (...args) => framed(events.close(...args));
