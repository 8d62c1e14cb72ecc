// Lists and describes the models, in Gemini's form and in Vertex AI's.

import { ProviderError } from "../../errors.mjs";
import { familyOf } from "./families.mjs";
import { refuse } from "./wording.mjs";

const USUAL_PAGE = 50;
const MOST_PER_PAGE = 1_000;
const METHODS = {
  chat: ["generateContent", "countTokens"],
  embedding: ["embedContent", "batchEmbedContents", "countTokens"],
};

const titleOf = (name) => name.split("-").map((word) => word[0].toUpperCase() + word.slice(1)).join(" ");

function geminiModel(row) {
  const model = {
    name: `models/${row.model}`, version: row.served ?? "001", displayName: titleOf(row.model),
    description: `${titleOf(row.model)}, simulated`,
    inputTokenLimit: row.context_window, outputTokenLimit: 1, supportedGenerationMethods: METHODS[row.kind],
  };
  if (row.kind === "embedding") return model;
  const family = familyOf(row);
  return { ...model, outputTokenLimit: family.outputLimit, temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, ...(family.thinks ? { thinking: true } : {}) };
}

const vertexModel = (row) => ({
  name: `publishers/google/models/${row.model}`, versionId: "default", openSourceCategory: "PROPRIETARY",
  launchStage: row.model.includes("preview") ? "PUBLIC_PREVIEW" : "GA",
  publisherModelTemplate: `projects/{project}/locations/{location}/publishers/google/models/${row.model}`, versionState: "VERSION_STATE_STABLE",
});

const FORMS = { gemini: { list: "models", write: geminiModel }, vertex_ai: { list: "publisherModels", write: vertexModel } };

/** One page of a provider's models. */
export function listModels(simulator, exchange, route, _body, query) {
  const { list, write } = FORMS[route.provider];
  const rows = simulator.profiles.rows.filter((row) => row.provider === route.provider);
  const size = readSize(query.get("pageSize") ?? query.get("page_size"));
  const start = readToken(query.get("pageToken") ?? query.get("page_token"), rows.length);
  const page = { [list]: rows.slice(start, start + size).map(write) };
  if (start + size < rows.length) page.nextPageToken = tokenOf(start + size);
  exchange.json(200, page);
}

function readSize(text) {
  if (text === null || text === "" || text === "0") return USUAL_PAGE;
  const size = Number(text);
  if (!Number.isInteger(size)) throw refuse(`Invalid value at 'page_size' (TYPE_INT32), ${JSON.stringify(text)}`);
  if (size < 0) throw refuse("* ListModelsRequest.page_size: page_size must not be negative\n");
  return Math.min(size, MOST_PER_PAGE);
}

const tokenOf = (start) => Buffer.from(`from ${start}`).toString("base64url");

function readToken(token, count) {
  if (token === null || token === "") return 0;
  const start = Number(/^from (\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"))?.[1] ?? NaN);
  if (!(start < count)) throw refuse("* ListModelsRequest.page_token: the page token is not valid\n");
  return start;
}

/** One model. */
export function getModel(simulator, exchange, route) {
  const row = simulator.profiles.find(route.provider, route.model, "chat") ?? simulator.profiles.find(route.provider, route.model, "embedding");
  if (!row) throw new ProviderError("unknown_model", { model: route.model });
  exchange.json(200, FORMS[route.provider].write(row));
}

/** Models that were tuned: none. */
export const listTuned = (_simulator, exchange, route) => exchange.json(200, { [route.list]: [] });
