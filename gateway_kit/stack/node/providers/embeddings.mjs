// Embeddings: real vectors from the local model, in each provider's format and with each model's dimensions.

import { invalid } from "./dialects/shared.mjs";
import { ProviderError } from "./errors.mjs";
import { countTokens } from "./tokens.mjs";

const MOST_TEXTS = 2048;

const textList = (value, name) => {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > MOST_TEXTS) throw invalid(`Invalid '${name}': expected 1 to ${MOST_TEXTS} texts.`);
  if (!list.every((text) => typeof text === "string")) {
    throw invalid(`Invalid '${name}': expected a text or a list of texts; lists of token numbers are not understood here.`);
  }
  return list;
};
const totalTokens = (counts) => counts.reduce((sum, count) => sum + count, 0);

// Each form: read(body) returns the texts and options, write(vectors, context) the provider's answer.
export const FORMS = {
  openai: {
    read: (body) => ({ model: body.model, texts: textList(body.input, "input"), dimensions: body.dimensions, base64: body.encoding_format === "base64" }),
    write: (vectors, { model, counts, parsed }) => ({
      object: "list",
      data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: parsed.base64 ? toBase64(vector) : vector })),
      model,
      usage: { prompt_tokens: totalTokens(counts), total_tokens: totalTokens(counts) },
    }),
  },
};

/** Each text's token count; raises the provider's error if a text is too long. */
export function countTexts(texts, row) {
  const counts = texts.map((text) => Math.max(1, countTokens(text)));
  const tokens = Math.max(...counts);
  if (tokens > row.context_window) throw new ProviderError("context", { tokens, limit: row.context_window });
  return counts;
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

const toBase64 = (vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64");
