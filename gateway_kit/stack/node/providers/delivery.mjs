// Sends answers at the model's pace: whole, or as a stream that a fault may cut.

/** Sends the answer in one piece, at the time its last token would have been written. */
export async function whole(exchange, dialect, context, replies, pace) {
  context.completionTokens = tokensOf(replies);
  exchange.note.completion_tokens = context.completionTokens;
  // A provider generates its choices side by side.
  const longest = Math.max(...replies.map((reply) => reply.tokens));
  await exchange.waitUntil(pace.total_s ?? pace.ttft_s + longest * pace.token_s);
  exchange.json(200, dialect.complete(context, replies), dialect.headers?.(context));
}

/** Tokens of all replies: text, reasoning and tool calls. */
export const tokensOf = (replies) => replies.reduce((sum, reply) => sum + reply.tokens, 0);

// Gives the client time to read what was written before the connection ends. A client that sees both at once drops the
// chunks (aiohttp does), which happens on a busy machine: the call then fails outright instead of being cut mid-stream.
const READ_BEFORE_CUT_MS = 500;

/** Breaks the connection off. */
export async function cut(exchange) {
  await new Promise((resolve) => setTimeout(resolve, READ_BEFORE_CUT_MS));
  exchange.drop("cut");
}

// With the provider's own error, where its streams have one; otherwise by the connection.
async function breakOff(exchange, dialect, context) {
  if (context.fault !== "stream_error" || !dialect.failure) return cut(exchange);
  await exchange.write(dialect.failure(context));
  exchange.response.end();
  exchange.note.outcome = "cut";
}

/** The seconds between two moments of a stream: at the model's pace, or such that it ends when it should. */
export function gapOf(pace, replies) {
  if (pace.total_s === undefined) return pace.token_s;
  const moments = Math.max(...replies.map((reply) => reply.reasoningPieces.length + (reply.toolCalls.length ? reply.tokens : reply.textPieces.length)));
  return (pace.total_s - pace.ttft_s) / Math.max(1, moments);
}

/** Streams the answer, one chunk per token and choice, each at its time. */
export async function stream(exchange, dialect, context, replies, pace, cutAfter) {
  const { note, signal } = exchange;
  const gap_s = gapOf(pace, replies);
  await exchange.waitUntil(pace.ttft_s);
  if (signal.aborted) return;
  exchange.start(200, { "content-type": dialect.contentType, "cache-control": "no-cache", ...dialect.headers?.(context) });
  await exchange.write(dialect.open(context, replies));
  let sent = 0;
  let moment = 0;
  for (const frames of steps(dialect, context, replies)) {
    if (sent >= cutAfter) return breakOff(exchange, dialect, context);
    await exchange.waitUntil(pace.ttft_s + moment * gap_s);
    if (signal.aborted) return;
    moment += 1;
    // Reasoning that a provider does not show takes its time and sends nothing.
    if (frames.length) {
      await exchange.write(frames);
      sent += 1;
    }
    note.completion_tokens += replies.reduce((sum, reply) => sum + (reply.tokensPerPiece ?? 1), 0);
  }
  if (sent >= cutAfter) return breakOff(exchange, dialect, context);
  if (pace.total_s !== undefined) await exchange.waitUntil(pace.total_s);
  context.completionTokens = tokensOf(replies);
  note.completion_tokens = context.completionTokens;
  await exchange.write(dialect.close(context, replies));
  exchange.response.end();
  note.outcome = "answered";
}

/** The frames of each moment: of all choices side by side. */
export function* steps(dialect, context, replies) {
  const running = replies.map((reply) => chunks(dialect, context, reply));
  while (running.length) {
    const frames = [];
    for (const chunk of [...running]) {
      const { value, done } = chunk.next();
      if (done) running.splice(running.indexOf(chunk), 1);
      else frames.push(...value);
    }
    if (running.length || frames.length) yield frames;
  }
}

function* chunks(dialect, context, reply) {
  for (const piece of reply.reasoningPieces) yield dialect.reasoning(context, reply, piece);
  for (const piece of reply.textPieces) yield dialect.text(context, reply, piece);
  for (const [index, call] of reply.toolCalls.entries()) {
    for (const frame of dialect.toolCall(context, reply, call, index)) yield [frame];
  }
  yield dialect.end(context, reply);
}
