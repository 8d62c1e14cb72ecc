// OpenAI's embeddings, which Azure OpenAI shares: real vectors of the local model, in each model's width.

import { checkFields, choice, either, integer, list, text } from "../fields.mjs";
import { modelOf, wordsFor } from "./models.mjs";
import { WORDS, refusal } from "./words.mjs";

const MOST = 2_048;
const TOKENS = list(integer({ min: 0 }), { min: 1, max: 8_191 });

export const FIELDS = {
  model: text({ required: true }),
  input: either([text(), list(either([text(), integer({ min: 0 }), TOKENS]), { min: 1, max: MOST })], {
    required: true, note: "A text, texts, or lists of token numbers. Equal numbers get equal vectors, but no meaning: there is no vocabulary here.", example: ["one", "two"],
  }),
  dimensions: integer({ min: 1, note: "The first numbers of the vector, made a unit vector again. Not for text-embedding-ada-002.", example: 256 }),
  encoding_format: choice(["float", "base64"], { example: "base64" }),
  user: text({ effect: "accepted", strict: true, example: "user-1" }),
};
const ON_AZURE = { ...FIELDS, model: text(), input_type: text({ effect: "accepted" }) };

const empty = () => refusal("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");

/** `[{ text, count }]`: what is embedded for each input; `count` is only set for a list of token numbers. */
function inputsOf(input) {
  const numbers = Array.isArray(input) && typeof input[0] === "number";
  const all = Array.isArray(input) && !numbers ? input : [input];
  return all.map((one) => {
    if (one === "" || typeof one === "number") throw empty();
    if (typeof one === "string") return { text: one };
    if (!one.every((token) => typeof token === "number")) throw empty();
    return { text: one.join(" "), count: one.length };
  });
}

const MOST_TOKENS = 300_000;

function read(body, route, simulator) {
  const model = modelOf(body, route);
  if (body.input === "" || (Array.isArray(body.input) && body.input.length === 0)) throw empty();
  checkFields(route.model === undefined ? FIELDS : ON_AZURE, body, wordsFor(simulator, route.provider, model, "embedding", WORDS));
  const inputs = inputsOf(body.input);
  return {
    model, texts: inputs.map((input) => input.text), counts: inputs.map((input) => input.count), dimensions: body.dimensions ?? undefined,
    base64: body.encoding_format === "base64",
  };
}

/** How wide the vectors are, or OpenAI's error. */
function width({ dimensions }, row) {
  if (dimensions === undefined) return row.dimensions;
  if (row.foreign) return dimensions;
  if (row.model.startsWith("text-embedding-ada")) throw refusal("This model does not support specifying dimensions.");
  if (dimensions > row.dimensions) {
    throw refusal(`Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${row.dimensions}.`, "dimensions");
  }
  return dimensions;
}

const toBase64 = (vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64");
// The name in the answer: ada has a version there.
const servedAs = (model) => (model === "text-embedding-ada-002" ? "text-embedding-ada-002-v2" : model);

function write(vectors, { model, counts, parsed }) {
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens > MOST_TOKENS) throw refusal(`Requested ${tokens} tokens, max ${MOST_TOKENS} tokens per request`, null, "max_tokens_per_request");
  return {
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: parsed.base64 ? toBase64(vector) : vector })),
    model: servedAs(model),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** For operations/embeddings.mjs. */
export const EMBEDDINGS = { read, width, write };
