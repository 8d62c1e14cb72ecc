// What of an answer a request gets: cut at its stop sequences and at its limit of tokens, and counted.

import { countCallTokens, splitTokens } from "./tokens.mjs";

/** The reply to one choice of a call; `answer` is `{ text, reasoning, toolCalls }`. */
export function replyOf(answer, call, index) {
  const room = call.maxTokens ?? Infinity;
  const stopped = cutAtStop(answer.text, call.stop);
  const reasoningPieces = splitTokens(answer.reasoning ?? "").slice(0, call.thinking?.budget);
  const textPieces = splitTokens(stopped.text);
  const reply = {
    index, finish: "stop", stopSequence: null, toolCalls: answer.toolCalls,
    reasoningPieces: reasoningPieces.slice(0, room),
    // A model's thinking counts against the limit first.
    textPieces: textPieces.slice(0, Math.max(0, room - reasoningPieces.length)),
  };
  const callTokens = countCallTokens(reply.toolCalls);
  const wanted = reasoningPieces.length + textPieces.length + callTokens;
  if (wanted > room) {
    reply.finish = "length";
    reply.toolCalls = [];
  } else if (reply.toolCalls.length) reply.finish = "tool_calls";
  else if (stopped.sequence !== null) Object.assign(reply, { finish: "stop_sequence", stopSequence: stopped.sequence });
  reply.reasoning = reply.reasoningPieces.join("");
  reply.text = reply.textPieces.join("");
  reply.reasoningTokens = reply.reasoningPieces.length;
  reply.textTokens = reply.textPieces.length;
  reply.tokens = reply.reasoningTokens + reply.textTokens + (reply.toolCalls.length ? callTokens : 0);
  return reply;
}

/** The text before the first stop sequence, and which one it was. */
function cutAtStop(text, stops) {
  let end = text.length;
  let sequence = null;
  for (const stop of stops) {
    const place = text.indexOf(stop);
    if (place >= 0 && place < end) [end, sequence] = [place, stop];
  }
  return { text: text.slice(0, end), sequence };
}
