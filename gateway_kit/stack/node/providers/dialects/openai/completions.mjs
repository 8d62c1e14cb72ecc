// OpenAI's legacy completions (POST /v1/completions): a text that goes on from a prompt.

import { answerFor } from "../../answering/index.mjs";
import { stream, whole } from "../../delivery.mjs";
import { ProviderError } from "../../errors.mjs";
import { PLANNED, plannedReply, saysAll } from "../../plans.mjs";
import { replyOf } from "../../replies.mjs";
import { countTokens } from "../../tokens.mjs";
import { boolean, checkFields, either, integer, list, text } from "../fields.mjs";
import { stopList } from "../shared.mjs";
import { SAMPLING, STREAM_OPTIONS } from "./chat_fields.mjs";
import { completionLogprobs } from "./logprobs.mjs";
import { findRow, modelOf, wordsFor } from "./models.mjs";
import { WORDS, refusal } from "./words.mjs";

const TOKENS = list(integer({ min: 0 }), { min: 1 });
const USUAL_TOKENS = 16;
const STORY = { prompt: "Tell me about lighthouses." };

export const FIELDS = {
  model: text({ required: true }),
  prompt: either([text(), list(either([text(), integer({ min: 0 }), TOKENS]), { min: 1, max: 2_048 })], {
    note: "A text, texts, or lists of token numbers, which mean nothing here: there is no vocabulary.", example: ["Say hello.", "What is the capital of France?"],
  }),
  best_of: integer({ min: 1, max: 20, note: "So many texts are made and counted; the first `n` are sent.", example: { value: 3, with: STORY } }),
  echo: boolean({ note: "The prompt before the text.", example: true }),
  suffix: text({ effect: "accepted", note: "The text does not lead up to it.", example: "The end." }),
  logprobs: integer({ min: 0, max: 5, note: "Made up, and the same for the same answer.", example: 2 }),
  ...SAMPLING,
  max_tokens: integer({ min: 0, note: `${USUAL_TOKENS} if not said, as at OpenAI.`, example: 3 }),
  seed: integer({ example: { value: 7, with: STORY } }),
  stream: boolean({ example: true }),
  stream_options: STREAM_OPTIONS,
  user: text({ effect: "accepted", strict: true, example: "user-1" }),
};
const ON_AZURE = { ...FIELDS, model: text() };

function read(body, route, simulator) {
  const model = modelOf(body, route);
  checkFields(route.model === undefined ? FIELDS : ON_AZURE, body, wordsFor(simulator, route.provider, model, "completion", WORDS));
  const n = body.n ?? 1;
  const best = body.best_of ?? n;
  if (best < n) throw refusal(`You requested that the server return more choices than it will generate (HINT: set 'n' (currently ${n}) to be at most 'best_of' (currently ${best}), or omit either parameter if you don't specifically want to use them.)`);
  if (body.stream === true && best > n) throw refusal("You requested that the server stream 'best_of' completions, of which it can only tell the best at their end.", "best_of");
  if (body.stream_options && body.stream !== true) throw refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  return {
    model, prompts: promptsOf(body.prompt ?? "<|endoftext|>"), n, best, echo: body.echo === true, logprobs: body.logprobs ?? null,
    maxTokens: body.max_tokens ?? USUAL_TOKENS, stop: stopList(body.stop), seed: body.seed ?? undefined,
    stream: body.stream === true, includeUsage: body.stream_options?.include_usage === true,
  };
}

/** `[{ text, tokens }]`; token numbers are counted one by one. */
function promptsOf(prompt) {
  const numbers = Array.isArray(prompt) && typeof prompt[0] === "number";
  return (Array.isArray(prompt) && !numbers ? prompt : [prompt]).map((one) => (
    Array.isArray(one) ? { text: one.join(" "), tokens: one.length } : { text: String(one), tokens: countTokens(String(one)) }
  ));
}

