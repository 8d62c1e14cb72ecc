// The wire format of OpenAI's Responses API: a response, or its events in their order.

import { splitTokens } from "../../../tokens.mjs";
import { chatLogprob } from "../logprobs.mjs";
import { paddingFor } from "../padding.mjs";
import {
  callItem, endOf, hasMessage, inputOf, isCustom, itemId, logprobsOf, messageItem, reasoningItem, reasons, responseOf, textPart,
} from "./output.mjs";

export { read } from "./read.mjs";

/** The whole response; stored if the request does not say otherwise. */
export function complete(context, [reply]) {
  const response = responseOf(context, endOf(reply), reply);
  context.route.keep(context, response);
  return response;
}

export const contentType = "text/event-stream; charset=utf-8";

function event(context, type, fields) {
  const number = context.events ?? 0;
  context.events = number + 1;
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields })}\n\n`;
}

// Events have log probabilities without the tokens' bytes.
const plainly = ({ token, logprob, top_logprobs }) => ({ token, logprob, top_logprobs: top_logprobs.map((one) => ({ token: one.token, logprob: one.logprob })) });

const padding = (context, delta) => (context.call.obfuscate ? { obfuscation: paddingFor(delta) } : {});

export function open(context, [reply]) {
  // What has begun and not ended, and the place of the next item.
  Object.assign(context, { reply, place: 0, thinking: null, writing: null });
  const queued = context.body.background ? "queued" : "in_progress";
  return [
    event(context, "response.created", { response: responseOf(context, queued, null) }),
    ...(queued === "queued" ? [event(context, "response.queued", { response: responseOf(context, queued, null) })] : []),
    event(context, "response.in_progress", { response: responseOf(context, "in_progress", null) }),
    ...beginReasoning(context),
  ];
}

function beginReasoning(context) {
  if (!reasons(context)) return [];
  context.thinking = { item_id: itemId(context, "rs"), output_index: 0 };
  return [event(context, "response.output_item.added", { item: reasoningItem(context, context.reply, { done: false }), output_index: 0 })];
}

const SUMMARY = { summary_index: 0 };
const summaryPart = (text) => ({ part: { type: "summary_text", text } });

/** A model's reasoning is hidden; its summary is shown if the request asks for it. */
export function reasoning(context, reply, piece) {
  if (!context.call.summary) return [];
  const at = { ...context.thinking, ...SUMMARY };
  const first = context.summarising ? [] : [event(context, "response.reasoning_summary_part.added", { ...at, ...summaryPart("") })];
  context.summarising = true;
  return [...first, event(context, "response.reasoning_summary_text.delta", { ...at, delta: piece, ...padding(context, piece) })];
}

function endReasoning(context, reply) {
  if (!context.thinking) return [];
  const at = { ...context.thinking, ...SUMMARY };
  const frames = [];
  if (context.summarising) {
    frames.push(event(context, "response.reasoning_summary_text.done", { ...at, text: reply.reasoning }));
    frames.push(event(context, "response.reasoning_summary_part.done", { ...at, ...summaryPart(reply.reasoning) }));
  }
  frames.push(event(context, "response.output_item.done", { item: reasoningItem(context, reply, { done: true }), output_index: 0 }));
  context.thinking = null;
  context.place += 1;
  return frames;
}

function beginText(context, reply) {
  if (context.writing) return [];
  const frames = endReasoning(context, reply);
  context.writing = { item_id: itemId(context, "msg"), output_index: context.place, content_index: 0 };
  context.piece = 0;
  return [
    ...frames,
    event(context, "response.output_item.added", { item: messageItem(context, "in_progress", []), output_index: context.place }),
    event(context, "response.content_part.added", { ...context.writing, part: textPart("") }),
  ];
}

export function text(context, reply, piece) {
  const frames = beginText(context, reply);
  const { call } = context;
  const logprobs = call.logprobs ? [plainly(chatLogprob(call.served, piece, context.piece, call.topLogprobs))] : [];
  context.piece += 1;
  frames.push(event(context, "response.output_text.delta", { ...context.writing, delta: piece, logprobs, ...padding(context, piece) }));
  return frames;
}

function endText(context, reply) {
  if (!context.writing) return [];
  const at = context.writing;
  const logprobs = logprobsOf(context, reply);
  const part = textPart(reply.text, logprobs);
  context.writing = null;
  context.place += 1;
  return [
    event(context, "response.output_text.done", { ...at, text: reply.text, logprobs: logprobs.map(plainly) }),
    event(context, "response.content_part.done", { ...at, part }),
    event(context, "response.output_item.done", { item: messageItem(context, endOf(reply), [part]), output_index: at.output_index }),
  ];
}

/** One frame for each piece of the arguments; what begins and ends the item is sent with the first and the last. */
export function toolCall(context, reply, call, index) {
  const before = [...endReasoning(context, reply), ...endText(context, reply)];
  const at = { item_id: itemId(context, isCustom(context, call) ? "ctc" : "fc", index), output_index: context.place };
  const { output_index } = at;
  context.place += 1;
  before.push(event(context, "response.output_item.added", { item: callItem(context, call, index, { done: false }), output_index }));
  const [kind, given, whole] = isCustom(context, call)
    ? ["custom_tool_call_input", inputOf(call), "input"] : ["function_call_arguments", call.arguments, "arguments"];
  const frames = splitTokens(given).map((delta) => event(context, `response.${kind}.delta`, { ...at, delta, ...padding(context, delta) }));
  frames[0] = before.join("") + (frames[0] ?? "");
  frames[frames.length - 1] += event(context, `response.${kind}.done`, { ...at, [whole]: given })
    + event(context, "response.output_item.done", { item: callItem(context, call, index, { done: true }), output_index });
  return frames;
}

export const end = (context, reply) => (hasMessage(context, reply)
  ? [...beginTextUnlessDone(context, reply), ...endText(context, reply)]
  : endReasoning(context, reply));

// An answer without a single token still has its message.
const beginTextUnlessDone = (context, reply) => (reply.text === "" ? beginText(context, reply) : []);

export function close(context, [reply]) {
  return [event(context, `response.${endOf(reply)}`, { response: complete(context, [reply]) })];
}
