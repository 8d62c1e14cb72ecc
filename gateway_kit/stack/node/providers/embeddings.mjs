// What the embeddings of all providers share: the count of tokens, and the width of the vectors.

import { invalid } from "./dialects/shared.mjs";
import { ProviderError } from "./errors.mjs";
import { hashText, seededRandom } from "./random.mjs";
import { countTokens } from "./tokens.mjs";

// As many as the local model's.
const MADE_UP_WIDTH = 384;

/** Each text's token count; raises the provider's error if a text is too long. */
export function countTexts(texts, row) {
  const counts = texts.map((text) => Math.max(1, countTokens(text)));
  const tokens = Math.max(...counts);
  if (tokens > row.context_window) throw new ProviderError("context", { tokens, limit: row.context_window });
  return counts;
}

/** Numbers that mean nothing: the same for the same text. */
export function madeUpVector(text) {
  const random = seededRandom(hashText(text));
  return Array.from({ length: MADE_UP_WIDTH }, () => random() - 0.5);
}

/** The vectors' dimensions: the model's own, or fewer if the request asks for fewer. */
export function widthFor(parsed, row) {
  if (parsed.dimensions === undefined || parsed.dimensions === null) return row.dimensions;
  if (!Number.isInteger(parsed.dimensions) || parsed.dimensions < 1 || parsed.dimensions > row.dimensions) {
    throw invalid(`Invalid 'dimensions': ${row.model} gives 1 to ${row.dimensions} numbers.`);
  }
  return parsed.dimensions;
}

/**
 * A unit vector with another number of dimensions. More: zeros at the end, which change no cosine similarity.
 * Fewer: only the first numbers, as OpenAI's models do, which makes the similarities less precise.
 */
export function resize(vector, width) {
  const cut = vector.slice(0, width);
  const length = Math.hypot(...cut) || 1;
  return Array.from({ length: width }, (_, i) => (i < cut.length ? cut[i] / length : 0));
}
