// Cohere's embeddings through InvokeModel: up to 96 texts a request, as floats or in smaller types.

import { checkFields, choice, integer, list, refused, text } from "../fields.mjs";
import { INVOKE_WORDS } from "./invoke_words.mjs";
import { tokenHeader } from "./embed_titan.mjs";
import { invalid } from "./words.mjs";

const noImages = "The simulator embeds texts only.";
const TYPES = ["float", "int8", "uint8", "binary", "ubinary"];
const WIDTHS = [256, 512, 1024, 1536];

const SHARED = {
  texts: list(text({ min: 1, max: 128_000 }), { required: true, min: 1, max: 96 }),
  input_type: choice(["search_document", "search_query", "classification", "clustering", "image"], { required: true, effect: "accepted", note: "The vectors do not depend on it." }),
  truncate: choice(["NONE", "START", "END", "LEFT", "RIGHT"], { effect: "accepted", example: "NONE", note: "A text beyond the model's context is refused with any of them." }),
  embedding_types: list(choice(TYPES), { example: ["float", "int8"] }),
  images: refused(noImages, { example: ["aGk="] }),
};

export const FIELDS_V3 = SHARED;

export const FIELDS = {
  ...SHARED,
  output_dimension: integer({ example: 256, note: "256, 512, 1024 or 1536" }),
  max_tokens: integer({ min: 1, max: 128_000, effect: "accepted", example: 1000 }),
  inputs: refused(noImages, { example: [{ content: [{ type: "text", text: "Hello" }] }] }),
};

const clip = (value, low, high) => Math.max(low, Math.min(high, Math.round(value)));

// Eight numbers' signs in one byte.
function packed(vector) {
  const bytes = [];
  for (let i = 0; i < vector.length; i += 8) bytes.push(vector.slice(i, i + 8).reduce((byte, value) => byte * 2 + (value > 0 ? 1 : 0), 0));
  return bytes;
}

const AS = {
  float: (vector) => vector,
  int8: (vector) => vector.map((value) => clip(value * 127, -128, 127)),
  uint8: (vector) => vector.map((value) => clip(value * 127 + 128, 0, 255)),
  ubinary: packed,
  binary: (vector) => packed(vector).map((byte) => byte - 128),
};

export const cohereEmbed = {
  read(body, route) {
    checkFields(route.model.includes("embed-v4") ? FIELDS : FIELDS_V3, body, INVOKE_WORDS);
    if (body.output_dimension !== undefined && !WIDTHS.includes(body.output_dimension)) {
      throw invalid(`Malformed input request: #/output_dimension: ${body.output_dimension} is not a valid enum value, please reformat your input and try again.`);
    }
    return { texts: body.texts, dimensions: body.output_dimension, types: body.embedding_types };
  },
  write(vectors, { id, parsed }) {
    const { texts, types } = parsed;
    if (!types?.length) return { id, embeddings: vectors, response_type: "embeddings_floats", texts };
    return { id, embeddings: Object.fromEntries(types.map((type) => [type, vectors.map(AS[type])])), response_type: "embeddings_by_type", texts };
  },
  headers: tokenHeader,
};
