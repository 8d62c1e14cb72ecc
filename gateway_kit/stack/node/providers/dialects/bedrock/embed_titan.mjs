// Titan's embeddings through InvokeModel: one text a request.

import { boolean, checkFields, choice, list, text } from "../fields.mjs";
import { invalid } from "./words.mjs";
import { INVOKE_WORDS } from "./invoke_words.mjs";

const INPUT = { required: true, min: 1, max: 50_000 };

export const FIELDS_V1 = { inputText: text(INPUT) };

const WIDTHS = [256, 512, 1024];

export const FIELDS = {
  inputText: text(INPUT),
  dimensions: { kind: "integer", effect: "simulated", example: 256, note: "256, 512 or 1024" },
  normalize: boolean({ effect: "accepted", example: true, note: "Vectors have length 1 with or without it." }),
  embeddingTypes: list(choice(["float", "binary"]), { min: 1, example: ["float", "binary"] }),
};

const isV1 = (model) => model.includes("titan-embed-text-v1") || model.includes("titan-embed-g1");

export const titan = {
  read(body, route) {
    checkFields(isV1(route.model) ? FIELDS_V1 : FIELDS, body, INVOKE_WORDS);
    if (body.dimensions !== undefined && !WIDTHS.includes(body.dimensions)) {
      throw invalid(`Malformed input request: #/dimensions: ${body.dimensions} is not a valid enum value, please reformat your input and try again.`);
    }
    return { texts: [body.inputText], dimensions: body.dimensions, types: body.embeddingTypes ?? ["float"], v1: isV1(route.model) };
  },
  write([vector], { counts: [count], parsed }) {
    if (parsed.v1) return { embedding: vector, inputTextTokenCount: count };
    const byType = Object.fromEntries(parsed.types.map((type) => [type, type === "float" ? vector : vector.map((value) => (value > 0 ? 1 : 0))]));
    return { ...(byType.float && { embedding: vector }), embeddingsByType: byType, inputTextTokenCount: count };
  },
  headers: tokenHeader,
};

/** The header with the tokens of all texts. */
export function tokenHeader({ counts }) {
  return { "x-amzn-bedrock-input-token-count": String(counts.reduce((sum, count) => sum + count, 0)) };
}
