// generateContent as a stream: server-sent events (alt=sse), or one JSON list without it.
//
// The last piece of a text or the last call is sent with the reason why the answer ends, as Google sends it.

import * as generate from "./generate.mjs";
import { usage, usageOf } from "./usage.mjs";

const LIST = "application/json; charset=UTF-8";

/** The dialect of a stream; `write(data, first)` makes a frame of one piece. */
function streamWith(contentType, write, ending) {
  // What was sent so far, for the usage in each piece, and what waits for the end.
  const stateOf = (context) => (context.google ??= { first: true, written: 0, thoughts: 0, sent: new Map(), last: new Map() });
  const frame = (context, candidates, usageMetadata) => {
    const state = stateOf(context);
    const made = write(generate.answerOf(context, candidates, usageMetadata), state.first);
    state.first = false;
    return made;
  };
  const usageSoFar = (context, { written, thoughts }) => (context.route.provider === "vertex_ai" ? { trafficType: "ON_DEMAND" } : usage(context, written, thoughts));

  // A part of one candidate: sent now, or kept for the end if it is the last one.
  function send(context, reply, parts, pieces) {
    const state = stateOf(context);
    const sent = (state.sent.get(reply.index) ?? 0) + 1;
    state.sent.set(reply.index, sent);
    if (sent === reply.textPieces.length + reply.toolCalls.length) {
      state.last.set(reply.index, { parts, pieces });
      return [];
    }
    return [frame(context, [generate.candidateOf(context, reply, parts, { pieces })], usageSoFar(context, state))];
  }

  return {
    ...generate,
    contentType,
    open: () => [],
    reasoning(context, reply, piece) {
      const state = stateOf(context);
      state.thoughts += 1;
      if (!context.call.includeThoughts) return [];
      return [frame(context, [generate.candidateOf(context, reply, [generate.thoughtPart(piece)])], usageSoFar(context, state))];
    },
    text(context, reply, piece) {
      const state = stateOf(context);
      state.written += 1;
      const last = (state.sent.get(reply.index) ?? 0) + 1 === reply.textPieces.length;
      return send(context, reply, [last ? generate.textPart(context, reply, piece) : { text: piece }], [piece]);
    },
    // A call of a function is sent whole, never in pieces.
    toolCall: (context, reply, call, index) => send(context, reply, [generate.callPart(context, call, index)], []),
    end: () => [],
    close(context, replies) {
      const { last } = stateOf(context);
      const candidates = replies.map((reply) => {
        const { parts = [], pieces = [] } = last.get(reply.index) ?? {};
        return generate.candidateOf(context, reply, parts, { finish: reply.finish, pieces });
      });
      return [frame(context, candidates, usageOf(context, replies)), ...ending];
    },
  };
}

/** Server-sent events. */
export const events = streamWith("text/event-stream", (data) => `data: ${JSON.stringify(data)}\r\n\r\n`, []);

/** One JSON list, which grows while the answer is made. */
export const jsonList = streamWith(LIST, (data, first) => `${first ? "[" : ",\r\n"}${JSON.stringify(data)}`, ["]\n"]);
