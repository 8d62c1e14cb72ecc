// Made-up log probabilities of an answer's tokens: plausible, and the same for the same answer.

import { hashText, seededRandom } from "../../random.mjs";

const OTHERS = [" the", " a", ",", ".", " and", " of", " is", " to", "\n", " in", " that", " it", " for", " as", " with", " on", " this", " an", " or", " be", " by", " at"];

const bytesOf = (token) => [...Buffer.from(token)];
const rounded = (value) => Math.round(value * 1e8) / 1e8;

/** `{ token, logprob, others: [[token, logprob]] }` of the token at this place: itself first, the others less likely. */
function likelihoods(model, token, place, count) {
  const random = seededRandom(hashText(`${model} ${place} ${token}`));
  // Most tokens of a real answer are nearly certain, some are a close choice.
  let left = 0.6 * random() ** 4;
  const logprob = rounded(Math.log1p(-left));
  const others = [];
  const start = Math.floor(random() * OTHERS.length);
  for (let i = 0; others.length < count - 1; i += 1) {
    const other = OTHERS[(start + i) % OTHERS.length];
    if (other === token) continue;
    const share = left * (0.4 + 0.3 * random());
    left -= share;
    // As at OpenAI, what is all but impossible is -9999.
    others.push([other, share > 1e-12 ? rounded(Math.log(Math.min(share, 0.499 * (1 - share)))) : -9999]);
  }
  return { token, logprob, others };
}

/** One entry of `logprobs.content`. */
export function chatLogprob(model, token, place, count) {
  const { logprob, others } = likelihoods(model, token, place, count);
  const all = count > 0 ? [[token, logprob], ...others] : [];
  return { token, logprob, bytes: bytesOf(token), top_logprobs: all.map(([text, value]) => ({ token: text, logprob: value, bytes: bytesOf(text) })) };
}

/** `logprobs` of a legacy completion's choice. */
export function completionLogprobs(model, pieces, count, offset = 0) {
  const found = { tokens: [], token_logprobs: [], top_logprobs: count > 0 ? [] : null, text_offset: [] };
  let place = offset;
  for (const [index, piece] of pieces.entries()) {
    const { logprob, others } = likelihoods(model, piece, index, count);
    found.tokens.push(piece);
    found.token_logprobs.push(logprob);
    found.top_logprobs?.push(Object.fromEntries([[piece, logprob], ...others]));
    found.text_offset.push(place);
    place += piece.length;
  }
  return found;
}