export async function completions(simulator, exchange, route, body) {
  const call = read(body, route, simulator);
  const { note, plan } = exchange;
  note.stream = call.stream;
  note.prompt = call.prompts.at(-1).text;
  findRow(simulator, route.provider, call.model, "completion");
  const row = simulator.findModel(exchange, call.model, "completion");
  note.prompt_tokens = plan?.in ?? call.prompts.reduce((sum, prompt) => sum + prompt.tokens, 0);
  const effect = await simulator.applyFaults(exchange, row, call.stream);
  if (!effect) return;
  const longest = Math.max(...call.prompts.map((prompt) => prompt.tokens));
  if (longest + call.maxTokens > row.context_window) {
    throw new ProviderError("context", { tokens: longest + call.maxTokens, limit: row.context_window, model: row.model });
  }
  const replies = call.prompts.flatMap((prompt, place) => repliesTo(prompt, place, call, row, plan));
  note.source = replies[0].source;
  const context = {
    id: note.request_id, created: Math.floor(Date.now() / 1000), model: call.model, promptTokens: note.prompt_tokens, completionTokens: 0, call,
  };
  const pace = simulator.pace(exchange, row, { stream: call.stream, late_s: effect.late_s });
  if (call.stream) await stream(exchange, WIRE, context, replies, pace, effect.cutAfter);
  else await whole(exchange, WIRE, context, replies, pace);
}

// As many as best_of says; those that are not sent are counted all the same.
function repliesTo(prompt, place, call, row, plan) {
  const ask = { messages: [{ role: "user", text: prompt.text }], tools: [], toolChoice: "none", maxTokens: call.maxTokens, stop: call.stop, seed: call.seed };
  return Array.from({ length: call.best }, (_, number) => {
    const answer = saysAll(plan, ask) ? PLANNED : answerFor(ask, row, number);
    const reply = plan?.out === undefined
      ? replyOf(answer, ask, place * call.n + number)
      : { ...plannedReply(plan, answer, ask, place * call.best + number, call.prompts.length * call.best), index: place * call.n + number };
    return { ...reply, source: answer.source, prompt, sent: number < call.n };
  });
}

const head = (context) => ({ id: context.id, object: "text_completion", created: context.created, model: context.model });

function usageOf(context) {
  const { promptTokens, completionTokens } = context;
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens };
}

const finishOf = (reply) => (reply.finish === "length" ? "length" : "stop");

function choiceOf({ call, model }, reply) {
  const before = call.echo ? reply.prompt.text : "";
  const logprobs = call.logprobs === null ? null : completionLogprobs(model, before ? [before, ...reply.textPieces] : reply.textPieces, call.logprobs);
  return { text: before + reply.text, index: reply.index, logprobs, finish_reason: finishOf(reply) };
}

const sse = (data) => `data: ${JSON.stringify(data)}\n\n`;

function chunk(context, reply, text, finish, logprobs = null) {
  const choices = [{ text, index: reply.index, logprobs, finish_reason: finish }];
  return sse({ ...head(context), choices, ...(context.call.includeUsage ? { usage: null } : {}) });
}

const WIRE = {
  contentType: "text/event-stream; charset=utf-8",
  complete: (context, replies) => ({
    ...head(context), choices: replies.filter((reply) => reply.sent).map((reply) => choiceOf(context, reply)), usage: usageOf(context),
  }),
  open: (context, replies) => (context.call.echo ? replies.map((reply) => chunk(context, reply, reply.prompt.text, null)) : []),
  reasoning: () => [],
  text(context, reply, piece) {
    const { logprobs } = context.call;
    return [chunk(context, reply, piece, null, logprobs === null ? null : completionLogprobs(context.model, [piece], logprobs))];
  },
  toolCall: () => [],
  end: (context, reply) => [chunk(context, reply, "", finishOf(reply))],
  close: (context) => [...(context.call.includeUsage ? [sse({ ...head(context), choices: [], usage: usageOf(context) })] : []), "data: [DONE]\n\n"],
};

