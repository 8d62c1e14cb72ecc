// Handing an answer over at the model's pace: whole, or as a stream that a fault may cut.

import { countCallTokens, splitTokens } from "./tokens.mjs";

/** The answer in one piece, once its last token would have been written. */
export async function whole(exchange, dialect, context, words, reply, pace) {
  for await (const _piece of words); // speak() gathers the text in reply
  settle(exchange, context, reply);
  await exchange.waitUntil(pace.ttft_s + context.completionTokens * pace.token_s);
  exchange.json(200, dialect.complete(reply, context), tokenHeaders(exchange, context));
}

// Bedrock's InvokeModel counts in headers, since every maker's body is different.
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

// What was written must be read before the connection ends: a reader that finds both at once gives the chunks up
// (aiohttp does), and on a busy machine it comes to read late. Then no stream was cut; a call without a beginning failed.
const READ_BEFORE_CUT_MS = 500;

async function cut(exchange) {
  await new Promise((resolve) => setTimeout(resolve, READ_BEFORE_CUT_MS));
  exchange.drop("cut");
}

/** The answer as it is made, one chunk a token, each at its time. */
export async function stream(exchange, dialect, context, words, reply, pace, cutAfter) {
  const { signal } = exchange;
  let sent = 0;
  // One content chunk, at its time; false where the stream is over.
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
