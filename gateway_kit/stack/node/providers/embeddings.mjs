// Embeddings: real vectors of the local model, in each provider's format and each model's width.

import { invalid, isObject, objectList, textOf } from "./dialects/shared.mjs";
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
const contentText = (content) => (isObject(content) ? textOf(content.parts) : "");
const totalTokens = (counts) => counts.reduce((sum, count) => sum + count, 0);

// Each form: read(body) gives texts and wishes, write(vectors, context) gives the provider's answer.
export const FORMS = {
  openai: {
    read: (body) => ({ model: body.model, texts: textList(body.input, "input"), dimensions: body.dimensions, base64: body.encoding_format === "base64" }),
    write: (vectors, { model, counts, wish }) => ({
      object: "list",
      data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: wish.base64 ? toBase64(vector) : vector })),
      model,
      usage: { prompt_tokens: totalTokens(counts), total_tokens: totalTokens(counts) },
    }),
  },
  ollama: {
    read: (body) => ({ model: body.model, texts: textList(body.input, "input"), dimensions: body.dimensions }),
    write: (vectors, { model, counts }) => ({ model, embeddings: vectors, total_duration: 0, load_duration: 0, prompt_eval_count: totalTokens(counts) }),
  },
  ollama_single: {
    read: (body) => ({ model: body.model, texts: textList(body.prompt, "prompt") }),
    write: (vectors) => ({ embedding: vectors[0] }),
  },
  titan: {
    read: (body) => ({ texts: textList(body.inputText, "inputText").slice(0, 1), dimensions: body.dimensions }),
    write: (vectors, { counts }) => ({ embedding: vectors[0], inputTextTokenCount: counts[0] }),
  },
  gemini_single: {
    read: (body) => ({ texts: [contentText(body.content)], dimensions: body.outputDimensionality }),
    write: (vectors) => ({ embedding: { values: vectors[0] } }),
  },
  gemini_batch: {
    read(body) {
      const requests = objectList(body, "requests", { required: true });
      return { texts: requests.map((request) => contentText(request.content)), dimensions: requests[0].outputDimensionality };
    },
    write: (vectors) => ({ embeddings: vectors.map((values) => ({ values })) }),
  },
  vertex: {
    read: (body) => ({
      texts: textList(objectList(body, "instances", { required: true }).map((instance) => instance.content), "instances"),
      dimensions: body.parameters?.outputDimensionality,
    }),
    write: (vectors, { counts }) => ({
      predictions: vectors.map((values, i) => ({ embeddings: { values, statistics: { truncated: false, token_count: counts[i] } } })),
    }),
  },
};

/** The model's own tokens of each text; raises the provider's error where one is too long. */
export function countTexts(texts, row) {
  const counts = texts.map((text) => Math.max(1, countTokens(text)));
  const tokens = Math.max(...counts);
  if (tokens > row.context_window) throw new ProviderError("context", { tokens, limit: row.context_window });
  return counts;
}

/** The width of the vectors: the model's own, or a smaller one that the request asks for. */
export function widthFor(wish, row) {
  if (wish.dimensions === undefined || wish.dimensions === null) return row.dimensions;
  if (!Number.isInteger(wish.dimensions) || wish.dimensions < 1 || wish.dimensions > row.dimensions) {
    throw invalid(`Invalid 'dimensions': ${row.model} gives 1 to ${row.dimensions} numbers.`);
  }
  return wish.dimensions;
}

/**
 * A vector in another width, of length 1. Wider: zeros at the end, which change no cosine similarity.
 * Narrower: the first numbers only, as OpenAI's models do it, which blurs the similarities.
 */
export function resize(vector, width) {
  const cut = vector.slice(0, width);
  const length = Math.hypot(...cut) || 1;
  return Array.from({ length: width }, (_, i) => (i < cut.length ? cut[i] / length : 0));
}

const toBase64 = (vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64");
