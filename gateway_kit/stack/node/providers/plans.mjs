// The plan of a rehearsed call: how many tokens its log has, told in a header, and the answer that has as many.
//
//   x-rehearsal: call=12;in=812;out=95;cached=512;cache_write=0;reasoning=40
//
// `call` is the call's number, for the journal. `in` are all input tokens, of which `cached` were read from the
// provider's cache and `cache_write` written to it; `out` all output tokens, of which `reasoning` were not shown. What is
// not said is as it always is. `texts=N`: so many texts are embedded in all, which LiteLLM may send one by one; each request
// then has its share of the input. Only a simulator that was started for a rehearsal reads the header.
//
// LiteLLM (1.106.12) forwards it to every provider with `general_settings.forward_client_headers_to_llm_api: true`, also with
// retries and fallbacks: chat, streams, Responses, completions and embeddings. It is no part of the exact cache's key. Tried
// with each dialect and fifteen providers that speak OpenAI's API, it does not reach
//   - completions of `azure_text/`: these forward `extra_headers` in the request's body, which no cache key has either;
//   - embeddings of `ollama/`, of `mistral/` and of `vertex_ai/text-embedding-…`: these forward nothing, so their requests
//     belong to no call in the journal, and their tokens are counted from the texts.
// And it has no effect where LiteLLM counts tokens itself: streams of Llama through Bedrock's InvokeModel, embeddings of
// Cohere on Bedrock and of Gemini, and streams of OpenAI or Azure that do not ask for `include_usage`.

import { ProviderError } from "./errors.mjs";
import { splitTokens } from "./tokens.mjs";

export const HEADER = "x-rehearsal";

const NAMES = ["call", "in", "out", "cached", "cache_write", "reasoning", "texts"];
const LARGEST = { call: Number.MAX_SAFE_INTEGER, tokens: 10_000_000 };

/** The plan in a request's headers, `{ call, in, out, cached, cache_write, reasoning }` as far as it says, or null. */
export function readPlan(headers) {
  const text = headers[HEADER];
  if (text === undefined) return null;
  const plan = {};
  for (const part of text.split(";")) {
    const [, name, digits] = /^\s*(\w+)=(\d{1,16})\s*$/.exec(part) ?? [];
    const value = Number(digits);
    if (!NAMES.includes(name) || Object.hasOwn(plan, name) || value > (LARGEST[name] ?? LARGEST.tokens)) {
      throw new ProviderError("bad_request", { message: `The header ${HEADER} has "${part.trim().slice(0, 50)}"; it takes ${NAMES.join("=N;")}=N, each once.` });
    }
    plan[name] = value;
  }
  return plan;
}

const MOST_CALLS = 10_000;

/** The planned tokens of texts that are embedded, which a call may send one by one: all its parts together have `in`. */
export class TextParts {
  constructor() {
    // Texts of each call that have come so far, for the newest calls.
    this.soFar = new Map();
  }

  /** The tokens of each of some texts that came together. */
  counts(plan, length) {
    const all = Math.max(plan.texts ?? 0, length);
    const before = this.soFar.get(plan.call) ?? 0;
    // More than there are: the call is tried again.
    const first = before + length > all ? 0 : before;
    this.soFar.delete(plan.call);
    this.soFar.set(plan.call, first + length);
    if (this.soFar.size > MOST_CALLS) this.soFar.delete(this.soFar.keys().next().value);
    const upTo = (texts) => Math.floor((plan.in * texts) / all);
    return Array.from({ length }, (_, index) => upTo(first + index + 1) - upTo(first + index));
  }
}

/** What of the planned input was cached, as a prompt cache accounts for it; undefined if the input is not planned. */
export function plannedCache(plan) {
  if (plan?.in === undefined) return undefined;
  const read = Math.min(plan.cached ?? 0, plan.in);
  return { read, written: { "5m": Math.min(plan.cache_write ?? 0, plan.in - read), "1h": 0 } };
}

const asksForForm = (call) => call.format !== undefined || (call.tools.length > 0 && call.toolChoice !== "none");

/** Whether the plan says all of the answer: a call that offers tools or asks for JSON is answered as always, and counted as planned. */
export const saysAll = (plan, call) => plan?.out !== undefined && !asksForForm(call);

/** A planned answer's beginning; its text follows from the number of tokens. */
export const PLANNED = { text: "", reasoning: "", toolCalls: [], source: "planned" };

/** The planned reply to one of `choices` choices; `answer` has what a call for tools or JSON is answered. */
export function plannedReply(plan, answer, call, index, choices) {
  const room = call.maxTokens ?? Infinity;
  const wanted = shareOf(plan.out, index, choices);
  const tokens = Math.min(wanted, room);
  const reasoningTokens = Math.min(shareOf(plan.reasoning ?? 0, index, choices), tokens);
  const isCut = wanted > room;
  const toolCalls = isCut ? [] : answer.toolCalls;
  const textTokens = toolCalls.length ? 0 : tokens - reasoningTokens;
  // JSON stays whole, unless it is cut.
  const given = call.format !== undefined && !toolCalls.length ? splitTokens(answer.text) : null;
  const step = Math.ceil(tokens / MOST_PIECES);
  const textPieces = joined(toolCalls.length ? [] : given ? given.slice(0, isCut ? textTokens : undefined) : prose(textTokens), step);
  const reasoningPieces = call.thinking ? joined(prose(reasoningTokens), step) : [];
  return {
    index, stopSequence: null, toolCalls, textPieces, reasoningPieces, tokensPerPiece: step, tokens, textTokens, reasoningTokens,
    finish: isCut ? "length" : toolCalls.length ? "tool_calls" : "stop",
    text: textPieces.join(""), reasoning: reasoningPieces.join(""),
  };
}

// A stream has about so many pieces at most. Each costs LiteLLM 0.4 to 0.8 ms: with one for each token of long answers a
// rehearsal would measure the machine that it runs on.
const MOST_PIECES = 64;

function joined(pieces, step) {
  if (step < 2) return pieces;
  return Array.from({ length: Math.ceil(pieces.length / step) }, (_, place) => pieces.slice(place * step, (place + 1) * step).join(""));
}

// One part of a number that is divided into whole parts, which differ by one at most.
const shareOf = (total, index, choices) => Math.floor(total / choices) + (index < total % choices ? 1 : 0);

// Words that are one token each (tokens.mjs), so that any number of them can be cut off anywhere.
const PROSE = splitTokens(
  " This answer is as long as the one in the log. Its words say nothing, but they take the same room and the same time: a" +
  " line of plain words after the other, until the number of tokens is reached that the model wrote when the call was made.",
);

/** The pieces of a text of so many tokens. */
function prose(tokens) {
  const pieces = Array.from({ length: tokens }, (_, place) => PROSE[place % PROSE.length]);
  if (tokens > 0) pieces[0] = pieces[0].trimStart();
  return pieces;
}
