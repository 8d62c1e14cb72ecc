// Embeddings: embedContent and batchEmbedContents of Gemini and Vertex AI, and Vertex AI's predict.

import { countTokens, splitTokens } from "../../tokens.mjs";
import { FIELDS } from "./embed_fields.mjs";
import { readRequest } from "./proto.mjs";
import { refuse, refuseIn } from "./wording.mjs";

const MOST_IN_BATCH = 100;
const MOST_INSTANCES = 250;

/** `{ texts, dimensions, truncated, vertex }` of requests `{ text, width, cut }`; `cut` is false if a long text is refused. */
function parsedOf(requests, route, simulator) {
  const row = simulator.profiles.find(route.provider, route.model, "embedding");
  const width = requests[0].width;
  if (requests.some((request) => request.width !== width)) throw refuse("All requests of a batch must ask for the same output_dimensionality here.");
  if (width !== undefined && row && (width < 1 || width > row.dimensions)) {
    throw refuseIn(
      route, `* EmbedContentRequest.output_dimensionality: output_dimensionality must be in the range [1, ${row.dimensions}]\n`,
      `it has an outputDimensionality value of ${width} but the supported range is from 1 (inclusive) to ${row.dimensions + 1} (exclusive). Update the value and try again.`,
    );
  }
  const texts = requests.map((request) => shortened(request, row));
  return { texts, dimensions: width, vertex: route.provider === "vertex_ai", truncated: texts.map((text, i) => text !== requests[i].text) };
}

// Google's models read the beginning of a long text.
function shortened({ text, cut }, row) {
  if (!row || !cut || text.length <= row.context_window || countTokens(text) <= row.context_window) return text;
  return splitTokens(text.slice(0, row.context_window * 10)).slice(0, row.context_window).join("");
}

const read = (name, body, route) => readRequest(FIELDS[name][route.provider], body, { provider: route.provider, request: REQUESTS[name] });
const REQUESTS = { single: "EmbedContentRequest", batch: "BatchEmbedContentsRequest", predict: "PredictRequest" };

function contentText(content, at) {
  if (!content?.parts?.length) throw refuse(`* EmbedContentRequest.${at}: content is not specified\n`);
  if (content.parts.some((part) => part.text === undefined)) throw refuse(`* EmbedContentRequest.${at}: the simulator embeds text only.\n`);
  const text = content.parts.map((part) => part.text).join("\n");
  if (text === "") throw refuse("The text content is empty.");
  return text;
}

function readOne(request, at) {
  const config = { ...request, ...request.embedContentConfig };
  return { text: contentText(request.content, at), width: config.outputDimensionality, cut: config.autoTruncate !== false };
}

const sum = (counts) => counts.reduce((total, count) => total + count, 0);
const usageOf = (counts) => ({ promptTokenCount: sum(counts), totalTokenCount: sum(counts), promptTokensDetails: [{ modality: "TEXT", tokenCount: sum(counts) }] });

export const single = {
  read: (body, route, simulator) => parsedOf([readOne(read("single", body, route), "content")], route, simulator),
  write: ([values], { counts, parsed }) => ({
    embedding: { values }, usageMetadata: usageOf(counts), ...(parsed.vertex ? { truncated: parsed.truncated[0] } : {}),
  }),
};

export const batch = {
  read(body, route, simulator) {
    const { requests = [] } = read("batch", body, route);
    if (requests.length === 0) throw refuse("* BatchEmbedContentsRequest.requests: requests is not specified\n");
    if (requests.length > MOST_IN_BATCH) throw refuse(`* BatchEmbedContentsRequest.requests: at most ${MOST_IN_BATCH} requests can be in one batch\n`);
    for (const { model } of requests) {
      if (model !== undefined && model.split("/").at(-1) !== route.model) throw refuse("* BatchEmbedContentsRequest: each request must name the model of the path.\n");
    }
    return parsedOf(requests.map((request, i) => readOne(request, `requests[${i}].content`)), route, simulator);
  },
  write: (vectors, { counts, parsed }) => (parsed.vertex
    ? { embeddings: vectors.map((values, i) => ({ values, statistics: statisticsOf(counts, parsed, i) })), usageMetadata: usageOf(counts) }
    : { embeddings: vectors.map((values) => ({ values })), usageMetadata: usageOf(counts) }),
};

const statisticsOf = (counts, { truncated }, i) => ({ truncated: truncated[i], token_count: counts[i] });

export const predict = {
  read(body, route, simulator) {
    const { instances = [], parameters = {} } = read("predict", body, route);
    if (instances.length === 0) throw refuse("Invalid instance: at least one instance is required.");
    if (instances.length > MOST_INSTANCES) {
      throw refuse(
        `Unable to submit request because it has a batchSize value of ${instances.length} but the supported range is from 1 (inclusive) to ` +
        `${MOST_INSTANCES + 1} (exclusive). Update the value and try again.`,
      );
    }
    const requests = instances.map(({ content = "" }) => {
      if (content === "") throw refuse("The text content is empty.");
      return { text: content, width: parameters.outputDimensionality, cut: parameters.autoTruncate !== false };
    });
    return parsedOf(requests, route, simulator);
  },
  write: (vectors, { counts, parsed }) => ({
    predictions: vectors.map((values, i) => ({ embeddings: { values, statistics: statisticsOf(counts, parsed, i) } })),
    metadata: { billableCharacterCount: sum(parsed.texts.map((text) => text.replace(/\s/g, "").length)) },
  }),
};
