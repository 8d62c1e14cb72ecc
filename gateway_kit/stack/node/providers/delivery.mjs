// Sends an answer at the model's pace: whole, or as a stream that a fault may cut.

import { countCallTokens, splitTokens } from "./tokens.mjs";

/** Sends the answer in one piece, at the time its last token would have been written. */
export async function whole(exchange, dialect, context, words, reply, pace) {
  for await (const _piece of words); // speak() gathers the text in reply
  settle(exchange, context, reply);
  await exchange.waitUntil(pace.ttft_s + context.completionTokens * pace.token_s);
  exchange.json(200, dialect.complete(reply, context), tokenHeaders(exchange, context));
}

// Bedrock's InvokeModel reports token counts in headers, because each vendor's body is different.
function tokenHeaders(exchange, context) {
  if (!exchange.note.route.endsWith("/invoke")) return {};
  return {
    "x-amzn-bedrock-input-token-count": String(context.promptTokens),
    "x-amzn-bedrock-output-token-count": String(context.completionTokens),
  };
}

/** Tokens of a finished reply, its tool calls included. */
export const replyTokens = (reply) => reply.textTokens + countCallTokens(reply.toolCalls);

function settle(exchange, context, reply) {
  context.completionTokens = replyTokens(reply);
  exchange.note.completion_tokens = context.completionTokens;
}

// Gives the client time to read what was written before the connection ends. A client that sees both at once drops the
// chunks (aiohttp does), which happens on a busy machine: the call then fails outright instead of being cut mid-stream.
const READ_BEFORE_CUT_MS = 500;

async function cut(exchange) {
  await new Promise((resolve) => setTimeout(resolve, READ_BEFORE_CUT_MS));
  exchange.drop("cut");
}

/** Streams the answer as it is produced, one chunk per token, each at its time. */
export async function stream(exchange, dialect, context, words, reply, pace, cutAfter) {
  const { signal } = exchange;
  let sent = 0;
  // Sends one content chunk at its time; returns false if the stream is over.
  const send = async (frames) => {
    await exchange.waitUntil(pace.ttft_s + sent * pace.token_s);
    if (signal.aborted) return false;
    if (sent === 0) {
      exchange.start(200, { "content-type": dialect.contentType, "cache-control": "no-cache" });
      await exchange.write(dialect.open(context));
    }
    if (sent >= cutAfter) {
      await cut(exchange);
      return false;
    }
    sent += 1;
    await exchange.write(frames);
    settle(exchange, context, reply);
    return true;
  };
  for await (const piece of words) if (!(await send(dialect.text(context, piece)))) return;
  for (const [index, call] of reply.toolCalls.entries()) {
    for (const frame of dialect.toolCall(context, call, index, splitTokens(call.arguments))) if (!(await send([frame]))) return;
  }
  if (sent === 0 && !(await send([]))) return;
  if (sent >= cutAfter) { await cut(exchange); return; }
  settle(exchange, context, reply);
  await exchange.write(dialect.close(context, reply.finish));
  exchange.response.end();
  exchange.note.outcome = "answered";
}
